"""python3 -m crease.identify RUN_DIR VERDICTS.json PICTURE: how near runs came to a certified
solution and its manifold.

VERDICTS.json is what `crease identify` writes. Exit codes: 0 drawn, or nothing to draw (a sentence
says so); 2 bad input.
"""

import json
import sys

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter

from . import curves, run, style

ROUNDING = 1e-16  # gaps below are drawn there: F - F* is a difference of rounded numbers
LOWEST = 1e-17
TRACE = ("objective", "distance_on", "distance_off", "surrogate_relative", "surrogate_margin",
         "hamming")
OWN = ("misfit", "gap")

PANELS = {
    "misfit": ("False zeros and false live units of Ŵ", "units"),
    "gap": ("Suboptimality of W", "(F − F*) / (1 + |F*|)"),
    "distance_on": ("Distance on the manifold", "‖W − x*‖, live units"),
    "distance_off": ("Distance off the manifold", "‖W − x*‖, zero units"),
    "surrogate_relative": ("Error of the gradient's stand-in", "‖d − ∇f‖ / ‖∇f‖"),
    "surrogate_margin": ("Its error against the margins", "largest error / slack"),
    "hamming": ("Units of Ŵ that changed", "units"),
}


def read(folder, path):
    """The run with the columns of PANELS, and the verdicts by (algorithm, seed)."""
    try:
        with open(path, encoding="utf-8") as file:
            judged = json.load(file)
        verdicts = {(r["algorithm"], r["seed"]): r for r in judged["runs"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise run.RunError(f"{path}: not readable as verdicts: {error}") from None
    data = run.read_run(folder, TRACE)
    for series in data.series:
        verdict = verdicts.get((series.algorithm, series.seed), {})
        series.columns["misfit"] = by_epoch(series, verdict)
        series.columns["gap"] = gap(series, judged["reference"])
        if not verdict.get("every_step"):  # of another reference, or of none
            for name in ("distance_on", "distance_off"):
                series.columns[name] = np.full(len(series.epoch), np.nan)
    return data, judged, verdicts


def by_epoch(series, verdict):
    history = np.array(verdict.get("false_zero", []), float) + verdict.get("false_live", [])
    values = np.full(len(series.epoch), np.nan)
    known = (series.epoch >= 1) & (series.epoch <= len(history))
    values[known] = history[series.epoch[known] - 1]
    return values


def gap(series, reference):
    objective = series.columns["objective"]
    if not reference:
        return np.full(len(objective), np.nan)
    best = reference["objective"]
    return np.maximum((objective - best) / (1 + abs(best)), ROUNDING)


def names(data, verdicts, judged):
    """The algorithms with how many of their seeds have identified."""
    if not judged["reference"]:
        return data.labels
    words = []
    for algorithm, label in zip(data.algorithms, data.labels):
        kinds = [verdicts.get((algorithm, s.seed), {}).get("kind") for s in data.of(algorithm)]
        found = kinds.count("identified")
        end = "identified" if found == len(kinds) == 1 else f"identified {found} of {len(kinds)}"
        words.append(f"{label}: {end if found else 'not identified'}")
    return words


def describe(judged):
    r = judged["reference"]
    if not r:
        return ["no reference: rest is not correctness"]
    state = "unique" if r["unique"] else "not unique"
    return [f"reference: {r['live']:.0f} of {r['units']:.0f} units live, {state}"
            + (", degenerate: no claim" if r["degenerate"] else ""),
            "ring: identified from there to the end",
            "a curve off the manifold ends where it is exactly 0"]


def mark(ax, data, verdicts, drawn):
    """A ring on each curve where its algorithm has identified, at the last of its seeds."""
    for k, algorithm in enumerate(data.algorithms):
        found = [verdicts.get((algorithm, s.seed), {}) for s in data.of(algorithm)]
        if algorithm not in drawn or not all(v.get("kind") == "identified" for v in found):
            continue
        epochs, mean = drawn[algorithm]
        when = max(v["identified_epoch"] for v in found)
        later = np.flatnonzero(np.isfinite(mean) & (epochs >= when))
        if len(later) == 0:
            continue
        at = later[0]
        low, high = ax.get_ylim()
        if not low <= mean[at] <= high:
            continue
        ax.plot(epochs[at], mean[at], marker="o", markersize=8, markerfacecolor="white", zorder=5,
                markeredgewidth=1.5, markeredgecolor=style.strokes(k)["color"], clip_on=False)


def count_panel(ax, data, column):
    """Units on an axis that shows 0, 1 and thousands."""
    drawn = curves.draw(ax, data, column)
    top = max(np.nanmax(s.columns[column]) for s in data.series
              if np.isfinite(s.columns[column]).any())
    ticks = [0, *(10**k for k in range(7) if 10**k <= 2 * max(top, 1))]
    ax.set_yscale("symlog", linthresh=1, linscale=0.6)
    ax.set_ylim(-0.15, max(2, 1.6 * top))
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_minor_locator(FixedLocator([]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0f}"))
    return drawn


def size_panel(ax, data, column):
    drawn = curves.draw(ax, data, column, positive=True)
    if drawn:
        curves.logarithmic(ax)
        if ax.get_ylim()[0] < LOWEST:  # an average with zeros shrinks without end
            ax.set_ylim(LOWEST, 3 * max(np.nanmax(mean) for _, mean in drawn.values()))
    if column == "surrogate_margin":
        ax.axhline(1, color=style.FAINT, linewidth=0.9, linestyle=(0, (4, 2)), zorder=0.8)
    zero = [a for a in data.algorithms if a not in drawn
            and any((s.columns[column] == 0).any() for s in data.of(a))]
    if zero:
        ax.text(0.99, 0.03, style.plain(f"exactly 0: {', '.join(zero)}"), fontsize=7, ha="right",
                color=style.FAINT, transform=ax.transAxes)
    return drawn


def draw(data, judged, verdicts):
    columns = [c for c in PANELS if data.has(c) and (c != "hamming" or not data.has("misfit"))]
    if not columns:
        raise run.Absent(f"the runs have none of the columns {', '.join((*OWN, *TRACE[1:]))}")
    rows, cols = style.grid(len(columns), 3 if len(columns) in (3, 5, 6) else 2)
    figure, axes = style.page(
        rows, cols, (2.9, 2.0), f"{data.name}: identification",
        [data.source, data.seed_words, *describe(judged)], names(data, verdicts, judged))
    for ax in axes.flat[len(columns):]:
        ax.remove()
    for ax, column in zip(axes.flat, columns):
        panel = count_panel if column in ("misfit", "hamming") else size_panel
        drawn = panel(ax, data, column)
        curves.dress(ax, data, *PANELS[column], curves.first_epoch(data), data.last_epoch)
        if judged["reference"]:
            mark(ax, data, verdicts, drawn)
    return figure


def main(arguments):
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    if len(arguments) != 3:
        print("crease identify: RUN_DIR, VERDICTS.json and PICTURE are needed", file=sys.stderr)
        return 2
    folder, verdicts, picture = arguments
    try:
        figure = draw(*read(folder, verdicts))
        figure.savefig(picture)
    except run.Absent as reason:
        print(f"no picture: {reason}")
    except run.RunError as error:
        print(f"crease identify: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"crease identify: {error.filename or picture}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
