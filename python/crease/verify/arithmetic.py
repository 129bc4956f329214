"""The wide type, and products of matrices with exact partial sums.

Numbers are np.longdouble: 64 bits of significand on x86, 53 where the C compiler has nothing wider,
which `describe` says. Its matrix products are slow loops, so larger ones are formed from slices
(Ozaki, Ogita, Oishi and Rump, Numer. Algorithms 59 (2012)): each factor is written as
s (A1 + A2 + A3), where the Ai hold whole numbers of beta bits, few enough that every partial sum of
Ai Bj is a whole number below 2^53. A product of doubles is then exact in any order of summation, and
what is left out is known.
"""

import numpy as np

SMALL = 2e6  # multiplications below which the plain product in the wide type is fast enough


class Arithmetic:
    def __init__(self, wide=np.longdouble, small=SMALL):
        self.wide = wide
        self.small = small
        self.unit = float(np.finfo(wide).eps) / 2
        self.bits = int(np.finfo(wide).nmant) + 1
        self.used = set()

    def __call__(self, values):
        return np.asarray(values, dtype=self.wide)

    def describe(self):
        """The arithmetic in words, with a warning where there is nothing wider than double."""
        if self.unit >= 2.0**-53:
            text = "53-bit numbers: this machine has no type that is wider than double"
        else:
            text = f"{self.bits + 16}-bit numbers ({self.bits} bits of significand)"
        if "slices" in self.used:
            text += ", larger matrix products as sums of exact ones"
        return text

    def product(self, a, b):
        """a b in the wide type, and a bound on the error of each entry (float64)."""
        count = a.shape[0] * a.shape[1] * b.shape[1]
        if count <= self.small:
            self.used.add("plain")
            size = np.abs(a).astype(float) @ np.abs(b).astype(float)
            return self(a) @ self(b), 2 * a.shape[1] * self.unit * size
        self.used.add("slices")
        return self._sliced(a, b)

    def _sliced(self, a, b):
        terms = a.shape[1]
        beta = (53 - int(np.ceil(np.log2(max(terms, 2))))) // 2
        s, left = slices(a, 1, beta)
        t, right = slices(b, 0, beta)
        total = np.zeros((a.shape[0], b.shape[1]), dtype=self.wide)
        for i, j in ((2, 0), (1, 1), (0, 2), (1, 0), (0, 1), (0, 0)):  # the small ones first
            total += np.ldexp(self(left[i] @ right[j]), -beta * (i + j + 2))
        total *= self(s) * self(t)
        left_out = 2 * terms * 2.0 ** (-3 * beta) * (s * t)
        return total, left_out + 6 * self.unit * np.abs(total).astype(float)


def slices(a, axis, beta):
    """s and three matrices of whole numbers: a = s (A1 2^-beta + A2 2^-2beta + A3 2^-3beta) but for
    the rest, at most s 2^(-3 beta - 1). s is a power of two for each row (axis 1) or column (0)."""
    largest = np.abs(a).max(axis=axis, keepdims=True).astype(float)
    s = np.ldexp(1.0, np.frexp(np.where(largest > 0, largest, 1.0))[1])
    rest, out = a / s, []
    for _ in range(3):
        rest = rest * 2.0**beta
        whole = np.rint(rest)
        out.append(whole.astype(float))
        rest -= whole
    return s, out


def segment_sums(values, start):
    """Sums of values[start[g]:start[g + 1]], 0 for empty segments; over axis 0."""
    start = np.asarray(start)
    total = np.zeros((len(start) - 1, *values.shape[1:]), dtype=values.dtype)
    filled = np.flatnonzero(np.diff(start))
    if len(filled):
        total[filled] = np.add.reduceat(values, start[:-1][filled], axis=0)
    return total
