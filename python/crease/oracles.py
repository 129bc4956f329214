"""The picture of `crease bench oracles`: time per entry against the number of entries."""

import math

from . import style
from .figures.zoom import spread

PRECISIONS = {"f64": "double", "f32": "single"}
PANEL = 3.1, 2.9  # inches
SMALL_PRINT = 6.5
PASS = "#b4b4b4"


def draw(curves):
    """A row of panels a kind of members, a column a precision."""
    kinds = list(dict.fromkeys(kind for kind, _ in curves))
    precisions = sorted({precision for _, precision in curves}, reverse=True)
    longest = max(len(name) for panel in curves.values() for name in panel)
    names = 0.34 + 0.057 * longest
    figure, axes = style.page(len(kinds), len(precisions), PANEL, "Exact oracles: time per entry",
                              ["one thread, medians", "grey: one pass that reads c and d and writes x"],
                              right=names, gap_x=names + 0.66)
    for i, kind in enumerate(kinds):
        together = [curves[kind, p] for p in precisions if (kind, p) in curves]
        order = {name: k for k, name in enumerate(dict.fromkeys(n for c in together for n in c))}
        for ax, precision in zip(axes[i], precisions):
            panel(ax, curves.get((kind, precision), {}), order)
            ax.set_title(f"{kind}, {PRECISIONS.get(precision, precision)} precision", pad=7)
        share_limits(axes[i])
        for ax, precision in zip(axes[i], precisions):
            name_curves(ax, curves.get((kind, precision), {}), order)
    return figure


def panel(ax, curves, order):
    passes = {}
    for name, points in curves.items():
        points.sort()
        ax.plot([n for n, *_ in points], [ns for _, ns, _ in points], **look(order[name], 0.8))
        for n, _, ns in points:
            passes.setdefault(n, []).append(ns)
    middle = [(n, sorted(ns)[len(ns) // 2]) for n, ns in sorted(passes.items())]
    ax.plot(*zip(*middle), color=PASS, linewidth=3, solid_capstyle="round", zorder=0.8)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("entries")
    ax.set_ylabel("ns an entry")
    ax.grid(axis="y", color=style.RULE, linewidth=0.5)
    ax.minorticks_off()


def look(k, shrink):
    stroke = style.strokes(k)
    return {**stroke, "linewidth": 1.0, "markersize": shrink * stroke["markersize"]}


def share_limits(axes):
    """Panels side by side differ in precision alone: one scale for both."""
    for get, put in (("get_xlim", "set_xlim"), ("get_ylim", "set_ylim")):
        low, high = zip(*(getattr(ax, get)() for ax in axes))
        for ax in axes:
            getattr(ax, put)(min(low), max(high))


def name_curves(ax, curves, order):
    """The name of every curve, right of the panel near its end, with a thread to that end."""
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    ends = sorted((along(p[-1][1], low, high), along(p[-1][0], left, right), name)
                  for name, p in curves.items())
    heights = spread([y for y, *_ in ends], gap=min(0.043, 1 / max(1, len(ends))))
    for height, (y, x, name) in zip(heights, ends):
        ax.plot([x, 1.02, 1.05], [y, height, height], transform=ax.transAxes, clip_on=False,
                color=style.RULE, linewidth=0.5, zorder=0.5)
        ax.plot([1.08], [height], transform=ax.transAxes, clip_on=False, **look(order[name], 0.9))
        ax.text(1.11, height, style.plain(name), transform=ax.transAxes, va="center",
                fontsize=SMALL_PRINT)


def along(value, low, high):
    """Where a value lies on a logarithmic axis: 0 at its low end, 1 at its high end."""
    return math.log(value / low) / math.log(high / low)
