"""python3 -m crease.bench FILE.csv --out PICTURE: draw the table of `crease bench oracles`.

FILE.csv may be - for standard input. The suffix of PICTURE says the format: png, svg or pdf. Exit
codes: 0 drawn, 2 wrong use or bad input.
"""

import argparse
import csv
import os
import sys

KINDS = {"elements": "Single entries", "size:64": "Groups of 64", "64x64": "Matrices of 64 x 64",
         "all": "All entries at once", "windows": "Groups that overlap", "tree": "Groups that overlap"}
PRECISIONS = {"f64": "double", "f32": "single"}
NUMBERS = ("n", "ns_per_element", "pass_ns_per_element")
PANEL = 3.1, 2.9  # inches
SMALLEST_PRINT = 6.5
PASS = "#b4b4b4"


class TableError(Exception):
    """Its text is one sentence for the user."""


def complain(sentence):
    print(f"crease bench: {sentence}", file=sys.stderr)
    return 2


class Parser(argparse.ArgumentParser):
    def error(self, message):
        sys.exit(complain(message))


def main(arguments=None):
    parser = Parser(prog="crease.bench", description="Draw the table of crease bench oracles.")
    parser.add_argument("table", metavar="FILE.csv", help="what --csv wrote; - for standard input")
    parser.add_argument("--out", metavar="PICTURE", required=True, help="a .png, .svg or .pdf")
    options = parser.parse_args(arguments)
    folder, name = os.path.split(options.out)
    stem, dot, suffix = name.rpartition(".")
    if not stem or suffix not in ("png", "svg", "pdf"):
        return complain(f"'{options.out}' ends in none of .png, .svg, .pdf")
    try:
        curves = read(options.table)
        from . import style
        style.save(draw(curves), folder, stem, [suffix])
    except TableError as error:
        return complain(error)
    except ImportError as error:
        return complain(f"{error}: pictures need NumPy and matplotlib for {sys.executable}")
    except (OSError, ValueError) as error:
        return complain(f"{getattr(error, 'filename', None) or options.table}: {error}")
    return 0


def read(path):
    """{(panel, precision): {curve: [(n, ns per element, those of the pass), ...]}}; rows that failed
    hold no numbers and are left out."""
    file = sys.stdin if path == "-" else open(path, encoding="utf-8", newline="")
    with file:
        table = csv.DictReader(file)
        missing = {"member", "groups", "metric", "precision", *NUMBERS} - set(table.fieldnames or ())
        if missing:
            raise TableError(f"{path}: no column '{min(missing)}': not a table of oracles?")
        rows = list(table)
    metrics = {}
    for row in rows:
        metrics.setdefault(row["member"], set()).add(row["metric"])
    curves = {}
    for line, row in enumerate(rows, 2):
        if not row["ns_per_element"]:
            continue
        try:
            point = tuple(float(row[name]) for name in NUMBERS)
        except (TypeError, ValueError):
            raise TableError(f"{path}: row {line} holds no numbers where there should be") from None
        name = row["member"] + (f", {row['metric']}" if len(metrics[row["member"]]) > 1 else "")
        key = KINDS.get(row["groups"], row["groups"]), row["precision"]
        curves.setdefault(key, {}).setdefault(name, []).append(point)
    if not curves:
        raise TableError(f"{path}: holds no row with numbers")
    return curves


def draw(curves):
    """A row of panels a kind of members, a column a precision."""
    from . import style
    kinds = list(dict.fromkeys(kind for kind, _ in curves))
    precisions = [p for p in PRECISIONS if any(q == p for _, q in curves)]
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
            ax.set_title(f"{kind}, {PRECISIONS[precision]} precision", pad=7)
        share_limits(axes[i])
        for ax, precision in zip(axes[i], precisions):
            name_curves(ax, curves.get((kind, precision), {}), order)
    return figure


def panel(ax, curves, order):
    from . import style
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
    from . import style
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
    import math
    from . import style
    from .figures.zoom import spread
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    along = lambda v, a, b: math.log(v / a) / math.log(b / a)  # noqa: E731
    ends = sorted((along(p[-1][1], low, high), along(p[-1][0], left, right), name)
                  for name, p in curves.items())
    heights = spread([y for y, *_ in ends], gap=min(0.043, 1 / max(1, len(ends))))
    for height, (y, x, name) in zip(heights, ends):
        ax.plot([x, 1.02, 1.05], [y, height, height], transform=ax.transAxes, clip_on=False,
                color=style.RULE, linewidth=0.5, zorder=0.5)
        ax.plot([1.08], [height], transform=ax.transAxes, clip_on=False, **look(order[name], 0.9))
        ax.text(1.11, height, style.plain(name), transform=ax.transAxes, va="center",
                fontsize=SMALLEST_PRINT)


if __name__ == "__main__":
    sys.exit(main())
