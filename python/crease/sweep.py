"""python3 -m crease.sweep DIR: draw the sweep that `crease sweep` has written (DIR/sweep.csv), as DIR/sweep.png.

Accuracy against sparsity, one curve a method: the points of a curve are the values of lambda, each at the learning rate
that was selected for it. Curves are compared at equal sparsity. Exit codes: 0 drawn, 2 bad input.
"""

import csv
import os
import sys

import numpy as np

from . import curves, style
from .run import RunError

PANEL = 4.2, 2.9
FIXED = "algorithm", "relative", "lambda", "lr", "runs", "finished"


def read(folder):
    """The rows of sweep.csv with numbers, what it was selected by, and what is drawn."""
    path = os.path.join(folder, "sweep.csv")
    try:
        with open(path, encoding="utf-8", newline="") as file:
            table = csv.DictReader(file)
            rows = [{k: v if k == "algorithm" else float(v or "nan") for k, v in r.items()} for r in table]
            names = list(table.fieldnames)
        criterion, after = names[len(FIXED)], names[len(FIXED) + 2]
        merit = criterion if after == "sparsity" else after
        rows[0][merit], rows[0]["selected"]
    except (OSError, KeyError, ValueError, IndexError, TypeError) as error:
        raise RunError(f"{path}: not readable as a sweep: {error}") from None
    return rows, criterion, merit


def draw_method(ax, k, rows, merit):
    stroke = style.strokes(k)
    done = [r for r in rows if r["finished"] == r["runs"] and np.isfinite([r[merit], r["sparsity"]]).all()]
    ax.plot([100 * r["sparsity"] for r in done], [r[merit] for r in done], linestyle="", marker=stroke["marker"],
            markersize=2.6, color=stroke["color"], alpha=0.28, zorder=1.5)
    best = sorted((r for r in done if r["best_lr"]), key=lambda r: r["lambda"])
    x, y = ([100 * r["sparsity"] for r in best], [r[merit] for r in best])
    ax.plot(x, y, **stroke)
    if f"{merit}_sd" in rows[0] and any(np.isfinite(r[f"{merit}_sd"]) for r in best):
        ax.errorbar(x, y, yerr=[r[f"{merit}_sd"] for r in best], linestyle="", color=stroke["color"], linewidth=0.8)
    for r in best:
        if r["selected"]:
            ax.plot(100 * r["sparsity"], r[merit], marker="o", markersize=10, markerfacecolor="none",
                    markeredgewidth=1.3, markeredgecolor=stroke["color"], clip_on=False)
    return y


def frame(ax, heights, merit):
    """The curves fill the panel; settings that are far worse are left outside."""
    heights = np.array([y for y in heights if np.isfinite(y)])
    if len(heights):
        low, high = heights.min(), heights.max()
        room = 0.08 * (high - low) or 0.01 * max(abs(high), 1e-12)
        ax.set_ylim(low - room, high + room)
    ax.set_xlim(-2, 102)
    ax.set_xlabel("zero units of W, weighted (%)")
    ax.set_ylabel(merit.replace("_", " "))
    ax.grid(color=style.RULE, linewidth=0.5)
    if max(map(abs, ax.get_ylim())) < 2e-3:
        ax.yaxis.set_major_formatter(curves.FuncFormatter(curves.power))


def draw(folder, rows, criterion, merit):
    methods = list(dict.fromkeys(r["algorithm"] for r in rows))
    lost = sum(r["finished"] < r["runs"] for r in rows)
    by = ("selected on the test set: too good" if criterion == merit and criterion.startswith("test")
          else f"selected by {criterion.replace('_', ' ')}")
    figure, axes = style.page(
        1, 1, PANEL, f"{os.path.basename(os.path.abspath(folder))}: {merit.replace('_', ' ')} at equal sparsity",
        [by, "line: the rate selected at each λ", "ring: the setting selected", "pale: the others",
         f"{lost} of {len(rows)} settings did not finish" if lost else ""], methods)
    ax = axes[0, 0]
    heights = [y for k, m in enumerate(methods)
               for y in draw_method(ax, k, [r for r in rows if r["algorithm"] == m], merit)]
    frame(ax, heights, merit)
    return figure


def main(arguments):
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    if len(arguments) != 1:
        print("crease sweep: the folder of a sweep is needed", file=sys.stderr)
        return 2
    try:
        figure = draw(arguments[0], *read(arguments[0]))
        style.save(figure, arguments[0], "sweep", ["png"])
    except RunError as error:
        print(f"crease sweep: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"crease sweep: {error.filename or arguments[0]}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
