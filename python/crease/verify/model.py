"""f(W, b) = 1/n sum_i loss(W x_i + b, y_i) + ridge/2 |W|^2 at several points at once, and how far a
backend's numbers may be from the true ones.

With u the roundoff of the backend, an entry of z that is a sum of k products is taken to be off by
    e = u (2 + rho (1 + sqrt(k))) (sum_j |w_j| |x_j| + |b|),
the storage of the data and of z in full, the roundings of a sum as a random walk (Higham and Mary, SIAM
J. Sci. Comput. 41 (2019)), and rho = min(1, 10/sqrt(n)) because they average out over n rows. The
derivatives of the loss carry e on to values, slopes and gradients.
"""

from dataclasses import dataclass

import numpy as np

from .arithmetic import segment_sums

ROUNDOFF = 2.0**-53
MOST_ROWS = 4096  # of a matrix product: more rows leave fewer bits for each slice


@dataclass
class Point:
    """f at one point, on the training rows."""

    x: np.ndarray
    z: np.ndarray  # rows x outputs
    value: object
    value_allowed: float
    slopes: np.ndarray
    gradient: np.ndarray = None
    gradient_allowed: np.ndarray = None
    error: float = 0  # of value, in the arithmetic used here


class Model:
    def __init__(self, settings, loss, data, unit, arithmetic):
        self.loss, self.data, self.unit, self.arithmetic = loss, data, unit, arithmetic
        self.ridge, self.bias = settings.get("ridge", 0), settings.get("bias", True)
        self.outputs = data.classes if loss.__class__.__name__ == "Softmax" else 1
        self.cols = data.train.cols
        self.weights = self.outputs * self.cols
        self.n = self.weights + (self.outputs if self.bias else 0)

    def blocks(self):
        """name: (offset, shape)"""
        found = {"weight": (0, (self.outputs, self.cols))}
        if self.bias:
            found["bias"] = (self.weights, (self.outputs,))
        return found

    def split(self, x):
        """W and b; b is 0 where there is none."""
        b = x[self.weights:] if self.bias else np.zeros(self.outputs, dtype=x.dtype)
        return x[: self.weights].reshape(self.outputs, self.cols), b

    # --- z ---------------------------------------------------------------------------------------

    def predict(self, points, table):
        """For each point z, what a backend may be off by (rows x outputs), and the error here."""
        w, b = zip(*(self.split(x) for x in points))
        stack, bias = np.concatenate(w).T, np.concatenate(b)
        z, size, error = self._sparse_z(stack, table) if table.is_sparse else self._dense_z(stack, table)
        z += self.arithmetic(bias)
        size += np.abs(bias)
        error += self.arithmetic.unit * size
        k = np.diff(table.raw.start).max() if table.is_sparse else table.cols
        rho = min(1, 10 / np.sqrt(table.rows))
        off = self.unit * (2 + rho * (1 + np.sqrt(k + 1))) * size + table.noise @ np.abs(stack)
        cut = range(self.outputs, len(bias), self.outputs)
        return list(zip(*(np.split(part, cut, axis=1) for part in (z, off, error))))

    def _dense_z(self, stack, table):
        shape = table.rows, stack.shape[1]
        z, size, error = np.empty(shape, self.arithmetic.wide), np.empty(shape), np.empty(shape)
        for rows in table.chunks():
            part = table.dense(rows)
            z[rows], error[rows] = self.arithmetic.product(part, stack)
            size[rows] = np.abs(part) @ np.abs(stack)
        return z, size, error

    def _sparse_z(self, stack, table):
        self.arithmetic.used.add("plain")
        columns = [(segment_sums(self.arithmetic(table.value) * w[table.raw.col], table.raw.start),
                    segment_sums(np.abs(table.value * w[table.raw.col]), table.raw.start)) for w in stack.T]
        z, size = (np.stack(part, axis=1) for part in zip(*columns))
        longest = np.diff(table.raw.start).max()
        return z, size, 2 * longest * self.arithmetic.unit * size

    # --- sum_i r_i x_i ---------------------------------------------------------------------------

    def pull(self, slopes, sizes=()):
        """For each r (rows x outputs, wide): sum_i r_i (x_i, 1) as a vector like x; and sum_i s_i |(x_i, 1)|
        for each s."""
        table = self.data.train
        r = np.concatenate(slopes, axis=1)
        s = np.concatenate([np.empty((table.rows, 0)), *sizes], axis=1)
        weight, size = self._sparse_pull(r, s, table) if table.is_sparse else self._dense_pull(r, s, table)
        return (self._assemble(weight, r.sum(axis=0)), self._assemble(size, s.sum(axis=0)))

    def _dense_pull(self, r, s, table):
        weight, size = self.arithmetic(np.zeros((r.shape[1], table.cols))), np.zeros((s.shape[1], table.cols))
        for whole in table.chunks():
            for first in range(whole.start, whole.stop, MOST_ROWS):
                rows = slice(first, min(first + MOST_ROWS, whole.stop))
                part = table.dense(rows)
                weight += self.arithmetic.product(r[rows].T, part)[0]
                size += s[rows].T @ np.abs(part)
        return weight, size

    def _sparse_pull(self, r, s, table):
        order, row, start = table.by_column
        value = table.value[order]
        weight = [segment_sums(self.arithmetic(value) * column[row], start) for column in r.T]
        size = [segment_sums(np.abs(value) * column[row], start) for column in s.T]
        return np.stack(weight), np.array(size).reshape(s.shape[1], table.cols)

    def _assemble(self, weight, bias):
        """Rows of the stacked outputs, cut into points."""
        found = []
        for i in range(0, len(bias), self.outputs):
            parts = [weight[i: i + self.outputs].ravel()]
            found.append(np.concatenate(parts + ([bias[i: i + self.outputs]] if self.bias else [])))
        return found

    # --- f ---------------------------------------------------------------------------------------

    def evaluate(self, points):
        """A Point for each x, gradients included."""
        table = self.data.train
        found = [self._value(x, *z) for x, z in zip(points, self.predict(points, table))]
        offs = [off for _, off in found]
        found = [point for point, _ in found]
        gathered = [np.abs(p.slopes).astype(float) for p in found]
        walk = self.unit * (2 + np.sqrt(table.rows))
        sizes = [off + walk * r for off, r in zip(offs, gathered)]
        total, allowed = self.pull([p.slopes for p in found], sizes)
        for p, g, a, r in zip(found, total, allowed, gathered):
            p.gradient, p.gradient_allowed = g / table.rows, a / table.rows
            weight, allowed_weight = p.gradient[: self.weights], p.gradient_allowed[: self.weights]
            allowed_weight += np.outer(r.mean(axis=0), table.noise).ravel()
            weight += self.ridge * self.arithmetic(p.x[: self.weights])
            allowed_weight += 4 * self.unit * self.ridge * np.abs(p.x[: self.weights])
        return found

    def _value(self, x, z, off, error):
        """The Point without its gradient, and how far slopes may be off."""
        y, unit = self.data.train.target, self.unit
        wide = self.arithmetic(y) if y.dtype.kind == "f" else y
        rows, slopes = self.loss.value(z, wide), self.loss.slope(z, wide)
        worst, bend = off.max(axis=1), self.loss.bend(z, wide)
        size = np.abs(slopes).astype(float)
        evaluation = 16 * ROUNDOFF * (1 + np.abs(rows).astype(float) + np.abs(z).max(axis=1).astype(float))
        ridge = self.ridge / self.arithmetic(2) * (self.arithmetic(x[: self.weights]) ** 2).sum()
        allowed = (size.sum(axis=1) * worst + bend * worst**2 + evaluation).mean() + 8 * unit * float(ridge)
        off_slopes = (bend * worst)[:, None] + 3 * unit * (size + self.loss.size(z, wide).astype(float))
        own = float((size.sum(axis=1) * error.max(axis=1)).mean())
        value = rows.sum() / len(rows) + ridge
        own += 8 * self.arithmetic.unit * (float(np.abs(rows).mean()) + float(ridge))
        return Point(x, z, value, float(allowed), slopes, error=own), off_slopes

    def merit(self, points):
        """For each point the figure of merit on the test rows and what it may be off by, or None."""
        table = self.data.test
        if table is None:
            return [None] * len(points)
        return [self._merit(z, off.max(axis=1), table.target) for z, off, _ in self.predict(points, table)]

    def _merit(self, z, off, y):
        if getattr(self.loss, "counts_right", True):
            certain, possible = (np.count_nonzero(rows) / len(y) for rows in self.loss.right(z, y, off))
            return "test_accuracy", (certain + possible) / 2, (possible - certain) / 2 + 1e-15
        error, steep = self.loss.error(z, self.arithmetic(y)), np.maximum(self.loss.bend(z, y), 0)
        moved = 2 * np.abs(error).astype(float) * steep * off + (steep * off) ** 2
        value = (error**2).mean()
        return "test_mse", value, float(moved.mean()) + 32 * ROUNDOFF * float(value)
