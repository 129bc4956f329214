"""Groups of entries of the flat vector, from the words of a configuration."""

import math
import re

import numpy as np

from . import Unchecked
from .arithmetic import segment_sums


class Groups:
    """Group g is entry[start[g]:start[g + 1]]."""

    def __init__(self, entry, start, weight):
        self.entry, self.start, self.weight = entry, start, weight
        self.count, self.size = len(start) - 1, np.diff(start)
        self.of = np.repeat(np.arange(self.count), self.size)

    def sums(self, values):
        return segment_sums(values, self.start)

    def norms(self, values):
        return np.sqrt(self.sums(values**2))


def build(spec, weights, offset, shape):
    """spec on a block of this shape at this offset."""
    n = math.prod(shape)
    entry, start = lay_out(spec, np.arange(n).reshape(shape), n)
    size = np.diff(start)
    if weights not in ("sqrt_size", "one"):
        raise Unchecked(f"group weights from '{weights}' are not read here")
    weight = np.sqrt(size.astype(np.longdouble)) if weights == "sqrt_size" else np.ones(len(size))
    return Groups(offset + entry, start, weight)


def lay_out(spec, place, n):
    """Entries group by group, and where each group starts."""
    rows = place.reshape(place.shape[0], -1)
    inner = place.reshape(*place.shape[:2], -1) if place.ndim > 1 else None
    if spec == "elements" or (spec in ("cols", "channels") and inner is None):
        return even(rows.ravel(), n)
    if spec == "all":
        return even(rows.ravel(), 1)
    if spec in ("rows", "filters"):
        return even(rows.ravel(), rows.shape[0])
    if spec in ("cols", "channels"):
        return even(inner.transpose(1, 0, 2).ravel(), inner.shape[1])
    parts = re.fullmatch(r"(size|blocks):(\d+)", spec)
    if parts and parts[1] == "size" and int(parts[2]) and n % int(parts[2]) == 0:
        return even(rows.ravel(), n // int(parts[2]))
    if parts and parts[1] == "blocks" and 0 < int(parts[2]) <= n:
        sizes = [len(part) for part in np.array_split(rows.ravel(), int(parts[2]))]
        return rows.ravel(), np.r_[0, np.cumsum(sizes)]
    share = re.fullmatch(r"fraction:([0-9.eE+-]+)", spec)
    if share and 1 <= math.floor(float(share[1]) * n) <= n:
        return lay_out(f"blocks:{math.floor(float(share[1]) * n)}", place, n)
    raise Unchecked(f"groups '{spec}' are not read here")


def even(entry, count):
    return entry, np.arange(count + 1) * (len(entry) // count)
