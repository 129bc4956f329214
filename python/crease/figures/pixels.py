"""For inputs that are images: the norms of the weight columns as a picture, zeros set apart."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap

from .. import style
from ..run import Absent, seed_of

COLUMNS = ()
ZERO = "#efede6"
# Starts well below the tone of the zeros: a small norm is not taken for a zero, in grey either.
TONES = LinearSegmentedColormap.from_list("norms", ["#a8c6dd", "#4f8fc0", "#1c5a92", "#08233f"])
OUTLINE = "#d55e00"


def draw(run):
    masks = {a: m for a, m in run.masks().items() if m.image}
    if not masks:
        raise Absent("no weights over the pixels of an image were kept")
    pictures = {a: picture(m.weight, m.image) for a, m in masks.items()}
    known = next((m.known for m in masks.values() if m.known is not None), None)
    rows, cols = style.grid(len(masks), 5)
    figure, axes = style.page(
        rows, cols, (1.75, 1.75), f"{run.name}: surviving inputs",
        [run.source, seed_of(masks), "shade: norm of the final weight column",
         "pale: exactly zero", "outlined: true support" if known is not None else ""],
        left=0.18, right=0.85, bottom=0.4, gap_x=0.25, gap_y=0.75)
    top = max((p.max() for p in pictures.values() if p.count()), default=1.0)
    for ax in axes.flat[len(masks):]:
        ax.remove()
    for ax, (algorithm, image) in zip(axes.flat, pictures.items()):
        shown = draw_picture(ax, image, top)
        ax.set_title(style.plain(run.label(algorithm)))
        ax.set_xlabel(f"{image.count()} of {image.size} live, {100 * image.mask.mean():.1f} % zero",
                      fontsize=7.5)
        if masks[algorithm].known is not None:
            outline(ax, masks[algorithm].known.reshape(-1, *image.shape).any(0))
    scale(figure, axes[0, -1], shown)
    return figure


def picture(weight, image):
    """Norms of the columns folded to the image, zeros masked; a pixel's channels count together."""
    height, width = image
    planes, rest = divmod(weight.shape[1], height * width)
    if rest or not planes:
        raise Absent(f"{weight.shape[1]} weight columns do not fold to {height} x {width} pixels")
    folded = weight.astype(float).reshape(-1, height, width)
    return np.ma.masked_array(np.sqrt((folded**2).sum(0)), mask=(folded == 0).all(0))


def draw_picture(ax, image, top):
    tones = TONES.copy()
    tones.set_bad(ZERO)
    shown = ax.imshow(image, cmap=tones, vmin=0, vmax=top, interpolation="nearest")
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_color(style.RULE)
    return shown


def outline(ax, known):
    """Strokes along every edge between a pixel of the true support and one outside."""
    inside = np.pad(known, 1)
    edges = []
    for i, j in zip(*np.nonzero(inside[:, 1:] != inside[:, :-1])):
        edges.append([(j - 0.5, i - 1.5), (j - 0.5, i - 0.5)])
    for i, j in zip(*np.nonzero(inside[1:] != inside[:-1])):
        edges.append([(j - 1.5, i - 0.5), (j - 0.5, i - 0.5)])
    ax.add_collection(LineCollection(edges, colors=OUTLINE, linewidths=1.0, capstyle="projecting",
                                     clip_on=False))


def scale(figure, ax, shown):
    box = ax.get_position()
    width = figure.get_figwidth()
    strip = figure.add_axes([box.x1 + 0.14 / width, box.y0, 0.09 / width, box.height])
    bar = figure.colorbar(shown, cax=strip)
    bar.outline.set_visible(False)
    bar.set_label("2-norm of the column")
