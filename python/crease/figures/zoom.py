"""The last tenth of the epochs: test accuracy and weighted group sparsity, with the final means."""

from .. import curves, style
from ..run import Absent

COLUMNS = ("test_accuracy", "sparsity_weighted")
PANELS = {"test_accuracy": ("Test accuracy", "test accuracy (%)"),
          "sparsity_weighted": ("Weighted group sparsity", "groups at zero, weighted (%)")}
LEAST_EPOCHS = 5  # a tenth of a short run would be a dot
PANEL = 3.1, 2.6  # inches


def draw(run):
    columns = [c for c in COLUMNS if run.has(c)]
    if not columns:
        raise Absent(f"the trace has none of the columns {', '.join(COLUMNS)}")
    last, first = run.last_epoch, curves.first_epoch(run)
    since = max(first, last - max((last - first + 1) // 10, LEAST_EPOCHS) + 1)
    # Right of each panel stand the names of its curves.
    names = 0.92 + 0.062 * max(map(len, run.labels))
    figure, axes = style.page(1, len(columns), PANEL, f"{run.name}: epochs {since} to {last}",
                              [run.source, run.seed_words, "numbers: last epoch"],
                              right=names, gap_x=names + style.MARGINS["gap_x"])
    for column, ax in zip(columns, axes[0]):
        drawn = curves.draw(ax, run, column, lambda v: 100 * v, since)
        curves.dress(ax, run, *PANELS[column], since, last)
        name_curves(ax, run, drawn)
    return figure


def name_curves(ax, run, drawn):
    """Name and last mean of every curve, right of the panel near its height, pushed apart."""
    ends = sorted((float(mean[-1]), algorithm) for algorithm, (_, mean) in drawn.items())
    low, high = ax.get_ylim()
    ax.set_ylim(low, high)
    heights = [(value - low) / (high - low) for value, _ in ends]
    heights = spread(heights, gap=min(0.068, 1 / max(1, len(ends))))
    for height, (value, algorithm) in zip(heights, ends):
        stroke = style.strokes(run.algorithms.index(algorithm))
        ax.plot([1.025, 1.11], [height, height], transform=ax.transAxes, clip_on=False,
                markevery=[1], **stroke)
        words = style.plain(f"{run.label(algorithm)}  {value:.2f}")
        ax.text(1.14, height, words, transform=ax.transAxes, va="center", fontsize=7.5)


def spread(heights, gap):
    """Increasing heights, moved up and down alike until they are gap apart and inside [0, 1]."""
    up, down = list(heights), list(heights)
    for i in range(1, len(up)):
        up[i] = max(up[i], up[i - 1] + gap)
    for i in reversed(range(len(down) - 1)):
        down[i] = min(down[i], down[i + 1] - gap)
    moved = [(a + b) / 2 for a, b in zip(up, down)]
    for i in range(len(moved)):
        moved[i] = max(moved[i], i * gap)
    for i in range(len(moved)):
        moved[i] = min(moved[i], 1 - (len(moved) - 1 - i) * gap)
    return moved
