"""Panels of curves over epochs, shared by the figures: a mean line and a band over seeds."""

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from . import style

STAGES = "grey verticals: a new stage begins"
STAGE_RULE = "#cdcdcd"


def over_seeds(series, column, since=-np.inf, bin_width=1):
    """Epochs at which any seed has the column, with its mean, minimum and maximum over those seeds.

    With bin_width > 1 over bins of that many successive epochs, which their middle stands for.
    """
    kept = [(s.epoch[ok], s.columns[column][ok]) for s in series
            for ok in [np.isfinite(s.columns[column]) & (s.epoch >= since)]]
    epoch, value = (np.concatenate(parts) for parts in zip(*kept))
    bins, where = np.unique((epoch - 1) // bin_width, return_inverse=True)
    low, high = np.full(len(bins), np.inf), np.full(len(bins), -np.inf)
    np.minimum.at(low, where, value)
    np.maximum.at(high, where, value)
    mean = np.bincount(where, value, len(bins)) / np.bincount(where, minlength=len(bins))
    return bins * bin_width + (bin_width + 1) / 2, mean, low, high


def draw(axes, run, column, transform=lambda v: v, since=-np.inf, positive=False, bin_width=1):
    """All algorithms' curves of a column; returns {algorithm: (epochs, mean)} of what was drawn.

    positive: values <= 0 have no place on a logarithmic axis and are left out.
    """
    drawn = {}
    for k, algorithm in enumerate(run.algorithms):
        epochs, *bundle = over_seeds(run.of(algorithm), column, since, bin_width)
        mean, low, high = (transform(v) for v in bundle)
        if positive:
            mean, low, high = (np.where(v > 0, v, np.nan) for v in (mean, low, high))
            low = np.where(np.isnan(low), mean, low)
        if not np.isfinite(mean).any():
            continue
        stroke = style.strokes(k)
        axes.plot(epochs, mean, markevery=marks(k, len(epochs), len(run.algorithms)), **stroke)
        if len(run.of(algorithm)) > 1 or bin_width > 1:
            axes.fill_between(epochs, low, high, color=stroke["color"], alpha=0.16, linewidth=0)
        drawn[algorithm] = (epochs, mean)
    return drawn


def marks(k, points, algorithms):
    """Where the markers of the k-th curve go: about six a curve, staggered between curves."""
    step = max(1, points // 6)
    return (k * step // algorithms) % step, step


def dress(axes, run, title, label, first, last):
    """Titles, labels, grid and stage boundaries of a panel that runs from epoch first to last."""
    axes.set_title(title, pad=7)
    if axes.get_yscale() == "linear" and not 2e-3 <= max(map(abs, axes.get_ylim())) < 1e5:
        axes.yaxis.set_major_formatter(FuncFormatter(power))
    axes.set_xlabel("epoch")
    axes.set_ylabel(label)
    pad = 0.015 * max(last - first, 1)
    axes.set_xlim(first - pad, last + pad)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.grid(axis="y", color=style.RULE, linewidth=0.5)
    for boundary in run.stage_boundaries():
        if first < boundary < last:
            axes.axvline(boundary, color=STAGE_RULE, linewidth=0.7, zorder=0.5)


def first_epoch(run):
    return min(s.epoch[0] for s in run.series)


def panel(axes, run, column, title, label, log, bin_width=1):
    """A whole panel of one column over all epochs.

    log: logarithmic, where the spread asks for it and no value is negative; who is exactly zero
    throughout is then named.
    """
    values = np.concatenate([s.columns[column] for s in run.series])
    positive = values[values > 0]
    log = log and not (values < 0).any() and len(positive) and positive.max() > 5 * positive.min()
    drawn = draw(axes, run, column, positive=log, bin_width=bin_width)
    if log:
        logarithmic(axes)
        zero = [a for a in run.algorithms if a not in drawn
                and any((s.columns[column] == 0).any() for s in run.of(a))]
        if zero:
            low, high = axes.get_ylim()
            axes.set_ylim(bottom=low * (low / high) ** 0.12)
            words = style.plain(f"exactly 0: {', '.join(zero)}")
            axes.text(0.99, 0.03, words, fontsize=7, ha="right", color=style.FAINT,
                      transform=axes.transAxes)
    dress(axes, run, title, label, first_epoch(run), run.last_epoch)


def logarithmic(axes, bottom=None):
    """A logarithmic y axis with legible labels, also between powers of ten where it spans few."""
    axes.set_yscale("log")
    axes.set_ylim(bottom=bottom)
    low, high = axes.get_ylim()
    few = high / low < 300
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,), numticks=8))
    axes.yaxis.set_major_formatter(FuncFormatter(decimal if 5e-4 < low < high < 2e5 else power))
    axes.yaxis.set_minor_locator(NullLocator())


def decimal(value, _=None):
    return f"{value:g}"


def power(value, _=None):
    """5 times a power of ten, for numbers whose zeros nobody wants to count."""
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:e}".split("e")
    factor = "" if float(mantissa) == 1 else rf"{float(mantissa):g}{{\cdot}}"
    return rf"${factor}10^{{{int(exponent)}}}$"
