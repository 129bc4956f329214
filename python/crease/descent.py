"""The picture of `crease bench steps`: suboptimality over seconds, a panel for each problem and lambda."""

import math

from . import curves, style

FLOOR = 1e-12  # rounding: lower values are drawn there
PANEL = 2.7, 2.2
WIDEST = 4


def draw(table):
    """{"": figure} of the rows of the CSV."""
    panels, names = {}, []
    for row in table:
        if row["kind"] != "point":
            continue
        name = row["method"]
        if name not in names:
            names.append(name)
        points = panels.setdefault((row["problem"], row["share"]), {}).setdefault(name, [])
        points.append((float(row["seconds"]), max(float(row["suboptimality"]), FLOOR)))
    if not panels:
        raise ValueError("holds no points of a run")
    rows, cols = style.grid(len(panels), WIDEST)
    figure, axes = style.page(rows, cols, PANEL, "Deterministic methods", [
        "relative suboptimality after each step", "one thread, the first run of each"], names)
    for ax, (key, runs) in zip(axes.flat, panels.items()):
        panel(ax, runs, names)
        ax.set_title("{}, {} of lambda max".format(*key), pad=6)
    for ax in list(axes.flat)[len(panels):]:
        ax.set_visible(False)
    return {"": figure}


def panel(ax, runs, names):
    for name, points in runs.items():
        look = style.strokes(names.index(name))
        later = [p for p in points if p[0] > 0]
        ax.plot(*zip(*later or points), **look, markevery=max(1, math.ceil(len(later) / 6)))
    ax.set_xscale("log")
    curves.logarithmic(ax)
    ax.minorticks_off()
    ax.grid(color=style.RULE, linewidth=0.5)
    ax.set_xlabel("seconds in the steps")
    ax.set_ylabel("$(F - F^*)\\,/\\,|F^*|$")
