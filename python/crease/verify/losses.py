"""Losses of one row as functions of z = x'w + b (one number an output) and a target y. For the
convex ones also the conjugate, l*(u) = sup_z uz - l(z), and a step to a point of its domain."""

import numpy as np

TARGETS = {"softmax": "classes", "logistic": "signs", "svm_squared_hinge": "signs", "sigmoid": "signs",
           "least_squares": "numbers", "huber_regression": "numbers", "poisson": "counts"}


def entropy(p):
    """p log p, 0 at 0."""
    return np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0 * p)


class Softmax:
    """log sum_k exp(z_k) - z_y"""

    convex = True
    curvature = 0.5  # a bound on |l''| along any direction, in the largest change of an entry of z

    def __init__(self, settings):
        pass

    def shares(self, z):
        p = np.exp(z - z.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def value(self, z, y):
        top = z.max(axis=1)
        return top - z[np.arange(len(z)), y] + np.log(np.exp(z - top[:, None]).sum(axis=1))

    def slope(self, z, y):
        p = self.shares(z)
        p[np.arange(len(z)), y] -= 1
        return p

    def second(self, z, y):
        p = self.shares(z)
        return p[:, :, None] * (np.eye(p.shape[1]) - p[:, None, :])

    def bend(self, z, y):
        return np.full(len(z), self.curvature)

    def size(self, z, y):
        return np.ones(z.shape)

    def right(self, z, y, error):
        """Rows predicted right for certain, and rows that may be."""
        others = z.copy()
        others[np.arange(len(z)), y] = -np.inf
        lead = z[np.arange(len(z)), y] - others.max(axis=1)
        return lead > 2 * error, lead >= -2 * error

    def conjugate(self, u, y):
        p = u.copy()
        p[np.arange(len(u)), y] += 1
        return entropy(p).sum(axis=1)

    def center(self, z, y):
        """The shift of all rows of z at which the slopes sum to (nearly) zero: Newton's method, damped where
        it would not lower the loss."""
        z, shift = z.astype(float), np.zeros(z.shape[1])
        for _ in range(30):
            slope = self.slope(z + shift, y).sum(axis=0)
            p = self.shares(z + shift)
            hessian = np.diag(p.sum(axis=0)) - p.T @ p + 1e-9 * np.eye(len(shift))
            step, before, size = np.linalg.solve(hessian, slope), self.value(z + shift, y).sum(), 1.0
            while size > 1e-3 and self.value(z + shift - size * step, y).sum() > before:
                size /= 2
            shift = shift - size * step
            if np.abs(slope).max() < 1e-12 * len(z):
                break
        return shift

    def balance(self, u, y):
        """The nearby u with sum_i u_i = 0 by output, in the conjugate's domain; None: none was found.
        Rows give way in proportion to their smallest share, so that no share becomes negative."""
        p = u.copy()
        p[np.arange(len(u)), y] += 1
        room = p.min(axis=1)
        excess = u.sum(axis=0)
        if np.abs(excess).max() > room.sum():
            return None
        return u - room[:, None] / room.sum() * excess if room.sum() > 0 else u


class Scalar:
    """Losses of one output; z and slopes keep their second axis, of length 1."""

    convex = True
    counts_right = True

    def __init__(self, settings):
        self.delta = settings.get("huber_delta", 1)

    def value(self, z, y):
        return self.at(z[:, 0], y)[0]

    def slope(self, z, y):
        return self.at(z[:, 0], y)[1][:, None]

    def second(self, z, y):
        """l'' as rows x 1 x 1."""
        return self.bow(z[:, 0], y)[:, None, None]

    def bend(self, z, y):
        return np.full(len(z), self.curvature)

    def size(self, z, y):
        return np.ones(z.shape)

    def right(self, z, y, error):
        """z > 0 where y = 1; z = 0 counts as -1."""
        margin = z[:, 0] * y
        return margin > error, margin >= -error

    def conjugate(self, u, y):
        return self.dual(u[:, 0], y)

    def center(self, z, y):
        """As for several outputs; a slope rises with z, so halving an interval finds it."""
        z = z.astype(float)

        def excess(t):
            return self.slope(z + t, y).sum()

        if excess(0.0) == 0:
            return np.zeros(1)
        low = high = 0.0
        reach = 1e-6
        while excess(low) > 0 and reach < 1e3:
            low, reach = low - reach, 4 * reach
        while excess(high) < 0 and reach < 1e3:
            high, reach = high + reach, 4 * reach
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if excess(middle) > 0 else (middle, high)
        return np.array([(low + high) / 2])

    def balance(self, u, y):
        """The domain holds 0 in every row: the side in excess is scaled down."""
        up, down = np.maximum(u, 0), np.minimum(u, 0)
        more, less = up.sum(), -down.sum()
        if more > less:
            return up * (less / more) + down
        return up + down * (more / less) if less > more else u


class Logistic(Scalar):
    """log(1 + exp(-y z))"""

    curvature = 0.25

    def at(self, z, y):
        t = -y * z
        e = np.exp(-np.abs(t))
        return np.maximum(t, 0) + np.log1p(e), -y * np.where(t > 0, 1, e) / (1 + e)

    def bow(self, z, y):
        e = np.exp(-np.abs(z))
        return e / (1 + e) ** 2

    def dual(self, u, y):
        q = -y * u
        return entropy(q) + entropy(1 - q)


class SquaredHinge(Scalar):
    """1/2 max(0, 1 - y z)^2"""

    curvature = 1

    def at(self, z, y):
        short = np.maximum(1 - y * z, 0)
        return short**2 / 2, -y * short

    def bow(self, z, y):
        return (y * z < 1).astype(float)

    def size(self, z, y):
        return 1 + np.abs(z)

    def dual(self, u, y):
        return y * u + u**2 / 2


class Sigmoid(Scalar):
    """1/(1 + exp(y z)), not convex"""

    convex = False
    curvature = 0.1

    def at(self, z, y):
        e = np.exp(-np.abs(z))
        return np.where(y * z > 0, e, 1) / (1 + e), -y * e / (1 + e) ** 2

    def bow(self, z, y):
        e = np.exp(-np.abs(z))
        return np.sign(y * z) * e * (1 - e) / (1 + e) ** 3


class Number(Scalar):
    counts_right = False

    def size(self, z, y):
        return np.abs(z) + np.abs(y)[:, None]

    def error(self, z, y):
        return z[:, 0] - y


class LeastSquares(Number):
    """1/2 (z - y)^2"""

    curvature = 1

    def at(self, z, y):
        return (z - y) ** 2 / 2, z - y

    def bow(self, z, y):
        return np.ones(len(z))

    def dual(self, u, y):
        return u**2 / 2 + u * y


class Huber(Number):
    """1/2 r^2 for |r| <= delta, delta |r| - delta^2/2 beyond; r = z - y"""

    curvature = 1

    def at(self, z, y):
        r = z - y
        near = np.clip(r, -self.delta, self.delta)
        return near * (r - near / 2), near

    def bow(self, z, y):
        return (np.abs(z - y) <= self.delta).astype(float)

    def dual(self, u, y):
        return u**2 / 2 + u * y


class Poisson(Number):
    """exp(z) - y z"""

    def at(self, z, y):
        e = np.exp(z)
        return e - y * z, e - y

    def bow(self, z, y):
        return np.exp(z)

    def bend(self, z, y):
        return np.exp(z[:, 0]).astype(float)

    def size(self, z, y):
        return np.exp(z) + np.abs(y)[:, None]

    def error(self, z, y):
        return np.exp(z[:, 0]) - y

    def dual(self, u, y):
        return entropy(u + y) - (u + y)


LOSSES = {"softmax": Softmax, "logistic": Logistic, "svm_squared_hinge": SquaredHinge, "sigmoid": Sigmoid,
          "least_squares": LeastSquares, "huber_regression": Huber, "poisson": Poisson}
