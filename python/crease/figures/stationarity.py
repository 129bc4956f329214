"""How near the iterates are to stationary points, and the margins their structure rests on."""

from .. import curves, style
from ..run import Absent

PANELS = {
    "stationarity": ("Subgradient at W", "dist(0, ∂F(W))", True),
    "prox_gradient": ("Prox-gradient at W", "‖W − prox(W − ∇f)‖", True),
    "margin_zero_min": ("Smallest margin of zero groups of Ŵ", "threshold − ‖gradient‖", True),
    "stationarity_hat": ("Subgradient at Ŵ", "dist(0, ∂F(Ŵ))", True),
    "prox_gradient_hat": ("Prox-gradient at Ŵ", "‖Ŵ − prox(Ŵ − ∇f)‖", True),
    "margin_live_min": ("Smallest live group of Ŵ", "norm of the group", True),
}
COLUMNS = tuple(PANELS)


def draw(run):
    columns = [c for c in COLUMNS if run.has(c)]
    if not columns:
        raise Absent(f"the trace has none of the columns {', '.join(COLUMNS)}")
    rows, cols = style.grid(len(columns), 3)
    figure, axes = style.page(
        rows, cols, (2.75, 1.9), f"{run.name}: stationarity and margins",
        [run.source, run.seed_words, "at epochs with a full gradient"], run.labels)
    for ax in axes.flat[len(columns):]:
        ax.remove()
    for ax, column in zip(axes.flat, columns):
        curves.panel(ax, run, column, *PANELS[column])
    return figure
