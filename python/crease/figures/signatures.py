"""Which groups are live at which epoch: one raster an algorithm, W-hat of its first seed.

Groups are sorted so that what is settled lies outside and what changed late meets in the middle:
live at the end above, zero at the end below.
"""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator

from .. import style
from ..run import Absent, seed_of

COLUMNS = ()
TONES = LinearSegmentedColormap.from_list("structure", ["#eceae4", "#20405c"])
MARK = "#d55e00"
PANEL = 1.95, 2.6  # inches


def draw(run):
    masks = run.masks()
    if not masks:
        raise Absent("no algorithm of this run has a masks.h5")
    rows, cols = style.grid(len(masks), 5)
    figure, axes = style.page(
        rows, cols, PANEL, f"{run.name}: which groups are live, and since when",
        [run.source, seed_of(masks), "dark: live in Ŵ, light: exactly zero",
         "sorted by final state, then by last change"],
        top=1.06, gap_x=0.55, gap_y=0.95)
    for ax in axes.flat[len(masks):]:
        ax.remove()
    for ax, (algorithm, mask) in zip(axes.flat, masks.items()):
        draw_raster(ax, run, algorithm, mask)
    for ax in axes[:, 0]:
        ax.set_ylabel("groups")
    return figure


def draw_raster(ax, run, algorithm, mask):
    changed = last_change(mask.live)
    live = mask.live[:, order(mask.live[-1], changed)]
    first, last = mask.epoch[0] - 0.5, mask.epoch[-1] + 0.5
    ax.imshow(shrink(live.T.astype(float)), cmap=TONES, vmin=0, vmax=1, aspect="auto",
              extent=(first, last, live.shape[1], 0), interpolation="nearest")
    ax.set_title(style.plain(run.label(algorithm)), pad=16)
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 5, 10]))
    alive, total = int(mask.live[-1].sum()), live.shape[1]
    ticks = {alive: f"{alive}\nlive"}
    if alive < 0.9 * total:
        ticks[total] = f"{total}"
    ax.set_yticks(list(ticks), list(ticks.values()))
    ax.spines[["left", "bottom"]].set_visible(False)
    mark_last_change(ax, mask.epoch, int(changed.max()))


def mark_last_change(ax, epoch, row):
    """row: the first row that shows the final signature, 0 when nothing ever changed."""
    words = f"last change: epoch {epoch[row]}" if row else f"no change since epoch {epoch[0]}"
    ax.text(0, 1.035, words, transform=ax.transAxes, fontsize=7.5, color=style.FAINT, va="bottom")
    if row:
        ax.axvline(epoch[row] - 0.5, color=MARK, linewidth=1.1)
        ax.plot([epoch[row] - 0.5], [1.0], marker="v", markersize=5, color=MARK, clip_on=False,
                transform=ax.get_xaxis_transform())


def last_change(live):
    """For each unit the first row from which on it keeps its final state."""
    differs = live != live[-1]
    return np.where(differs.any(0), len(live) - np.argmax(differs[::-1], 0), 0)


def order(final, changed):
    """Live at the end first, earliest settled on top; then the zeros, earliest settled lowest."""
    return np.lexsort((np.where(final, changed, -changed), ~final))


def shrink(image):
    """Average blocks down to the pixels of a panel; live fractions become tones in between."""
    for axis, inches in enumerate(reversed(PANEL)):
        n, most = image.shape[axis], int(inches * style.DOTS_PER_INCH)
        if n > most:
            starts = np.linspace(0, n, most, endpoint=False).astype(int)
            sizes = np.diff(np.append(starts, n))
            image = np.add.reduceat(image, starts, axis=axis)
            image = image / (sizes[:, None] if axis == 0 else sizes)
    return image
