"""How every figure looks: colours, strokes, type, page layout, saving.

The palette is Okabe and Ito's, safe for colour-blind readers; dashes and markers tell the same
story, so that a grey print loses nothing.
"""

import os
import textwrap

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402  (the backend has to be chosen first)
from matplotlib.lines import Line2D  # noqa: E402

INK = "#222222"
FAINT = "#767676"
RULE = "#d9d9d9"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#222222", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f")
DASHES = ("-", (0, (6, 1.6)), (0, (5, 1.4, 1, 1.4)), (0, (1.2, 1.1)), (0, (9, 1.5, 2, 1.5)),
          (0, (3, 1.2)), (0, (5, 1.2, 1, 1.2, 1, 1.2)), (0, (2, 2.4)))
DOTS_PER_INCH = 150
MARKERS = (("o", 3.6), ("s", 3.6), ("^", 4.2), ("D", 3.4),
           ("v", 4.2), ("P", 5), ("X", 5), ("*", 6.5))
DATELESS = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}

# Inches round and between the panels of a page; a figure overrides what it needs otherwise.
NARROWEST = 5.6
MARGINS = {"left": 0.78, "right": 0.18, "top": 0.92, "bottom": 0.50, "gap_x": 0.84, "gap_y": 0.74}
LABEL = 0.57  # from a panel to the middle of its y label

SETTINGS = {
    "font.size": 8, "axes.titlesize": 8.5, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.labelsize": 8, "xtick.labelsize": 7.5, "ytick.labelsize": 7.5, "legend.fontsize": 8,
    "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": FAINT, "axes.linewidth": 0.7,
    "xtick.color": FAINT, "ytick.color": FAINT, "xtick.labelcolor": INK, "ytick.labelcolor": INK,
    "xtick.major.width": 0.7, "ytick.major.width": 0.7,
    "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "lines.linewidth": 1.3, "lines.markeredgewidth": 0.0,
    "figure.dpi": DOTS_PER_INCH, "savefig.dpi": DOTS_PER_INCH, "svg.hashsalt": "crease",
}


def strokes(k):
    """Line settings of the k-th algorithm; combinations stay different beyond one palette."""
    lap, n = divmod(k, len(COLOURS))
    marker, size = MARKERS[n]
    return {"color": COLOURS[n], "marker": marker, "markersize": size,
            "linestyle": DASHES[(n + lap) % len(DASHES)]}


def page(rows, cols, panel, title, subtitle, names=(), **margins):
    """A figure of rows x cols panels of that size in inches, under a title and a quieter subtitle,
    over a legend of the algorithms' names."""
    plt.rcParams.update(SETTINGS)
    m = {**MARGINS, **margins}
    width = m["left"] + cols * panel[0] + (cols - 1) * m["gap_x"] + m["right"]
    m["right"] += max(0, NARROWEST - width)
    width = max(width, NARROWEST)
    title, subtitle = fill([title], width, 0.098), fill(subtitle, width, 0.061)
    m["top"] += 0.20 * (len(title) - 1) + 0.16 * (len(subtitle) - 1)
    per_row = legend_columns(names, width)
    if names:
        m["bottom"] += 0.09 + 0.185 * -(-len(names) // per_row)
    height = m["top"] + rows * panel[1] + (rows - 1) * m["gap_y"] + m["bottom"]
    figure, axes = plt.subplots(rows, cols, figsize=(width, height), squeeze=False)
    figure.subplots_adjust(
        left=m["left"] / width, right=1 - m["right"] / width, bottom=m["bottom"] / height,
        top=1 - m["top"] / height, wspace=m["gap_x"] / panel[0], hspace=m["gap_y"] / panel[1])
    for ax in axes.flat:
        ax.yaxis.set_label_coords(-LABEL / panel[0], 0.5)
    if names:
        legend(figure, names, per_row)
    head = 0.17
    for lines, step, look in ((title, 0.20, {"fontsize": 11, "fontweight": "bold"}),
                              (subtitle, 0.16, {"color": FAINT})):
        for line in lines:
            figure.text(0.14 / width, 1 - head / height, plain(line), va="top", **look)
            head += step
        head += 0.05
    return figure, axes


def fill(parts, width, character):
    """Lines no longer than the page, of whole parts where they fit, given a character's width."""
    most = int((width - 0.28) / character)
    lines = [""]
    for part in filter(None, parts):
        joined = lines[-1] + "   ·   " + part if lines[-1] else part
        if len(joined) <= most:
            lines[-1] = joined
        else:
            lines += textwrap.wrap(part, most)
    return [line for line in lines if line]


def plain(text):
    """Names come from the user: a dollar sign in them does not begin a formula."""
    return text.replace("$", r"\$")


def grid(count, widest):
    """Rows and columns for that many panels, no row longer than widest."""
    cols = min(count, widest)
    return -(-count // cols), cols


def legend_columns(names, width):
    """How many names fit side by side, the rows being as even as they can."""
    entry = 0.78 + 0.066 * max(map(len, names), default=0)
    rows = -(-len(names) // max(1, int(width / entry)))
    return -(-len(names) // max(1, rows))


def legend(figure, names, per_row):
    handles = [Line2D([], [], label=plain(name), **strokes(k)) for k, name in enumerate(names)]
    figure.legend(handles=handles, loc="lower center", ncol=per_row, frameon=False,
                  handlelength=3.4, columnspacing=1.8, borderaxespad=0.4)


def save(figure, folder, name, formats):
    """Write the figure once for each format and close it; returns the paths."""
    paths = [os.path.join(folder, f"{name}.{suffix}") for suffix in formats]
    for suffix, path in zip(formats, paths):
        # The date would make two drawings of one run differ.
        figure.savefig(path, metadata=DATELESS.get(suffix))
    plt.close(figure)
    return paths

