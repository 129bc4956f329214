"""Objective, test accuracy and weighted group sparsity over all epochs, all algorithms."""

import numpy as np

from .. import curves, style
from ..run import Absent

COLUMNS = ("objective", "test_accuracy", "sparsity_weighted")


def draw(run):
    panels = [panel for column, panel in PANELS.items() if run.has(column)]
    if not panels:
        raise Absent(f"the trace has none of the columns {', '.join(COLUMNS)}")
    stages = curves.STAGES if run.stage_boundaries() else ""
    figure, axes = style.page(1, len(panels), (2.75, 2.35), f"{run.name}: progress over epochs",
                              [run.source, run.seed_words, stages], run.labels)
    for panel, ax in zip(panels, axes[0]):
        panel(ax, run)
    return figure


def draw_objective(ax, run):
    """F, or where that spans orders of magnitude, the distance to the lowest F of the trace."""
    curves_of_f = [f[np.isfinite(f)] for f in (s.columns["objective"] for s in run.series)]
    values = np.concatenate(curves_of_f)
    best = values.min()
    late = late_gap(curves_of_f, best)
    if values.max() - best > 10 * late:
        curves.draw(ax, run, "objective", lambda v: v - best, positive=True)
        # Whoever holds the lowest F dives to zero at that epoch by definition: that dive says
        # nothing and may not set the scale.
        curves.logarithmic(ax, bottom=0.3 * late)
        name, label = "Objective above the lowest seen", f"F − lowest F seen ({best:.5g})"
    else:
        curves.draw(ax, run, "objective")
        name, label = "Objective", "F"
    curves.dress(ax, run, name, label, curves.first_epoch(run), run.last_epoch)


def late_gap(curves_of_f, best):
    """The smallest median distance from the best over the last epochs of a curve, or infinity."""
    gaps = [np.median(f[-max(3, len(f) // 10):]) - best for f in curves_of_f if len(f)]
    return min((gap for gap in gaps if gap > 0), default=np.inf)


def draw_accuracy(ax, run):
    drawn = curves.draw(ax, run, "test_accuracy", lambda v: 100 * v)
    values = np.concatenate([mean for _, mean in drawn.values()])
    low, high = np.quantile(values, 0.2), values.max()
    # The first epochs may lie far below the rest; the curves then enter the panel from below.
    if values.min() < low - 1.5 * (high - low):
        ax.set_ylim(low - 1.5 * (high - low), high + 0.3 * (high - low))
    curves.dress(ax, run, "Test accuracy", "test accuracy (%)", curves.first_epoch(run),
                 run.last_epoch)


def draw_sparsity(ax, run):
    curves.draw(ax, run, "sparsity_weighted", lambda v: 100 * v)
    ax.set_ylim(bottom=0)
    curves.dress(ax, run, "Weighted group sparsity", "groups at zero, weighted (%)",
                 curves.first_epoch(run), run.last_epoch)


PANELS = {"objective": draw_objective, "test_accuracy": draw_accuracy,
          "sparsity_weighted": draw_sparsity}
