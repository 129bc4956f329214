"""A duality gap: F(x) - min F <= F(x) + D(u), with nothing assumed about x.

With z = X w + b, v = -1/n sum_i u_i (x_i, 1) and h = psi + ridge/2 |w|^2, Fenchel's duality says
    min F >= -1/n sum_i l*(u_i) - h*(v)      for every u.
u are the slopes of the losses at x, made feasible. An intercept that nothing penalizes asks for sum_i u_i =
0: they are taken where b is best for this w and what rounding leaves is spread over the rows. A norm asks
for v in its dual ball: u is scaled into it, which keeps it in the domain of l* since that holds 0."""

from dataclasses import dataclass

import numpy as np

from . import Unchecked


@dataclass
class Gap:
    value: float  # infinite: no feasible dual point was built
    reason: str = ""


class Job:
    """A Point with the terms that make psi there; dual stays None where there is no bound, for `reason`."""

    def __init__(self, model, point, terms):
        self.model, self.point, self.terms = model, point, terms
        self.dual, self.reason = None, ""
        try:
            self._prepare()
        except Unchecked as reason:
            self.reason = str(reason)

    def _prepare(self):
        model, loss = self.model, self.model.loss
        if not loss.convex:
            raise Unchecked("f is not convex")
        self.cover = coverage(model, self.terms)
        self.ridges = [group_ridge(model, term) for term in self.terms]
        if (self.cover[: model.weights] == 0).any() and model.ridge == 0:
            raise Unchecked("weights without a penalty: the slopes would have to vanish exactly")
        y = model.data.train.target
        self.y = model.arithmetic(y) if y.dtype.kind == "f" else y
        self.dual = dual_point(loss, self.point, self.y, model.bias and not self.cover[model.weights:].any())
        if self.dual is None:
            raise Unchecked("no balanced dual point was found")

    def finish(self, v):
        return finish(self.model, self.point, self.terms, self.ridges, self.cover, self.dual, self.y, v)


def gaps(model, pairs):
    """A Gap for each (Point, terms), in one more pass over the data."""
    jobs = [Job(model, *pair) for pair in pairs]
    found = [job.dual for job in jobs if job.dual is not None]
    pulled = iter(model.pull(found)[0] if found else [])
    rows = model.data.train.rows
    return [Gap(np.inf, job.reason) if job.dual is None else job.finish(-next(pulled) / rows) for job in jobs]


def coverage(model, terms):
    cover = np.zeros(model.n, dtype=int)
    for term in terms:
        np.add.at(cover, term.groups.entry, 1)
    if (cover > 1).any():
        raise Unchecked("several terms act on the same entries")
    return cover


def group_ridge(model, term):
    """The ridge of f and of psi together, by group."""
    of_f = np.where(term.groups.entry < model.weights, model.ridge, 0.0)
    highest, lowest = np.zeros(term.groups.count), np.full(term.groups.count, np.inf)
    np.maximum.at(highest, term.groups.of, of_f)
    np.minimum.at(lowest, term.groups.of, of_f)
    if (highest != lowest).any():
        raise Unchecked("a group has entries with a ridge and others without")
    return term.ridge + highest


def dual_point(loss, point, y, free):
    if not free:
        return point.slopes
    return loss.balance(loss.slope(point.z + loss.center(point.z, y), y), y)


def finish(model, point, terms, ridges, cover, u, y, v):
    unit = model.arithmetic.unit
    s = min([1.0] + [term.largest_scale(term.take(v)) for term, ridge in zip(terms, ridges) if (ridge == 0).any()])
    s = s * (1 - 8 * unit) if s < 1 else s
    conjugates = model.loss.conjugate(s * u, y)
    loose = np.flatnonzero(cover[: model.weights] == 0)
    h = sum(term.conjugate(s * term.take(v), ridge) for term, ridge in zip(terms, ridges))
    h = h + ((s * v[loose]) ** 2).sum() / (2 * model.ridge if model.ridge else 1)
    if not np.isfinite(float(h)):
        return Gap(np.inf, "the dual point lies outside the domain of psi*")
    psi = sum(term.value(point.x.astype(model.arithmetic.wide)) for term in terms)
    gap = float(point.value + psi + conjugates.mean() + h)
    size = float(np.abs(conjugates).mean() + abs(point.value) + abs(psi) + abs(h))
    return Gap(max(gap, 0.0) + 64 * unit * size + 2 * point.error)
