"""The inner solves over epochs: iterations, the solvers' own bound, the independent certificate."""

from .. import curves, style
from ..run import Absent

PANELS = {
    "inner_iterations_mean": ("Iterations, mean", "iterations a solve", False),
    "inner_iterations_max": ("Iterations, largest", "iterations a solve", False),
    "inner_bound_max": ("Solver's own bound, largest", "relative bound", True),
    "certificate_max": ("Independent certificate, largest", "relative certificate", True),
}
COLUMNS = tuple(PANELS)
FINEST = 100  # bins along the axis: these numbers jump from epoch to epoch


def draw(run):
    columns = [c for c in COLUMNS if run.has(c)]
    if not columns:
        raise Absent(f"the trace has none of the columns {', '.join(COLUMNS)}")
    rows, cols = style.grid(len(columns), 2)
    width = -(-(run.last_epoch - curves.first_epoch(run) + 1) // FINEST)
    binned = f"bins of {width} epochs" if width > 1 else ""
    figure, axes = style.page(
        rows, cols, (3.6, 1.9), f"{run.name}: how well the subproblems were solved",
        [run.source, run.seed_words, binned], run.labels)
    for ax in axes.flat[len(columns):]:
        ax.remove()
    for ax, column in zip(axes.flat, columns):
        curves.panel(ax, run, column, *PANELS[column], width)
    return figure
