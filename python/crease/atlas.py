"""The pictures of `crease bench atlas`: where a solver fails, a map for each precision and plane."""

import math

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.patches import Patch, Rectangle
from matplotlib.cm import ScalarMappable

from . import style
from .curves import power

PLANES = {"size": "size of the groups", "distance": "$|c|\\,/\\,w\\lambda - 1$",
          "magnitude": "magnitude of $c$ and $w$"}
TITLES = {"size": "Group size", "distance": "Distance to the threshold", "magnitude": "Magnitude"}
PRECISIONS = {"cpu-f64": "double", "cpu-f32": "single"}
TONES = LinearSegmentedColormap.from_list(
    "certificate", ["#f4f8fb", "#c9dcec", "#8fb8d8", "#4d8fc0", "#1f62a0", "#0b2f5e"])
RANGE = -16, 0  # of log10 of the certificate
ERROR = "#d55e00"
NOTHING = "#ececec"
HATCHES = {"cap": "/////", "precision": "....."}


def draw(table):
    """{what the name of the picture ends with: figure}, one for each solver."""
    cells = {}
    for r in table:
        solver = cells.setdefault(r["solver"], {})
        plane = solver.setdefault((r["backend"], r["plane"]), {})
        certificate = float(r["certificate"]) if r["certificate"] else math.nan
        plane[float(r["spread"]), float(r["value"])] = (r["outcome"], certificate)
    if not cells:
        raise ValueError("holds no cells")
    return {"-" + name.replace("/", "_").replace(":", "-"): draw_solver(name, planes)
            for name, planes in cells.items()}


def draw_solver(name, planes):
    backends = list(dict.fromkeys(b for b, _ in planes))
    names = [p for p in PLANES if any((b, p) in planes for b in backends)]
    figure, axes = style.page(
        len(backends), len(names), (2.5, 1.75), f"{name}: where it fails",
        ["group lasso in diagonal metrics", "colour: the worst certificate of a cell's cases"], left=0.80, right=0.92, bottom=0.86, gap_x=0.86, gap_y=0.78)
    for i, backend in enumerate(backends):
        for k, plane in enumerate(names):
            panel(axes[i][k], planes.get((backend, plane), {}))
            axes[i][k].set_ylabel(PLANES[plane])
            axes[i][k].set_xlabel("metric spread")
            axes[i][k].set_title(f"{TITLES[plane]}, {PRECISIONS.get(backend, backend)}", pad=6)
    add_key(figure)
    return figure


def panel(ax, cells):
    """One rectangle a cell, steps of equal size along both axes."""
    spreads, values = (sorted({key[i] for key in cells}) for i in (0, 1))
    for (spread, value), (outcome, certificate) in cells.items():
        at = spreads.index(spread), values.index(value)
        ax.add_patch(Rectangle(at, 1, 1, facecolor=tone(outcome, certificate), edgecolor="white", linewidth=0.6))
        if outcome in HATCHES:
            ax.add_patch(Rectangle(at, 1, 1, fill=False, hatch=HATCHES[outcome], linewidth=0,
                                   edgecolor=ink_on(certificate)))
    spelled = all(v == int(v) and v < 5000 for v in values)
    ax.yaxis.set_label_coords(-0.46 / ax.get_position().width / ax.figure.get_figwidth(), 0.5)
    ax.set_xlim(0, max(len(spreads), 1))
    ax.set_ylim(0, max(len(values), 1))
    ax.set_xticks(np.arange(0, len(spreads), 2) + 0.5, [power(s) for s in spreads[::2]])
    ax.set_yticks(np.arange(len(values)) + 0.5, [f"{v:g}" if spelled else power(v) for v in values])
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)


def tone(outcome, certificate):
    if outcome == "error":
        return ERROR
    if outcome == "refused" or math.isnan(certificate):
        return NOTHING
    return TONES(share(certificate))


def share(certificate):
    low, high = RANGE
    return min(1.0, max(0.0, (math.log10(max(certificate, 1e-300)) - low) / (high - low)))


def ink_on(certificate):
    """Hatches that show on the cell without covering its tone."""
    return (1, 1, 1, 0.55) if share(certificate) > 0.5 else (0.1, 0.2, 0.35, 0.45)


def add_key(figure):
    handles = [Patch(facecolor="#8fb8d8", edgecolor="white", hatch=HATCHES["cap"], label="iteration cap"),
               Patch(facecolor="#8fb8d8", edgecolor="white", hatch=HATCHES["precision"],
                     label="end of the arithmetic"),
               Patch(facecolor=ERROR, label="error"), Patch(facecolor="#8fb8d8", label="test met, or exact")]
    figure.legend(handles=[handles[3], *handles[:3]], loc="lower center", ncol=4, frameon=False, fontsize=7.5,
                  handlelength=1.9, handleheight=1.1, columnspacing=2.2, borderaxespad=0.5)
    width, height = figure.get_size_inches()
    bar = figure.add_axes([1 - 0.66 / width, 0.5 - 0.9 / height, 0.11 / width, 1.8 / height])
    colours = figure.colorbar(ScalarMappable(Normalize(*RANGE), TONES), cax=bar, ticks=range(-16, 1, 4))
    colours.outline.set_visible(False)
    bar.set_yticklabels([power(10.0**t) for t in range(-16, 1, 4)], fontsize=7)
    bar.tick_params(length=0, pad=3)
    bar.set_title("certificate", fontsize=7, fontweight="normal", loc="center", pad=6, color=style.INK)
