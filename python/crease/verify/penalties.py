"""psi of one term, scale and ridge included, on the flat vector: value, least subgradient, proximal map
with unit step, conjugate, structure. Convex members only; others raise Unchecked by name.

`dead` marks what the configuration calls a zero group, `signature` what the masks hold, `margins` what
holds it: slack at active units, size at others, NaN elsewhere."""

import numpy as np

from . import Unchecked
from .groups import build


def soft(v, threshold):
    return np.sign(v) * np.maximum(np.abs(v) - threshold, 0)


def by_entry(setting, groups):
    """A numbers setting, one an entry of the term or of every group."""
    if isinstance(setting, str):
        raise Unchecked(f"numbers from the file '{setting}' are not read here")
    values = np.atleast_1d(np.asarray(setting, dtype=np.longdouble))
    n = len(groups.entry)
    if len(values) not in (1, n):
        if groups.count and (groups.size == len(values)).all():
            return np.tile(values, groups.count)
        raise Unchecked(f"{len(values)} numbers for {n} entries")
    return np.broadcast_to(values, n)


class Term:
    hidden = None  # why the structure cannot be read off x

    def __init__(self, spec, groups):
        self.groups, self.name = groups, spec["type"]
        self.ridge = np.longdouble(spec.get("ridge", 0))
        self.scale = np.longdouble(spec.get("scale", 1))
        self.weight = groups.weight

    def take(self, x):
        return x[self.groups.entry]

    def value(self, x):
        v = self.take(x)
        return self.plain_value(v) + self.ridge / 2 * (v**2).sum()

    def least(self, x, g):
        """The least element of g + dpsi(x) on the term's entries (of a matrix: its norm alone)."""
        v = self.take(x)
        return self.residual(v, self.take(g) + self.ridge * v)

    def distance(self, x, g):
        """dist(0, g + dpsi(x)) on the term's entries."""
        return np.sqrt((self.least(x, g) ** 2).sum())

    def prox(self, c):
        """argmin 1/2 |x - c|^2 + psi(x): the ridge makes it that of psi/(1 + ridge) at c/(1 + ridge)."""
        return self.plain_prox(self.take(c), 1 + self.ridge)

    def dead(self, x):
        """Groups of literal zeros."""
        return self.groups.sums((self.take(x) != 0).astype(int)) == 0


class Shrink(Term):
    """lambda1_i |x_i| + lambda2 weight_g |x_g| + ridge/2 |x|^2"""

    def __init__(self, spec, groups):
        super().__init__(spec, groups)
        kind = spec["type"]
        number = {k: np.longdouble(spec.get(k, 1)) for k in ("lambda", "lambda1", "lambda2", "tau")}
        one, two, tau = {
            "none": lambda: (0, 0, 0),
            "l1": lambda: (number["lambda"] * by_entry(spec.get("weights", 1), groups), 0, 0),
            "elastic_net": lambda: (number["lambda"] * by_entry(spec.get("weights", 1), groups), 0, number["tau"]),
            "group_l2": lambda: (0, number["lambda"], 0),
            "group_elastic_net": lambda: (0, number["lambda"], number["tau"]),
            "sparse_group": lambda: (number["lambda1"], number["lambda2"], 0),
        }[kind]()
        self.box = np.broadcast_to(self.scale * one, len(groups.entry))
        self.ball = self.scale * two * self.weight
        self.ridge = self.ridge + self.scale * tau
        self.by_group = kind in ("group_l2", "group_elastic_net")
        self.has_units = kind != "none"

    def plain_value(self, v):
        return (self.box * np.abs(v)).sum() + (self.ball * self.groups.norms(v)).sum()

    def residual(self, v, g):
        size = self.groups.norms(v)
        live = size > 0
        pull = np.where(live, self.ball / np.where(live, size, 1), 0)[self.groups.of] * v
        rest = np.where(v != 0, g + pull + np.sign(v) * self.box, soft(g, self.box))
        length = self.groups.norms(rest)
        kept = np.where(live, 1, np.maximum(length - self.ball, 0) / np.where(length > 0, length, 1))
        return rest * kept[self.groups.of]

    def plain_prox(self, c, stretch):
        v = soft(c, self.box)
        size = self.groups.norms(v)
        return v * (np.maximum(size - self.ball, 0) / np.where(size > 0, size, 1))[self.groups.of] / stretch

    def steepest(self):
        """The slope of psi at zero, by group: what a residual is measured against."""
        box = np.zeros(self.groups.count)
        np.maximum.at(box, self.groups.of, self.box.astype(float))
        return box + self.ball.astype(float)

    def largest_scale(self, v):
        """The largest s <= 1 with psi*(s v) finite where there is no ridge."""
        return self._largest(v, lambda part: part)

    def _largest(self, v, part):
        def fits(s):
            return self.groups.norms(soft(part(s[self.groups.of] * v), self.box)) <= self.ball

        low, high = np.zeros(self.groups.count, dtype=v.dtype), np.ones(self.groups.count, dtype=v.dtype)
        low[fits(high)] = 1
        for _ in range(80):
            middle = (low + high) / 2
            inside = fits(middle)
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        return low.min(initial=1)

    def conjugate(self, v, ridge):
        """sup <v, x> - psi(x) - ridge/2 |x|^2, ridge (a number a group) counting psi's own too."""
        over = np.maximum(self.groups.norms(soft(v, self.box)) - self.ball, 0)
        return over_ridge(over**2, ridge)

    def signature(self, x):
        return (~self.dead(x) if self.by_group else self.take(x) != 0).astype(int)

    def margins(self, x, g, off):
        """slack, size and by how much rounding in g (off, an entry) may move the slack."""
        v, g, off = self.take(x), self.take(g), self.take(off)
        size, held = self.groups.norms(v), self.ball - self.groups.norms(soft(g, self.box))
        moved = self.groups.norms(off)
        if self.by_group:
            return np.where(size == 0, held, np.nan), np.where(size > 0, size, np.nan), moved
        group = ((size == 0) & (self.ball > 0))[self.groups.of]
        slack = np.where(group, held[self.groups.of], self.box - np.abs(g))
        return (np.where(v == 0, slack, np.nan), np.where(v != 0, np.abs(v), np.nan),
                np.where(group, moved[self.groups.of], off))


class NonnegGroup(Shrink):
    """lambda weight_g |x_g| where x >= 0, else infinite"""

    def __init__(self, spec, groups):
        super().__init__({**spec, "type": "group_l2"}, groups)
        self.by_group = False

    def plain_value(self, v):
        return super().plain_value(v) if (v >= 0).all() else np.longdouble(np.inf)

    def residual(self, v, g):
        if (v < 0).any():
            return np.full(len(v), np.inf)
        rest = super().residual(v, np.where(v > 0, g, np.minimum(g, 0)))
        return rest

    def plain_prox(self, c, stretch):
        return super().plain_prox(np.maximum(c, 0), stretch)

    def largest_scale(self, v):
        return self._largest(v, lambda part: np.maximum(part, 0))

    def conjugate(self, v, ridge):
        return super().conjugate(np.maximum(v, 0), ridge)

    def margins(self, x, g, off):
        dead = (self.groups.norms(self.take(x)) == 0) & (self.ball > 0)
        slack, size, moved = super().margins(x, np.minimum(g, 0), off)
        alone = (self.take(x) == 0) & ~dead[self.groups.of]
        return np.where(alone, self.take(g), slack), size, moved


class Box(Term):
    """0 where lower_i <= x_i <= upper_i, else infinite; a bound of 1e300 in size is none"""

    has_units = True

    def __init__(self, spec, groups):
        super().__init__(spec, groups)
        lower, upper = (0, 1e300) if spec["type"] == "nonneg" else (spec.get("lower", -1), spec.get("upper", 1))
        self.lower, self.upper = by_entry(lower, groups), by_entry(upper, groups)
        self.lower = np.where(self.lower <= -1e300, -np.inf, self.lower)
        self.upper = np.where(self.upper >= 1e300, np.inf, self.upper)

    def plain_value(self, v):
        return np.longdouble(0 if ((v >= self.lower) & (v <= self.upper)).all() else np.inf)

    def residual(self, v, g):
        if np.isinf(self.plain_value(v)):
            return np.full(len(v), np.inf)
        free = np.where(v == self.lower, np.minimum(g, 0), g)
        free = np.where(v == self.upper, np.maximum(g, 0), free)
        return np.where(self.lower == self.upper, 0, free)

    def plain_prox(self, c, stretch):
        return np.clip(c / stretch, self.lower, self.upper)

    def largest_scale(self, v):
        return 1.0  # what is infinite stays so under a positive factor

    def conjugate(self, v, ridge):
        ridge = np.asarray(ridge)[self.groups.of]
        with np.errstate(invalid="ignore"):
            end = np.where(v == 0, 0, np.where(v > 0, self.upper, self.lower) * v)
        best = np.clip(v / np.where(ridge > 0, ridge, 1), self.lower, self.upper)
        return np.where(ridge > 0, v * best - ridge / 2 * best**2, end).sum()

    def signature(self, x):
        v = self.take(x)
        at_upper = np.where(np.isinf(self.lower), 0, 2)
        return np.where(v == self.lower, 0, np.where(v == self.upper, at_upper, 1))

    def margins(self, x, g, off):
        v, g = self.take(x), self.take(g)
        slack = np.where(v == self.lower, g, np.where(v == self.upper, -g, np.nan))
        slack = np.where(self.lower == self.upper, np.inf, slack)
        size = np.where(np.isnan(slack), np.minimum(v - self.lower, self.upper - v), np.nan)
        return slack, size, self.take(off)


class Nuclear(Term):
    """lambda weight_g sum_k sigma_k(X_g), the group row by row a matrix of `rows` rows. Decompositions are
    LAPACK's, in double."""

    has_units = True
    hidden = "a rank is not visible in the numbers of x"

    def __init__(self, spec, groups):
        super().__init__(spec, groups)
        self.rows, self.ball = spec.get("rows", 1), self.scale * np.longdouble(spec.get("lambda", 1)) * self.weight

    def matrices(self, v):
        for g in range(self.groups.count):
            part = v[self.groups.start[g]: self.groups.start[g + 1]]
            yield self.ball[g], part.astype(float).reshape(self.rows, -1)

    def plain_value(self, v):
        return sum(ball * np.linalg.svd(m, compute_uv=False).sum() for ball, m in self.matrices(v))

    def residual(self, v, g):
        found = []
        for (ball, m), (_, h) in zip(self.matrices(v), self.matrices(g)):
            left, sigma, right = np.linalg.svd(m, full_matrices=False)
            noise = 2 * 2.0**-53 * max(m.shape) * sigma.max(initial=0)
            left, right = left[:, sigma > noise], right[sigma > noise]
            normal = h - left @ (left.T @ h)
            normal -= (normal @ right.T) @ right
            beyond = np.maximum(np.linalg.svd(normal, compute_uv=False) - float(ball), 0)
            tangent = h - normal + float(ball) * left @ right
            found.append([np.sqrt((tangent**2).sum() + (beyond**2).sum())])
        return np.concatenate(found)

    def plain_prox(self, c, stretch):
        found = []
        for ball, m in self.matrices(c):
            left, sigma, right = np.linalg.svd(m, full_matrices=False)
            found.append(((left * np.maximum(sigma - float(ball), 0)) @ right).ravel() / stretch)
        return np.concatenate(found)

    def top(self, v):
        return np.array([np.linalg.svd(m, compute_uv=False).max(initial=0) for _, m in self.matrices(v)])

    def largest_scale(self, v):
        top = self.top(v)
        return min(1.0, (self.ball / np.where(top > 0, top, 1))[top > 0].min(initial=1)) * (1 - 1e-13)

    def conjugate(self, v, ridge):
        over = [np.maximum(np.linalg.svd(m, compute_uv=False) - float(ball), 0) for ball, m in self.matrices(v)]
        return over_ridge(np.array([(s**2).sum() for s in over]), ridge)


def over_ridge(square, ridge):
    """sum square / (2 ridge), where 0/0 = 0 and others over 0 are infinite."""
    ridge = np.broadcast_to(np.asarray(ridge), square.shape)
    if (square[ridge == 0] > 0).any():
        return np.longdouble(np.inf)
    return (square / np.where(ridge > 0, 2 * ridge, 1)).sum()


MEMBERS = {**dict.fromkeys(("none", "l1", "elastic_net", "group_l2", "group_elastic_net", "sparse_group"), Shrink),
           "nonneg_group": NonnegGroup, "box": Box, "nonneg": Box, "nuclear": Nuclear}
GROUPED = ("group_l2", "group_elastic_net", "sparse_group", "nonneg_group", "nuclear")


def make(spec, blocks, n):
    """The Term of an entry of `regularizers`; blocks: name -> (offset, shape)."""
    kind = spec.get("type")
    if kind not in MEMBERS:
        raise Unchecked(f"the regularizer '{kind}' has no mathematics here")
    block = spec.get("block") or next(iter(blocks))
    offset, shape = (0, (n,)) if block == "all" else blocks.get(block, (None, None))
    if shape is None:
        raise Unchecked(f"there is no block '{block}'")
    words = str(spec.get("groups") or "elements")
    weights = str(spec.get("group_weights") or ("sqrt_size" if kind in GROUPED else "one"))
    return MEMBERS[kind](spec, build(words, weights, offset, shape))
