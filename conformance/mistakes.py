#!/usr/bin/env python3
"""Classic mistakes of proximal codes, as small implementations that answer a conformance kit.

    python3 mistakes.py KIT OUT     writes OUT/<mistake>/<member>/x.npy for every mistake
    python3 check.py KIT OUT/<mistake>      has to fail

None looks at the kit's answers. Each is right in the regime in which it is usually tried (a uniform metric,
short steps, numbers near 1), and wrong in some case of the kit. Needs NumPy.
"""

import pathlib
import sys

import numpy as np

import check

MISTAKES = {}


def mistake(member):
    """The docstring of the function says what is wrong with it; it maps a part to its answer."""
    def register(function):
        MISTAKES[function.__name__] = (member, function)
        return function
    return register


def problem(part):
    """c, d and w of a part, the settings that every psi has taken into the metric and into w."""
    case = part.case
    d = case.d[part.at] + case.w * case.settings["ridge"]
    return case.c[part.at], d, case.w * case.settings["scale"]


# --- building blocks, right in every metric -------------------------------------------------------

def soft(c, threshold):
    return np.sign(c) * np.maximum(np.abs(c) - threshold, 0)


def group_shrink(c, d, radius):
    """argmin 1/2 x'Dx - c'x + radius |x| by bisection for the length of x."""
    scale = np.abs(c).max() if len(c) else 0.0
    length = scale * np.linalg.norm(c / scale) if scale > 0 else 0.0
    if length <= radius:
        return np.zeros_like(c)
    low, high = 0.0, length / d.min()
    for _ in range(2200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if np.linalg.norm(c / (d * middle + radius)) > 1:
            low = middle
        else:
            high = middle
    return c * high / (d * high + radius)


def tv(c, d, jump):
    """argmin 1/2 x'Dx - c'x + sum jump_i |x_i+1 - x_i|: a run is constant, or split where that gains most."""
    x = np.zeros(len(c))

    def solve(first, end, pull_left, pull_right):
        own = c[first:end].copy()
        own[0] += pull_left
        own[-1] += pull_right
        level = own.sum() / d[first:end].sum()
        above = best_side(own - d[first:end] * level, jump[first:end - 1])
        if above.all() or not above.any():
            x[first:end] = level
            return
        cuts = [0, *(np.flatnonzero(np.diff(above)) + 1), end - first]
        for a, b in zip(cuts[:-1], cuts[1:]):
            left = pull_left if a == 0 else jump[first + a - 1] * (-1 if above[a] else 1)
            right = pull_right if first + b == end else jump[first + b - 1] * (-1 if above[a] else 1)
            solve(first + a, first + b, left, right)

    solve(0, len(c), 0.0, 0.0)
    return x


def best_side(gain, jump):
    """Which entries go up: maximizes the sum of their gains less the jumps between up and down."""
    score = np.array([0.0, gain[0]])
    came = []
    for i in range(1, len(gain)):
        change = score[::-1] - jump[i - 1]
        came.append(np.where(score >= change, [0, 1], [1, 0]))
        score = np.maximum(score, change) + [0.0, gain[i]]
    state = int(score[1] > score[0] + 1e-12 * np.abs(gain).sum())
    states = [state]
    for row in reversed(came):
        state = int(row[state])
        states.append(state)
    return np.array(states[::-1], bool)


# --- the mistakes ----------------------------------------------------------------------

@mistake("mcp")
def mcp_firm_everywhere(part):
    """Firm thresholding also where the step is gamma or longer: there it is not a minimizer at all."""
    c, d, w = problem(part)
    slope, gamma = check.slopes(part), part.entries("gamma")
    return firm(c, d, w * slope, w / gamma, gamma * slope)


def firm(c, d, slope, curvature, end):
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = np.where(d == curvature, np.sign(c) * end, soft(c, slope) / (d - curvature))
    return np.where(np.abs(c) <= slope, 0, np.where(np.abs(c) <= d * end, inner, c / d))


@mistake("mcp")
def mcp_one_regime(part):
    """Thresholds all entries firmly, or all hard, by the mean of d: each entry has its own regime."""
    c, d, w = problem(part)
    slope, gamma = check.slopes(part), part.entries("gamma")
    if d.mean() > w / gamma[0]:
        return firm(c, d, w * slope, w / gamma, gamma * slope)
    return np.where(c / d * c > w * gamma * slope * slope, c / d, 0)


@mistake("scad")
def scad_three_pieces(part):
    """The three pieces of the convex regime also where the step is a - 1 or longer."""
    c, d, w = problem(part)
    slope, a = check.slopes(part), part.entries("a")
    z = np.abs(c) / d
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.sign(c) * (np.abs(c) * (a - 1) - w * a * slope) / (d * (a - 1) - w)
    x = np.where(z <= slope + w * slope / d, soft(c, w * slope) / d, np.where(z <= a * slope, middle, c / d))
    return np.where(np.isfinite(x), x, c / d)


@mistake("log_sum")
def log_sum_by_discriminant(part):
    """The larger stationary point wherever there is one: it has to be compared with 0."""
    c, d, w = problem(part)
    slope, eps = w * check.slopes(part), part.entries("epsilon")
    z, mu = np.abs(c) / d, slope / d
    discriminant = (z + eps) ** 2 - 4 * mu
    root = (z - eps + np.sqrt(np.maximum(discriminant, 0))) / 2
    return np.sign(c) * np.where((discriminant >= 0) & (root > 0), root, 0)


@mistake("group_l2")
def group_l2_by_squares(part):
    """Bisection on squares that overflow or vanish: each comparison with NaN is false, and steers it."""
    c, d, w = problem(part)
    radius = w * part.weight * part.one("lambda")
    with np.errstate(all="ignore"):
        length = np.sqrt((c * c).sum())
        if length <= radius:
            return np.zeros_like(c)
        low, high = 0.0, length / d.min()
        for _ in range(200):
            middle = (low + high) / 2
            if (c * c / (d * middle + radius) ** 2).sum() > 1:
                low = middle
            else:
                high = middle
        return c * high / (d * high + radius)


@mistake("fused")
def fused_soft_after_tv(part):
    """Soft-thresholding of the total variation's answer: right for a uniform metric alone."""
    c, d, w = problem(part)
    x = tv(c, d, w * part.weight * check.chain_edges(part))
    return soft(x, w * part.weight * part.entries("mu") / d)


@mistake("slope")
def slope_sorted_first(part):
    """Sorts by |c|/d and pools adjacent violators: in a metric the answer need not be in that order."""
    c, d, w = problem(part)
    z = np.abs(c) / d
    order = np.argsort(-z, kind="stable")
    blocks = []
    for i, slope in zip(order, w * part.weight * check.slope_rates(part)):
        blocks.append([d[i] * z[i] - slope, d[i], [i]])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] <= blocks[-1][0] / blocks[-1][1]:
            top = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], top)]
    x = np.zeros_like(c)
    for total, weight, members in blocks:
        x[members] = max(total / weight, 0)
    return np.sign(c) * x


@mistake("tree_l2")
def tree_by_composition(part):
    """Shrinks group after group, from the leaves to the root: right where d is uniform in every child."""
    c, d, w = problem(part)
    x = c / d
    for k in sorted(range(len(part.groups)), key=lambda k: len(part.groups[k])):
        at, radius = part.groups[k], w * part.weights[k] * part.one("lambda")
        x[at] = group_shrink(d[at] * x[at], d[at], radius)
    return x


# --- answers ----------------------------------------------------------------------

def answer(cases, function):
    x = np.zeros(max((case.span.stop for case in cases), default=0))
    for case in cases:
        for part in case.parts:
            forced = np.isinf(np.broadcast_to(part.weight, part.n))  # to zero
            if not forced.all():
                x[part.at + case.span.start] = np.where(forced, 0, function(part))
    return x


def main():
    if len(sys.argv) != 3:
        print("usage: mistakes.py KIT OUT", file=sys.stderr)
        return 2
    try:
        _, kit = check.load_kit(pathlib.Path(sys.argv[1]))
    except check.Problem as problem_found:
        print(f"mistakes.py: {problem_found}", file=sys.stderr)
        return 2
    for name, (member, function) in MISTAKES.items():
        if member not in kit:
            continue
        folder = pathlib.Path(sys.argv[2]) / name / member
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "x.npy", answer(kit[member], function))
        print(f"{name:<24} {' '.join(function.__doc__.split())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
