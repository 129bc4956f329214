"""The numbers of generated data, from their definition: Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, SC
2011), uniform numbers of 53 bits, normal ones by Box and Muller's cosine, each a function of seed, stream
and place. A planted table has a row on a stretch of 2^32 blocks of its own, the first stretch belonging to
the weights."""

import numpy as np

from .readers import Raw

DATA_STREAM, SAMPLE_STREAM = 1, 4
STRETCH = 1 << 32
CHUNK = 1 << 18  # blocks at a time
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
EXACT = 8  # roundings by which logarithm and cosine of two systems may differ


def philox(seed, stream, index):
    """Four 32-bit words (as uint64) of the blocks `index`; rows follow index."""
    index = np.asarray(index, dtype=np.uint64)
    x = [index & LOW, index >> HALF, np.full_like(index, stream & 0xFFFFFFFF), np.full_like(index, stream >> 32)]
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        first, second = x[0] * np.uint64(0xD2511F53), x[2] * np.uint64(0xCD9E8D57)
        x = [(second >> HALF) ^ x[1] ^ np.uint64(key[0]), second & LOW,
             (first >> HALF) ^ x[3] ^ np.uint64(key[1]), first & LOW]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.stack(x, axis=-1)


def uniform(high, low):
    return ((high << HALF | low) >> np.uint64(11)).astype(float) * 2.0**-53


def normal(words):
    """One normal number from four words."""
    u = 1 - uniform(words[..., 0], words[..., 1])
    angle = 6.283185307179586 * uniform(words[..., 2], words[..., 3])
    return np.sqrt(-2 * np.log(u)) * np.cos(angle)


class Stream:
    """The words of a stream one after the other."""

    def __init__(self, seed, stream, index):
        self.place, self.words, self.at = (seed, stream, index), np.zeros(0, np.uint64), 0

    def take(self, count):
        while self.at + count > len(self.words):
            seed, stream, index = self.place
            blocks = np.arange(index, index + 1024, dtype=np.uint64)
            self.words = np.concatenate([self.words[self.at:], philox(seed, stream, blocks).ravel()])
            self.place, self.at = (seed, stream, index + 1024), 0
        self.at += count
        return self.words[self.at - count: self.at]

    def below(self, n):
        """Lemire, ACM TOMACS 29 (2019)."""
        while True:
            high, low = (int(w) for w in self.take(2))
            product = (high << 32 | low) * n
            if product % 2**64 >= (2**64 - n) % n:
                return product >> 64

    def shuffle(self, n):
        order = list(range(n))
        for i in range(n, 1, -1):
            j = self.below(i)
            order[i - 1], order[j] = order[j], order[i - 1]
        return order

    def normals(self, count):
        return normal(np.array([self.take(4) for _ in range(count)]).reshape(count, 4))


def planted(rows, cols, classes, live, noise, seed, first=0):
    """The table from row `first` on, and its weights (classes x cols)."""
    stream = Stream(seed, DATA_STREAM, 0)
    order = stream.shuffle(cols)[:live]
    compact = stream.normals(live * classes).reshape(live, classes)
    weights = np.zeros((classes, cols))
    weights[:, order] = compact.T
    dense, label = np.empty((rows, cols)), np.empty(rows)
    step = max(1, CHUNK // (cols + classes))
    for i in range(0, rows, step):
        row = np.arange(first + i, first + min(i + step, rows), dtype=np.uint64)
        base = ((row + np.uint64(1)) * np.uint64(STRETCH))[:, None]
        draws = normal(philox(seed, DATA_STREAM, base + np.arange(cols + classes, dtype=np.uint64)))
        dense[i: i + len(row)] = draws[:, :cols]
        logits = noise * draws[:, cols:] + draws[:, order] @ compact
        label[i: i + len(row)] = logits.argmax(axis=1)
    return Raw(rows, cols, label, dense=dense), weights


def plant_numbers(raw, weights, live, noise, seed, first, counts):
    """The classes give way to z + noise, or to counts of mean exp(z + noise); z has deviation 1."""
    row = np.arange(first, first + raw.rows, dtype=np.uint64) * np.uint64(16)
    z = noise * normal(philox(seed, SAMPLE_STREAM, row))
    for j in np.flatnonzero(weights.any(axis=0)):  # in order of the columns
        z += (1 / np.sqrt(2 * live)) * (weights[1, j] - weights[0, j]) * raw.dense[:, j]
    raw.target = z
    if counts:
        second = philox(seed, SAMPLE_STREAM, row + np.uint64(1))
        raw.target = poisson(np.exp(np.minimum(z, 6)), uniform(second[:, 0], second[:, 1]))
    return raw


def poisson(mean, u):
    """By inversion."""
    term = np.exp(-mean)
    below, k = term.copy(), np.zeros(len(mean))
    while (open_ := (u >= below) & (term > 0)).any():
        k[open_] += 1
        term[open_] *= mean[open_] / k[open_]
        below[open_] += term[open_]
    return k
