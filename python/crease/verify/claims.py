"""Claims and verdicts: what a run says of its last epoch, beside what the definitions give."""

from dataclasses import dataclass

import numpy as np

from . import Unchecked, gap, penalties

HOLDS, FAILS, UNCHECKED = "holds", "DOES NOT HOLD", "not checked"
ROUNDOFF = 2.0**-53
EXACT = 1e-15  # for shares: one division in double


@dataclass
class Claim:
    run: str
    figure: str
    claimed: object
    recomputed: object = None
    difference: float = None
    allowed: float = None
    verdict: str = UNCHECKED
    note: str = ""


@dataclass
class Figure:
    """A recomputed value; NaN: there is none."""

    value: object
    allowed: float = 0


def judge(run, name, claimed, figure, note=""):
    """Absent (null, NaN) agrees with absent alone."""
    value = float(figure.value)
    if claimed is None or np.isnan(value):
        holds = claimed is None and not np.isfinite(value)
        return Claim(run, name, claimed, value, None, figure.allowed, HOLDS if holds else FAILS, note)
    difference = abs(float(np.longdouble(claimed) - figure.value)) if np.isfinite(value) else np.inf
    holds = difference <= figure.allowed
    return Claim(run, name, claimed, value, difference, figure.allowed, HOLDS if holds else FAILS, note)


# --- structure: exact zeros, no data needed ----------------------------------------------------------


def share(part, whole):
    return part / whole if whole else np.nan


def sparsity(x, terms):
    dead = [term.dead(x) for term in terms]
    groups, entries = sum(len(d) for d in dead), sum(len(term.groups.entry) for term in terms)
    inside = sum(int(term.groups.size[d].sum()) for term, d in zip(terms, dead))
    return (share(np.count_nonzero(x == 0), len(x)), share(sum(int(d.sum()) for d in dead), groups),
            share(inside, entries))


def structure(x, hat, terms, masks):
    """{column: Figure}"""
    found = {}
    for suffix, point in ("", x), ("_hat", hat):
        for kind, value in zip(("unstructured", "structured", "weighted"), sparsity(point, terms)):
            found[f"sparsity{suffix}_{kind}"] = Figure(value, EXACT)
    if masks is None or "signature_hat" not in masks:
        return found
    history = masks["signature_hat"]
    changes = (history[1:] != history[:-1]).sum(axis=1)
    found["hamming"] = Figure(changes[-1] if len(changes) else np.nan)
    changed = np.flatnonzero(changes)
    found["last_change_epoch"] = Figure(changed[-1] + 2 if len(changed) else 1)
    return found


def signature(point, terms):
    for term in terms:
        if term.has_units and term.hidden:
            raise Unchecked(f"{term.name}: {term.hidden}")
    return np.concatenate([term.signature(point) for term in terms if term.has_units] or [np.zeros(0, int)])


def masks_claims(run, x, hat, terms, masks):
    """The last epoch's masks against the literal zeros of the final points."""
    found = []
    for name, point in ("signature", x), ("signature_hat", hat):
        try:
            ours, theirs = signature(point, terms), masks[name][-1]
            wrong = len(ours) if ours.shape != theirs.shape else int((ours != theirs).sum())
            found.append(Claim(run, f"{name} (live units)", int((theirs != 0).sum()), int((ours != 0).sum()), wrong, 0,
                               FAILS if wrong else HOLDS, f"{wrong} of {len(ours)} units differ" if wrong else ""))
        except Unchecked as reason:
            found.append(Claim(run, f"{name} (live units)", None, note=str(reason)))
    if "weight" in masks:
        theirs = masks["weight"].ravel()
        wrong = int((theirs != x[: len(theirs)]).sum())
        found.append(Claim(run, "weight in masks.h5", "", "", wrong, 0, FAILS if wrong else HOLDS,
                           f"{wrong} numbers differ from the checkpoint's" if wrong else ""))
    return found


# --- f and psi ---------------------------------------------------------------------------------------


def need_disjoint(terms, n):
    cover = np.zeros(n, dtype=int)
    for term in terms:
        np.add.at(cover, term.groups.entry, 1)
    if (cover > 1).any():
        raise Unchecked("several terms act on the same entries")
    return cover > 0


def psi(x, terms, wide):
    """The sum of the terms and what double arithmetic may lose of it."""
    value = sum((term.value(x.astype(wide)) for term in terms), wide(0))
    loss = (8 + np.sqrt(len(x))) * (64 if any(isinstance(t, penalties.Nuclear) for t in terms) else 1)
    return value, loss * ROUNDOFF * abs(float(value))


def least_subgradient(x, g, terms, wide):
    covered = need_disjoint(terms, len(x))
    square = sum((term.distance(x.astype(wide), g) ** 2 for term in terms), wide(0))
    return np.sqrt(square + (g[~covered] ** 2).sum())


def prox_gradient(x, g, terms, wide):
    covered = need_disjoint(terms, len(x))
    step = -g.copy()
    for term in terms:
        step[term.groups.entry] = term.prox(x.astype(wide) - g) - x[term.groups.entry]
    step[~covered] = -g[~covered]
    return np.sqrt((step**2).sum())


def stationarity(point, terms, wide):
    """The two Figures of a Point: both norms are 1-Lipschitz in the gradient."""
    x, g = point.x, point.gradient
    moved = float(np.linalg.norm(point.gradient_allowed))
    slack = 1e-12 if any(isinstance(t, penalties.Nuclear) for t in terms) else 256 * ROUNDOFF
    sizes = [float(np.linalg.norm(g.astype(float))), float(np.linalg.norm(x))]
    found = []
    for function in least_subgradient, prox_gradient:
        value = function(x, g, terms, wide)
        found.append(Figure(value, moved + slack * (sum(sizes) + float(value))))
    return found


def margins(point, terms, wide):
    """{column: Figure} of the columns that say how far the structure is from changing."""
    parts = []
    for term in terms:
        if term.has_units and term.hidden:
            raise Unchecked(f"{term.name}: {term.hidden}")
        if term.has_units:
            ridge = np.zeros(len(point.x), wide)
            ridge[term.groups.entry] = term.ridge * point.x[term.groups.entry]
            parts.append(term.margins(point.x.astype(wide), point.gradient + ridge, point.gradient_allowed))
    if not parts:
        raise Unchecked("no term has a structure")
    slack, size, moved = (np.concatenate(part) for part in zip(*parts))
    held = ~np.isnan(slack)
    moved = moved[held].astype(float) + 64 * ROUNDOFF * np.abs(np.where(np.isinf(slack[held]), 0, slack[held])) + 1e-15
    slack, live = slack[held], size[~np.isnan(size)]
    counts = [int((slack < offset).sum()) for offset in (-moved, 0, moved)]
    least = live.min() if len(live) else np.nan
    return {"margin_zero_min": Figure(slack.min() if len(slack) else np.nan, float(moved.max(initial=0))),
            "wrongly_zero": Figure(counts[1], max(counts[1] - counts[0], counts[2] - counts[1])),
            "margin_live_min": Figure(least, 64 * ROUNDOFF * float(least) if len(live) else 0)}


def smooth_figures(points, merit, terms, wide):
    """{column: Figure or the Unchecked that says why not} of x and hat, both Points."""
    x, hat = points
    found = {"loss": Figure(x.value, x.value_allowed)}
    value, lost = psi(x.x, terms, wide)
    found["objective"] = Figure(x.value + value, x.value_allowed + lost)
    if merit:
        found[merit[0]] = Figure(*merit[1:])

    def add(names, function, *arguments):
        try:
            figures = function(*arguments, terms, wide)
            found.update(figures if isinstance(figures, dict) else zip(names, figures))
        except Unchecked as reason:
            found.update({name: reason for name in names})

    add(("stationarity", "prox_gradient"), stationarity, x)
    add(("stationarity_hat", "prox_gradient_hat"), stationarity, hat)
    add(("margin_zero_min", "wrongly_zero", "margin_live_min"), margins, hat)
    return found


def established(model, pairs):
    """What holds whatever a run says, for each (Point, terms): F and a bound on F - min F."""
    wide = model.arithmetic.wide
    return [{"objective": float(p.value + psi(p.x, terms, wide)[0]), "gap": g.value, "reason": g.reason,
             "error": p.error}
            for (p, terms), g in zip(pairs, gap.gaps(model, pairs))]
