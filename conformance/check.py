#!/usr/bin/env python3
"""Judges the answers of any implementation to a conformance kit of proximal subproblems

    min_x  1/2 x'Dx - c'x + w Psi(x),    Psi(x) = scale psi(x) + ridge/2 |x|^2.

    python3 check.py KIT            judges the kit itself: do its answers attain its values, does no simple
                                    point beat them
    python3 check.py KIT ANSWERS    judges ANSWERS/<member>/x.npy, laid out as KIT/<member>/x.npy

Needs Python 3 and NumPy, nothing else: every psi is written out below, from its formula. README.md describes
the format. Exit status: 0 all good, 1 an answer fails, 2 the folders cannot be used.
"""

import argparse
import json
import pathlib
import sys

import numpy as np

FORMAT = "proximal conformance 1"


# --- the kit ----------------------------------------------------------------------

class Problem(Exception):
    """The folders cannot be used; the text says why."""


class Part:
    """What psi sees at once: a group; all groups where psi couples them; or, where psi is separable, all
    entries, each with its group's weight. `at` are the entries' positions."""

    noise = 1e-13  # what counts as zero beside the largest singular value; set by the width that is judged

    def __init__(self, case, at, weight, groups=None, weights=None):
        self.case, self.at, self.n = case, np.asarray(at, int), len(at)
        self.weight, self.groups, self.weights = weight, groups, weights

    def entries(self, name):
        """A setting for each entry of the part."""
        value = np.asarray(self.case.settings[name], float)
        return value[self.at] if value.ndim else np.full(self.n, value)

    def one(self, name):
        """A setting that is one number (or the same for the whole part)."""
        return float(np.ravel(self.entries(name))[0]) if self.n else 0.0

    def raw(self, name):
        return self.case.settings[name]


class Case:
    def __init__(self, member, row, c, d, x):
        self.member, self.id, self.n, self.w = member["name"], row["id"], row["n"], float(row["w"])
        self.separable, self.coupled = member["separable"], member["coupled"]
        self.span = slice(row["start"], row["start"] + row["n"])
        self.c, self.d, self.x = c[self.span], d[self.span], x[self.span]
        self.settings = {key: numbers(value) for key, value in row["settings"].items()}
        self.metric, self.value = row["metric"], float(row["value"])
        self.exact, self.unique = row["exact"], row["unique"]
        self.gap = np.inf if row["gap"] is None else float(row["gap"])
        self.groups = read_groups(row["groups"], self.n)
        self.weights = np.broadcast_to(numbers(row["weights"]), len(self.groups)).astype(float)
        self.parts = list(self.make_parts())

    def make_parts(self):
        if self.coupled:
            return [Part(self, np.arange(self.n), 1.0, self.groups, self.weights)]
        if self.separable:
            by_entry = np.ones(self.n)
            for at, weight in zip(self.groups, self.weights):
                by_entry[at] = weight
            return [Part(self, np.arange(self.n), by_entry)]
        return [Part(self, at, weight) for at, weight in zip(self.groups, self.weights)]


def numbers(value):
    """Numbers of the manifest, in which an infinity is the string "inf"; other settings as they are."""
    if isinstance(value, list):
        return np.array([float(v) for v in value])
    if isinstance(value, str) and value.lstrip("-") == "inf":
        return float(value)
    return value


def read_groups(layout, n):
    if isinstance(layout, list):
        return [np.array(group, int) for group in layout]
    size = {"elements": 1, "all": n}.get(layout) or int(layout.split(":")[1])
    return list(np.arange(n).reshape(-1, size))


def load(path):
    try:
        return np.load(path).astype(float).ravel()
    except (OSError, ValueError) as error:
        raise Problem(f"{path}: {error}") from error


def load_kit(folder):
    """The manifest and the cases of every member, in its order."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError) as error:
        raise Problem(f"{folder / 'manifest.json'}: {error}") from error
    if manifest.get("format") != FORMAT:
        raise Problem(f"{folder / 'manifest.json'}: the format is not '{FORMAT}'")
    kit = {}
    for member in manifest["members"]:
        arrays = [load(folder / member["name"] / f"{name}.npy") for name in "cdx"]
        kit[member["name"]] = [Case(member, row, *arrays) for row in member["cases"]]
    return manifest, kit


# --- psi ----------------------------------------------------------------------
# One function a member: psi(x) of a part, infinite outside the domain; or the pair (psi(x), by how much x
# violates a constraint, relative to the numbers in it). A separable psi gives an array, one number an entry.

PSI = {}
SLOW = {"latent_group"}  # psi is a minimum itself


def psi(*names):
    def register(function):
        PSI.update(dict.fromkeys(names, function))
        return function
    return register


def weigh(weight, value):
    """weight * value; an infinite weight forces the value 0."""
    return weight * value if value != 0 else 0.0


def size(x):
    return float(np.linalg.norm(x))


def evaluate(part, x):
    """Psi and violation; Psi an array for a separable psi."""
    result = PSI[part.case.member](x, part)
    value, violation = result if isinstance(result, tuple) else (result, 0.0)
    value = np.asarray(value, float)
    violation = float(np.max(violation)) if np.size(violation) else 0.0
    if not np.all(value < np.inf):
        violation, value = np.inf, np.where(value < np.inf, value, 0.0)
    if value.ndim and np.any(x[np.isinf(part.weight)] != 0):  # an infinite weight forces a separable psi too
        violation = np.inf
    ridge = 0.5 * part.case.settings["ridge"] * x * x
    return part.case.settings["scale"] * value + (ridge if value.ndim else ridge.sum()), violation


def beyond(excess, *sizes):
    """A violation relative to the numbers of the constraint."""
    scale = np.max(np.abs(np.broadcast_arrays(*sizes)), axis=0)
    against_zero = np.where(np.asarray(excess) > 0, np.inf, 0.0)
    return np.divide(np.maximum(excess, 0), scale, out=against_zero, where=scale > 0)


@psi("none")
def none(x, s):
    return np.zeros(s.n)


def slopes(s):
    """lambda_i of the members whose setting `weights` multiplies lambda entry by entry."""
    return s.entries("lambda") * s.entries("weights")


def mcp_of(t, slope, gamma):
    return np.where(t <= gamma * slope, slope * t - t * t / (2 * gamma), gamma * slope * slope / 2)


def scad_of(t, slope, a):
    middle = (2 * a * slope * t - t * t - slope * slope) / (2 * (a - 1))
    return np.where(t <= slope, slope * t, np.where(t <= a * slope, middle, slope * slope * (a + 1) / 2))


@psi("l1")
def l1(x, s):
    return slopes(s) * np.abs(x)


@psi("elastic_net")
def elastic_net(x, s):
    return slopes(s) * np.abs(x) + s.entries("tau") / 2 * x * x


@psi("l0")
def l0(x, s):
    return slopes(s) * (x != 0)


@psi("mcp")
def mcp(x, s):
    return mcp_of(np.abs(x), slopes(s), s.entries("gamma"))


@psi("scad")
def scad(x, s):
    return scad_of(np.abs(x), slopes(s), s.entries("a"))


@psi("capped_l1")
def capped_l1(x, s):
    return slopes(s) * np.minimum(np.abs(x), s.entries("theta"))


@psi("huber")
def huber(x, s):
    delta, t = s.entries("delta"), np.abs(x)
    return slopes(s) * np.where(t <= delta, t * t / (2 * delta), t - delta / 2)


@psi("quantize")
def quantize(x, s):
    return slopes(s) * np.abs(np.abs(x) - 1)


@psi("asymmetric_l1")
def asymmetric_l1(x, s):
    return s.entries("lambda_plus") * np.maximum(x, 0) + s.entries("lambda_minus") * np.maximum(-x, 0)


@psi("one_sided_l1")
def one_sided_l1(x, s):
    return slopes(s) * np.maximum(x if s.raw("sign") == "positive" else -x, 0)


@psi("lq")
def lq(x, s):
    return slopes(s) * np.abs(x) ** s.entries("q")


@psi("log_sum")
def log_sum(x, s):
    return slopes(s) * np.log1p(np.abs(x) / s.entries("epsilon"))


@psi("box")
def box(x, s):
    lower, upper = s.entries("lower"), s.entries("upper")
    return np.zeros(s.n), beyond(lower - x, lower) + beyond(x - upper, upper)


@psi("nonneg")
def nonneg(x, s):
    return np.zeros(s.n), np.where(x < 0, np.inf, 0)


@psi("group_l2")
def group_l2(x, s):
    return weigh(s.weight, s.one("lambda") * size(x))


@psi("sparse_group")
def sparse_group(x, s):
    return s.one("lambda1") * np.abs(x).sum() + weigh(s.weight, s.one("lambda2") * size(x))


@psi("group_elastic_net")
def group_elastic_net(x, s):
    return weigh(s.weight, s.one("lambda") * size(x)) + s.one("tau") / 2 * (x * x).sum()


@psi("nonneg_group")
def nonneg_group(x, s):
    return weigh(s.weight, s.one("lambda") * size(x)), np.inf if np.any(x < 0) else 0


@psi("group_mcp")
def group_mcp(x, s):
    return weigh(s.weight, mcp_of(size(x), s.one("lambda"), s.one("gamma")))


@psi("group_scad")
def group_scad(x, s):
    return weigh(s.weight, scad_of(size(x), s.one("lambda"), s.one("a")))


@psi("group_l0")
def group_l0(x, s):
    return weigh(s.weight, s.one("lambda") * np.any(x != 0))


@psi("simplex")
def simplex(x, s):
    a, rho = s.entries("a"), s.one("rho")
    return 0.0, max(abs(a @ x - rho) / rho, (np.maximum(-x, 0) * a).max() / rho)


@psi("l1_ball")
def l1_ball(x, s):
    return 0.0, beyond(s.entries("a") @ np.abs(x) - s.one("rho"), s.one("rho"))


@psi("l2_ball")
def l2_ball(x, s):
    return 0.0, beyond(size(x) - s.one("rho"), s.one("rho"))


@psi("linf_ball")
def linf_ball(x, s):
    bound = s.one("rho") * s.entries("a")
    return np.zeros(s.n), beyond(np.abs(x) - bound, bound)


@psi("tree_l2", "overlap_l2")
def overlap_l2(x, s):
    return sum(weigh(weight, s.one("lambda") * size(x[at])) for at, weight in zip(s.groups, s.weights))


@psi("latent_group")
def latent_group(x, s):
    """min sum lambda_g |v_g| over v_g on the groups with sum v_g = x; or max x'y over |y_g| <= lambda_g."""
    prices = s.one("lambda") * s.weights
    inside = np.array([np.isin(np.arange(s.n), at) for at in s.groups], float)
    free = inside[prices == 0].any(axis=0)
    paid = (prices > 0) & np.isfinite(prices)
    live = (x != 0) & ~free
    if np.any(live & ~inside[paid].any(axis=0)):
        return np.inf
    if not live.any():
        return 0.0
    length = size(x[live])
    return length * support_of_balls(x[live] / length, inside[np.ix_(paid, live)], prices[paid])


def support_of_balls(x, inside, radii):
    """max x'y over |y_g| <= radii_g, g the rows of inside, to 1e-12: follows the maximizer of
    t x'y + sum log(1 - |y_g|^2/radii_g^2) by Newton's method as t grows."""
    squares = inside / radii[:, None] ** 2
    y, t = np.zeros(len(x)), 1.0
    while t < 2e13:
        for _ in range(25):
            room = 1 - squares @ (y * y)
            slope = 2 * squares * y / room[:, None]
            gradient = t * x - slope.sum(axis=0)
            bend = slope.T @ slope + np.diag(2 * (squares / room[:, None]).sum(axis=0))
            step = np.linalg.solve(bend, gradient)
            decrement = gradient @ step
            length = 1.0 if decrement < 0.25 else 1 / (1 + np.sqrt(decrement))
            while np.any(squares @ (y + length * step) ** 2 >= 1):
                length *= 0.8
            y = y + length * step
            if decrement < 1e-6:
                break
        t *= 20
    return x @ y


@psi("group_linf")
def group_linf(x, s):
    return weigh(s.weight, s.one("lambda") * np.abs(x).max())


@psi("linf")
def linf(x, s):
    return weigh(s.weight, s.one("lambda") * (s.entries("a") * np.abs(x)).max())


@psi("slope")
def slope(x, s):
    return weigh(s.weight, slope_rates(s) @ np.sort(np.abs(x))[::-1])


def slope_rates(s):
    """What multiplies the largest magnitude, the next ..."""
    return s.one("lambda") * (s.entries("weights") + s.one("tilt") * np.arange(s.n - 1, -1, -1))


@psi("exclusive")
def exclusive(x, s):
    return weigh(s.weight, s.one("lambda") / 2 * (s.entries("a") @ np.abs(x)) ** 2)


@psi("ksupport")
def ksupport(x, s):
    """|x|^2 = min sum x_i^2/eta_i, 0 <= eta_i <= 1, sum eta_i <= k: 1 for the largest, the rest as |x_i|."""
    z, k = np.sort(np.abs(x))[::-1], int(s.raw("k"))
    square = (z * z).sum() if np.count_nonzero(z) <= k else np.inf
    for top in range(min(k, s.n)):
        rest = z[top:].sum()
        if z[top] * (k - top) <= rest:
            square = min(square, (z[:top] ** 2).sum() + rest * rest / (k - top))
    return weigh(s.weight, s.one("lambda") / 2 * square)


@psi("topk")
def topk(x, s):
    return 0.0, np.inf if np.count_nonzero(x) > s.raw("k") else 0


@psi("n_m_sparsity")
def n_m_sparsity(x, s):
    return 0.0, np.inf if (x.reshape(-1, int(s.raw("m"))) != 0).sum(axis=1).max() > s.raw("n") else 0


@psi("tv1d")
def tv1d(x, s):
    return weigh(s.weight, chain_edges(s) @ np.abs(np.diff(x)))


@psi("fused")
def fused(x, s):
    return weigh(s.weight, chain_edges(s) @ np.abs(np.diff(x)) + s.entries("mu") @ np.abs(x))


def chain_edges(s):
    """Factors of the jumps between neighbours; the last number of the setting has no edge."""
    return s.one("lambda") * s.entries("weights")[:-1]


@psi("isotonic")
def isotonic(x, s):
    steps = np.diff(x) * (-1 if s.raw("decreasing") else 1)
    return 0.0, beyond(-steps, np.abs(x[:-1]), np.abs(x[1:])).max(initial=0)


@psi("nuclear")
def nuclear(x, s):
    return weigh(s.weight, s.one("lambda") * singular_values(x, s).sum())


@psi("spectral_mcp")
def spectral_mcp(x, s):
    return weigh(s.weight, mcp_of(singular_values(x, s), s.one("lambda"), s.one("gamma")).sum())


@psi("nuclear_ball")
def nuclear_ball(x, s):
    return 0.0, beyond(singular_values(x, s).sum() - s.one("rho"), s.one("rho"))


@psi("rank")
def rank(x, s):
    sigma = singular_values(x, s)
    count, cap = int((sigma > s.noise * sigma[0]).sum()), int(s.raw("cap"))
    return weigh(s.weight, s.one("lambda") * count), np.inf if 0 < cap < count else 0


def singular_values(x, s):
    return np.linalg.svd(x.reshape(int(s.raw("rows")), -1), compute_uv=False)


# --- judging ----------------------------------------------------------------------

class Verdict:
    """What was found in one answer: `excess` and `distance` are relative, and `faults` say what is wrong."""

    def __init__(self):
        self.excess, self.distance, self.violation, self.faults = 0.0, 0.0, 0.0, []

    def fault(self, part, words):
        where = "" if len(part.case.parts) == 1 else f", entries {part.at.tolist()}"
        self.faults.append(f"{part.case.id} ({part.case.metric}{where}): {words}")


def objective(part, x):
    """The objective of a part, the sum of its terms' sizes, violation; by entry where psi is separable."""
    case = part.case
    penalty, violation = evaluate(part, x)
    square, linear = 0.5 * case.d[part.at] * x * x, case.c[part.at] * x
    smooth, sizes = square - linear, square + np.abs(linear)
    if not penalty.ndim:
        smooth, sizes = smooth.sum(), sizes.sum()
    return smooth + case.w * penalty, sizes + case.w * np.abs(penalty), violation


def relative(excess, terms):
    """Largest excess / terms, 0/0 being 0."""
    excess, terms = np.asarray(excess, float), np.asarray(terms, float)
    ratio = np.divide(excess, terms, out=np.zeros_like(terms), where=terms > 0)
    return float(np.max(ratio)) if np.size(ratio) else 0.0


def judge_objective(verdict, part, x, tolerance):
    value, terms, violation = objective(part, x)
    best, best_terms, _ = objective(part, part.case.x[part.at])
    verdict.violation = max(verdict.violation, violation)
    if violation > tolerance["feasible"]:
        verdict.fault(part, f"outside the domain by {violation:.1e}")
        return
    terms, excess = terms + best_terms, value - best
    slack = 0.0 if np.isinf(part.case.gap) else part.case.gap
    above, below = relative(excess - slack, terms), relative(-excess, terms)
    verdict.excess = max(verdict.excess, above)
    if above > tolerance["objective"]:
        verdict.fault(part, f"objective above the optimum by {above:.1e} of its terms")
    # An answer outside a constraint by no more than rounding may gain a little.
    if part.case.exact and below > 1e3 * (tolerance["objective"] + tolerance["feasible"]):
        verdict.fault(part, f"THE KIT IS WRONG: this answer is better by {below:.1e} of the terms")


def distance(part, x):
    """|D^(1/2) (x - expected)| / (|D^(-1/2) c| + |D^(1/2) expected|)."""
    c, root, expected = part.case.c[part.at], np.sqrt(part.case.d[part.at]), part.case.x[part.at]
    off, scale = size(root * (x - expected)), size(c / root) + size(root * expected)
    return off / scale if scale > 0 else (0.0 if off == 0 else np.inf)


def judge(case, x, tolerance):
    verdict = Verdict()
    for part in case.parts:
        answer = x[part.at]
        if not np.all(np.isfinite(answer)):
            verdict.fault(part, "not finite")
            continue
        if case.member in PSI:
            judge_objective(verdict, part, answer, tolerance)
        if case.unique:
            off = distance(part, answer)
            verdict.distance = max(verdict.distance, off)
            if off > tolerance["x"]:
                verdict.fault(part, f"away from the minimizer by {off:.1e}")
    return verdict


# --- judging the kit itself ----------------------------------------------------------------------

def simple_points(part):
    """Points that no minimizer may lose to: zero, no penalty, and the expected x a little changed."""
    case = part.case
    x, z = case.x[part.at], case.c[part.at] / case.d[part.at]
    yield np.zeros(part.n)
    yield z
    for factor in (0.5, 0.999, 1.001, 2.0):
        yield factor * x
    if case.separable:  # entry by entry, all at once
        yield from (-x, 0.99 * x + 0.01 * z, x - 1e-3 * z)
    if case.separable or case.member in SLOW:
        return
    for i in range(part.n):
        for value in (0.0, z[i], -x[i], 0.99 * x[i] + 0.01 * z[i], x[i] - 1e-3 * z[i]):
            changed = x.copy()
            changed[i] = value
            yield changed
        changed = x.copy()
        changed[[i, i - 1]] = changed[[i - 1, i]]
        yield changed


def check_value(verdict, case, tolerance):
    value = terms = 0.0
    for part in case.parts:
        if not np.all(np.isfinite(case.x[part.at])):
            return
        own, own_terms, _ = objective(part, case.x[part.at])
        value, terms = value + np.sum(own), terms + np.sum(own_terms)
    off = abs(value - case.value)
    if not off <= 10 * tolerance["objective"] * terms:
        verdict.faults.append(f"{case.id}: the value is {case.value:.17g} in the manifest, {value:.17g} at x")


def check_case(case, tolerance):
    """The expected answer as an answer, its value, and whether a simple point beats it."""
    verdict = judge(case, case.x, tolerance)
    if case.member not in PSI or verdict.faults:
        return verdict
    check_value(verdict, case, tolerance)
    slack = 0.0 if np.isinf(case.gap) else case.gap
    for part in case.parts if case.exact or np.isfinite(case.gap) else []:
        best, best_terms, _ = objective(part, case.x[part.at])
        for point in simple_points(part):
            value, terms, violation = objective(part, point)
            gain = relative(best - value - slack, terms + best_terms)
            if violation == 0 and gain > tolerance["objective"]:
                verdict.fault(part, f"THE KIT IS WRONG: x = {point.tolist()} is better by {gain:.1e}")
                break
    return verdict


# --- the report ----------------------------------------------------------------------

def read_skipped(folder):
    path = folder / "skip.txt"
    return set(path.read_text().split()) if path.exists() else set()


def judge_member(name, cases, answers, tolerance, wanted):
    """Verdicts by case; None where the answers lack the member."""
    if answers is None:
        return [check_case(case, tolerance) for case in cases if wanted(case)]
    path = answers / name / "x.npy"
    if not path.exists():
        return None
    x = load(path)
    expected = max((case.span.stop for case in cases), default=0)
    if len(x) != expected:
        raise Problem(f"{path}: {len(x)} numbers, the kit has {expected}")
    return [judge(case, x[case.span], tolerance) for case in cases if wanted(case)]


def report(name, verdicts, limit):
    faults = [fault for verdict in verdicts for fault in verdict.faults]
    failed = sum(bool(verdict.faults) for verdict in verdicts)
    excess = max((v.excess for v in verdicts), default=0.0)
    away = max((v.distance for v in verdicts), default=0.0)
    note = "" if name in PSI else "  psi unknown here: judged by distance alone"
    print(f"{name:<18} {len(verdicts):5} {excess:12.1e} {away:12.1e} {failed:7}{note}")
    for fault in faults[:limit]:
        print(f"  FAIL {fault}")
    if len(faults) > limit:
        print(f"  ... and {len(faults) - limit} more; --all prints them")
    return failed


def run(arguments):
    manifest, kit = load_kit(arguments.kit)
    tolerance = manifest["tolerance"]["float32" if arguments.float32 else "float64"]
    Part.noise = tolerance["noise"]
    unknown = set(arguments.member) - set(kit)
    if unknown:
        raise Problem(f"the kit has no member {', '.join(sorted(unknown))}; it has {', '.join(kit)}")
    skipped = read_skipped(arguments.answers) if arguments.answers else set()

    def wanted(case):
        return case.id not in skipped and (case.metric == "float32" or not arguments.float32)

    print(f"{'member':<18} {'cases':>5} {'worst excess':>12} {'worst dist.':>12} {'failed':>7}")
    total = failed = 0
    for name, cases in kit.items():
        if arguments.member and name not in arguments.member:
            continue
        verdicts = judge_member(name, cases, arguments.answers, tolerance, wanted)
        if verdicts is None:
            print(f"{name:<18} {'-':>5}  no answers")
            continue
        total += len(verdicts)
        failed += report(name, verdicts, 10**9 if arguments.all else 5)
    print(f"{total} cases, {failed} failed")
    if total == 0:
        raise Problem("nothing was judged")
    return 1 if failed else 0


def main(words=None):
    parser = argparse.ArgumentParser(description="Judges answers to a conformance kit, or the kit itself.")
    parser.add_argument("kit", type=pathlib.Path, metavar="KIT")
    parser.add_argument("answers", type=pathlib.Path, nargs="?", metavar="ANSWERS")
    parser.add_argument("--float32", action="store_true",
                        help="only the problems whose c, d and w are float32, with the tolerances of that width")
    parser.add_argument("--member", action="append", default=[], metavar="NAME", help="only this one")
    parser.add_argument("--all", action="store_true", help="print every failure")
    try:
        return run(parser.parse_args(words))
    except Problem as problem:
        print(f"check.py: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
