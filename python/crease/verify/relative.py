"""`relative: r` in a term: its scale is r times the least one at which the term's entries are all zero. That is found
anew: the intercepts that minimize f alone, the gradient there, and the largest dual norm of a part of it."""

import numpy as np

from . import Unchecked


def intercepts(model):
    """The minimizer of f over the intercepts, all weights zero."""
    y, kind = model.data.train.target, model.loss.__class__.__name__
    if not model.bias:
        return np.zeros(0)
    if kind == "LeastSquares":
        return np.array([y.astype(np.longdouble).mean()], dtype=float)
    if kind == "Logistic":
        return np.array([np.log((y > 0).sum() / (y < 0).sum())])
    if kind == "Softmax":
        return np.log(np.bincount(y, minlength=model.outputs) / len(y))
    raise Unchecked("a relative scale is not recomputed for this loss with an intercept")


def dual_norm(term, g):
    """The least s with g in s dpsi(0), for penalties that are one norm."""
    ball, box = term.ball.astype(float), term.box.astype(float)
    v = np.asarray(term.take(g), dtype=float)
    if (ball > 0).all() and not box.any():
        return (term.groups.norms(v) / ball).max()
    if (box > 0).all() and not ball.any():
        return (np.abs(v) / box).max()
    raise Unchecked(f"{term.name}: a relative scale is not recomputed for it")


def resolve(specs, model, make):
    """The specs with the scales that they imply; make: a Term from a spec."""
    if not any(spec.get("relative", 0) for spec in specs):
        return specs
    if model is None or len(specs) != 1:
        raise Unchecked("the scale that `relative` stands for cannot be recomputed")
    plain = {k: v for k, v in specs[0].items() if k not in ("relative", "scale")}
    term = make(plain)
    if not hasattr(term, "box"):
        raise Unchecked(f"{term.name}: a relative scale is not recomputed for it")
    x = np.zeros(model.n)
    x[model.weights:] = intercepts(model)
    point, = model.evaluate([x])
    return [{**plain, "scale": float(specs[0]["relative"] * dual_norm(term, point.gradient))}]
