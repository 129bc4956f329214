"""The pictures of `crease bench solvers` and `crease bench spectral`.

A row of the table is one solver on one case: the time to a certificate (kind level) or to the
structure of the solution for good (kind identified); not reached, it holds no time.
"""

import dataclasses
import math
import statistics

from matplotlib.lines import Line2D

from . import curves, style
from .curves import power

HOMES = {"exact": 3, "pg": 0, "apg": 1, "ssn": 2, "admm": 4, "cd": 5, "dual_apg": 6, "ssi": 7,
         "dual_bcd": 14, "majorize": 15}  # places in the palette; the second lap has other dashes
PROFILE_LEVELS = 1e-4, 1e-8
PANEL = 3.0, 2.6
FLOOR = 1e-17  # certificates that are exactly 0 are drawn there
KINDS = {"group_l2": "Group lasso", "sparse_group": "Sparse group lasso", "nuclear": "Nuclear norm",
         "capture": "Captured subproblems"}


@dataclasses.dataclass
class Row:
    case: str
    family: str
    solver: str
    kind: str
    level: float
    iterations: float
    proxes: float
    time: float
    certificate: float
    rows: float
    cols: float
    condition: float

    @property
    def reached(self):
        return self.time > 0


def rows_of(table):
    """Rows from dictionaries of text; ValueError names what is no number."""
    def number(record, *names):
        text = next((record[n] for n in names if n in record), "")
        return float(text) if text else math.nan
    return [Row(r["case"], r["family"], r["solver"], r["kind"], number(r, "level"), number(r, "iterations"),
                number(r, "proxes", "decompositions"), number(r, "time_ms"), number(r, "certificate"),
                number(r, "rows"), number(r, "cols"), number(r, "condition"))
            for r in table if r["kind"] in ("level", "identified")]


def draw(rows):
    """{what the name of the picture ends with: figure}"""
    if not any(r.kind == "level" and r.reached for r in rows):
        raise ValueError("no solver reaches any certificate: there is nothing to draw")
    pictures = {"-profiles": profiles(rows), "-curves": time_curves(rows)}
    if any(r.kind == "identified" and r.reached for r in rows):
        pictures["-identification"] = identification(rows)
    return pictures


# --- looks --------------------------------------------------------------------------------------

def solvers_of(rows):
    """Solvers that reach anything, in the order of the table."""
    return list(dict.fromkeys(r.solver for r in rows if r.reached))


def looks(names):
    """Strokes of each solver: one colour a method, other dashes and markers for its variants."""
    variants, found, lap = {}, {}, len(style.COLOURS)
    for name in names:
        method = name.split(":")[0]
        home = HOMES.get(method, 2 * lap + len(variants))
        variant = variants[method] = variants.get(method, -1) + 1
        marker, size = style.MARKERS[(home + 3 * (variant + home // lap)) % len(style.MARKERS)]
        found[name] = {**style.strokes(home + variant * lap), "marker": marker, "markersize": size,
                       "linewidth": 1.3 if variant == 0 else 1.0}
    return found


def page(rows, cols, title, subtitle, names, panel=PANEL, lines=True, **margins):
    """A page of panels over a legend of these solvers, of their marks alone where nothing has lines."""
    m = style.MARGINS
    width = m["left"] + cols * panel[0] + (cols - 1) * m["gap_x"] + m["right"]
    per_row = style.legend_columns(names, max(width, style.NARROWEST))
    bottom = m["bottom"] + 0.09 + 0.185 * -(-len(names) // per_row)
    figure, axes = style.page(rows, cols, panel, title, subtitle, bottom=bottom, **margins)
    bare = {} if lines else {"linestyle": ""}
    handles = [Line2D([], [], label=style.plain(n), **{**look, **bare}) for n, look in looks(names).items()]
    figure.legend(handles=handles, loc="lower center", ncol=per_row, frameon=False, borderaxespad=0.4,
                  handlelength=3.4 if lines else 1.2, columnspacing=1.8)
    return figure, axes


def logarithmic(ax, x=True, y=True):
    if x:
        ax.set_xscale("log")
        ax.minorticks_off()
    if y:
        curves.logarithmic(ax)
    ax.grid(color=style.RULE, linewidth=0.5)


def cases_of(rows):
    return list(dict.fromkeys(r.case for r in rows))


def count(n, noun):
    return f"{n} {noun}" + ("" if n == 1 else "s")


# --- performance profiles ------------------------------------------------------------------------

def ratios(rows, level):
    """{solver: sorted ratios to the fastest of each case it reaches}, and the number of cases that
    anybody reaches."""
    times = {}
    for r in rows:
        if r.kind == "level" and math.isclose(r.level, level) and r.reached:
            times.setdefault(r.case, {})[r.solver] = r.time
    found = {}
    for case in times.values():
        best = min(case.values())
        for solver, time in case.items():
            found.setdefault(solver, []).append(time / best)
    return {solver: sorted(v) for solver, v in found.items()}, len(times)


def nearest_levels(rows):
    there = sorted({r.level for r in rows if r.kind == "level" and r.reached}, reverse=True)
    chosen = [min(there, key=lambda have, want=want: abs(math.log(have / want))) for want in PROFILE_LEVELS]
    return list(dict.fromkeys(chosen))


def profiles(rows):
    levels, names = nearest_levels(rows), solvers_of(rows)
    style_of = looks(names)
    figure, axes = page(1, len(levels), "Performance profiles", [
        "share of the cases that a solver solves within so many times the fastest time",
        count(len(cases_of(rows)), "case")], names)
    for ax, level in zip(axes[0], levels):
        found, cases = ratios(rows, level)
        last = 1.3 * max((v[-1] for v in found.values()), default=10)
        for k, name in enumerate(names):
            profile(ax, found.get(name, []), cases, last, style_of[name], k, len(names))
        logarithmic(ax, y=False)
        ax.set_xlim(0.9, max(last, 10))
        ax.set_ylim(-3, 103)
        ax.set_xlabel("time, relative to the fastest")
        ax.set_ylabel("cases solved (%)")
        ax.set_title(f"To a certificate of {power(level)}", pad=7)
    return figure


def profile(ax, found, cases, last, look, k, of):
    """A staircase, marked at a few points of the axis that differ between solvers."""
    if not found:
        return
    x, y = [found[0]], [100 / cases]
    for i, ratio in enumerate(found, 1):
        x += [ratio, ratio]
        y += [y[-1], 100 * i / cases]
    ax.plot(x + [last], y + [y[-1]], **{**look, "marker": ""})
    for turn in range(4):
        at = last ** ((turn + (k + 0.5) / of) / 4)
        height = 100 * sum(r <= at for r in found) / cases
        if height > 0:
            ax.plot([at], [height], **{**look, "linestyle": ""})


# --- time to a certificate -----------------------------------------------------------------------

def medians(rows, value):
    """[(level, median over all cases)] down to where fewer than half of the cases reach."""
    by_level = {}
    for r in rows:
        by_level.setdefault(r.level, []).append(value(r) if r.reached else math.inf)
    found = []
    for level in sorted(by_level, reverse=True):
        middle = statistics.median_high(by_level[level])
        if math.isfinite(middle):
            found.append((level, middle))
    return found


def time_curves(rows):
    level_rows = [r for r in rows if r.kind == "level"]
    families = list(dict.fromkeys(r.family for r in level_rows if r.reached))
    found = {(family, name): medians([r for r in level_rows if (r.family, r.solver) == (family, name)],
                                     lambda r: r.time)
             for family in families for name in solvers_of(level_rows)}
    names = [n for n in solvers_of(level_rows) if any(found[family, n] for family in families)]
    style_of = looks(names)
    levels = sorted({r.level for r in level_rows})
    down, across = style.grid(len(families), 3)
    figure, axes = page(down, across, "Time to a certificate", [
        "medians over the cases of a family, as far as half of them get", "one thread"], names, panel=(2.6 if across > 1 else 4.6, 2.6))
    for ax in axes.flat[len(families):]:
        ax.set_visible(False)
    for ax, family in zip(axes.flat, families):
        mine = [r for r in level_rows if r.family == family]
        for name in names:
            if found[family, name]:
                level, time = zip(*found[family, name])
                ax.plot(time, level, **style_of[name])
        logarithmic(ax)
        ax.set_ylim(0.3 * levels[0], 3 * levels[-1])
        ax.set_yticks(levels, [power(level) for level in levels])
        ax.set_xlabel("time (ms)")
        ax.set_ylabel("certificate")
        cases = count(len(cases_of(mine)), "case")
        ax.set_title(f"{KINDS.get(family, style.plain(family))}, {cases}", pad=7)
    return figure


# --- identification ------------------------------------------------------------------------------

def identification(rows):
    found = [r for r in rows if r.kind == "identified" and r.reached]
    names = solvers_of(found)
    style_of = looks(names)
    figure, axes = page(1, 2, "The structure of the solution, for good", [
        "the first iterate from which on the signature is the solution's: a small mark for each case, a large one for "
        "the median", count(len(cases_of(found)), "case")], names, lines=False)
    for ax, value, label in ((axes[0][0], lambda r: r.iterations, "iteration"),
                             (axes[0][1], lambda r: r.time, "time (ms)")):
        for name in names:
            mine = [r for r in found if r.solver == name]
            scatter(ax, [value(r) for r in mine], [max(r.certificate, FLOOR) for r in mine], style_of[name])
        logarithmic(ax)
        ax.set_xlabel(label)
        ax.set_ylabel("certificate then")
    axes[0][0].set_title("In iterations", pad=7)
    axes[0][1].set_title("In time", pad=7)
    return figure


def scatter(ax, x, y, look):
    small = {**look, "linestyle": ""}
    ax.plot(x, y, **{**small, "markersize": 0.75 * look["markersize"]}, alpha=0.32)
    ax.plot([statistics.median(x)], [statistics.median(y)], zorder=3,
            **{**small, "markersize": 2.1 * look["markersize"], "markeredgewidth": 0.7,
               "markeredgecolor": "white"})


# --- matrices ------------------------------------------------------------------------------------

def draw_spectral(rows):
    """Decompositions and time against the size of the matrix and the spread of the metric."""
    level = min((r.level for r in rows if r.kind == "level" and r.reached), default=None)
    if level is None:
        raise ValueError("no solver reaches any certificate: there is nothing to draw")
    rows = [r for r in rows if r.kind == "level" and math.isclose(r.level, level)]
    names = solvers_of(rows)
    sizes, conditions = sweep(rows)
    figure, axes = page(2, 2, "Nuclear norm in a diagonal metric", [
        "curves end where the budget of time or iterations does", "one thread"], names)
    panels = ((sizes, lambda r: r.rows * r.cols, "entries of the matrix"),
              (conditions, lambda r: r.condition, "spread of the metric"))
    for column, (mine, place, label) in enumerate(panels):
        matrix_panel(axes[0][column], mine, names, place, lambda r: max(r.proxes, 1))
        matrix_panel(axes[1][column], mine, names, place, lambda r: r.time / 1e3)
        for line, what in ((0, "decompositions"), (1, "time (s)")):
            axes[line][column].set_xlabel(label)
            axes[line][column].set_ylabel(what)
        growth = ("Growth with size", "Growth with spread")[column]
        axes[0][column].set_title(f"{growth}, to a certificate of {power(level)}", pad=7)
    return figure


def sweep(rows):
    """The rows of one spread and all sizes, and those of one size and all spreads."""
    def commonest(key):
        kept = {}
        for r in rows:
            kept.setdefault(key(r), set()).add(r.case)
        return max(kept, key=lambda k: len(kept[k]))
    size = commonest(lambda r: (r.rows, r.cols))
    others = [r for r in rows if (r.rows, r.cols) != size]
    condition = others[0].condition if others else commonest(lambda r: r.condition)
    return ([r for r in rows if r.condition == condition], [r for r in rows if (r.rows, r.cols) == size])


def matrix_panel(ax, rows, names, place, value):
    style_of = looks(names)
    for name in names:
        points = sorted((place(r), value(r)) for r in rows if r.solver == name and r.reached)
        if points:
            ax.plot(*zip(*points), **style_of[name])
    logarithmic(ax)
