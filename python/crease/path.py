"""python3 -m crease.path DIR: draw the regularization path that `crease path --out DIR` has written, as DIR/path.png.

Exit codes: 0 drawn, 2 bad input.
"""

import csv
import os
import sys

import h5py
import numpy as np
from matplotlib.collections import LineCollection

from . import curves, style
from .run import RunError

MOST_CURVES = 400
AXIS = r"$\lambda\,/\,\lambda_{\max}$"


def read(folder):
    """{column: numbers} of path.csv, and the sizes of path.h5, points x groups."""
    path = os.path.join(folder, "path.csv")
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        table = {name: np.array([float(r[name] or "nan") for r in rows]) for name in rows[0]}
        path = os.path.join(folder, "path.h5")
        with h5py.File(path, "r") as file:
            sizes = np.asarray(file["sizes"], float)
    except (OSError, KeyError, ValueError, IndexError, TypeError) as error:
        raise RunError(f"{path}: not readable as a path: {error}") from None
    if sizes.ndim != 2 or len(sizes) != len(rows):
        raise RunError(f"{path}: sizes has shape {sizes.shape}, but path.csv has {len(rows)} points")
    return table, sizes


def metrics_of(table):
    return list(table)[list(table).index("seconds") + 1:]


def draw_sizes(ax, share, sizes):
    """The groups that are ever live, the earliest in the strongest colours."""
    ever = np.flatnonzero((sizes != 0).any(axis=0))
    first = (sizes[:, ever] != 0).argmax(axis=0)
    order = np.argsort(first, kind="stable")[:MOST_CURVES]
    lines = [np.column_stack([share, sizes[:, g]]) for g in ever[order]]
    rank = np.linspace(0, 1, max(len(lines), 2))
    tones = style.plt.get_cmap("viridis")(0.9 * rank)[: len(lines)]
    ax.add_collection(LineCollection(lines[::-1], colors=tones[::-1], linewidths=1.0))
    ax.autoscale_view()
    ax.axhline(0, color=style.FAINT, linewidth=0.7, zorder=0.5)
    signed = (sizes < 0).any()
    ax.set_ylabel("coefficient" if signed else "size of a group")
    left = f", the first {MOST_CURVES} of {len(ever)}" if len(ever) > MOST_CURVES else ""
    ax.set_title(("Coefficients" if signed else "Sizes of the groups") + left, pad=7)


def draw_curve(ax, share, values, title, label):
    points = len(share) <= 60
    ax.plot(share, values, color=style.COLOURS[0], marker="o" if points else None, markersize=3.2)
    ax.set_title(title, pad=7)
    ax.set_ylabel(label)


def dress(ax, share):
    ax.set_xscale("log")
    ax.minorticks_off()
    ax.set_xlabel(AXIS)
    ax.set_xlim(share.max() * 1.05, share.min() / 1.05)
    low, high = share.min(), share.max()
    if high / low < 300:
        ticks = [t for k in range(-12, 1) for t in (m * 10.0**k for m in (1, 2, 5)) if low * 0.999 <= t <= high * 1.001]
        ax.set_xticks(ticks, [curves.decimal(t) if t >= 1e-3 else curves.power(t) for t in ticks])
    ax.grid(color=style.RULE, linewidth=0.5)


def draw(folder, table, sizes):
    share, names = table["relative"], metrics_of(table)
    panels = [("Live units", "units", table["live"])]
    if np.isfinite(table["sparsity"]).any():
        panels = [("Sparsity", "zero units (%)", 100 * table["sparsity"])]
    panels += [(n.replace("_", " ").capitalize(), n.replace("_", " "), table[n]) for n in names if np.isfinite(table[n]).any()]
    panels += [("Loss", "f(x)", table["loss"])]
    rows, cols = style.grid(1 + len(panels), 2)
    figure, axes = style.page(rows, cols, (2.9, 2.0), f"{os.path.basename(os.path.abspath(folder))}: regularization path", [
        f"{len(share)} solutions, λmax = {table['lambda'][0] / share[0]:.4g}",
        f"largest certificate {table['certificate'].max():.0e}"])
    draw_sizes(axes.flat[0], share, sizes)
    for ax, (title, label, values) in zip(axes.flat[1:], panels):
        draw_curve(ax, share, values, title, label)
    for ax in axes.flat[: 1 + len(panels)]:
        dress(ax, share)
    for ax in axes.flat[1 + len(panels):]:
        ax.remove()
    return figure


def main(arguments):
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    if len(arguments) != 1:
        print("crease path: the folder of a path is needed", file=sys.stderr)
        return 2
    try:
        figure = draw(arguments[0], *read(arguments[0]))
        style.save(figure, arguments[0], "path", ["png"])
    except RunError as error:
        print(f"crease path: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"crease path: {error.filename or arguments[0]}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
