"""The oracle  min 1/2 x'Dx - c'x + lambda |x|_2  in a diagonal metric: Crease's against adelie's root finders.

Both are called from Python on the same arrays; what the same call costs at one entry, measured in the same turns, is
subtracted. adelie's tolerance falls until the residual, computed by certificates.oracle for both, is at most LEVEL.
"crease exact" is crease_solver_solve, which checks its input and makes and frees its work space, as adelie does;
"crease kernel" is what algorithms call, with a work space of their own.
"""

import statistics

import numpy as np

import certificates
import clock

LEVEL = 1e-12
SIZES = 100, 1000, 10000, 100000, 1000000
SPREADS = 1e1, 1e8  # largest over smallest diagonal entry
SOLVERS = "newton_abs", "newton", "newton_brent"
BATCH_S = 0.004
HIDDEN = 1.1  # a call that takes less than this times its overhead says nothing of the solver


def make(n, spread):
    draw = np.random.default_rng(n)
    d = np.exp(np.log(spread) * draw.uniform(-0.5, 0.5, n))
    c = draw.standard_normal(n)
    return d, c, 0.5 * float(np.linalg.norm(c))


def batch(call):
    """How many calls take BATCH_S together."""
    calls = 1
    while seconds_of(call, calls) * calls < BATCH_S:
        calls *= 2
    return calls


def seconds_of(call, calls):
    """Of one of them."""
    start = clock.now()
    for _ in range(calls):
        call()
    return clock.since(start) / calls


def medians(calls_of, repeats):
    """Seconds of one call each, in turns."""
    sizes = {name: batch(call) for name, call in calls_of.items()}
    times = {name: [] for name in calls_of}
    for _ in range(repeats):
        for name, call in calls_of.items():
            times[name].append(seconds_of(call, sizes[name]))
    return {name: statistics.median(v) for name, v in times.items()}


def adelie_call(solver, d, c, weight):
    """A call at the loosest tolerance that reaches LEVEL, and its residual; None where none does."""
    import adelie
    best = np.inf
    for k in range(6, 16):
        def call(tolerance=10.0**-k):
            return adelie.bcd.solve(quad=d, linear=c, l1=weight, l2=0.0, tol=tolerance, solver=solver)
        best = min(best, certificates.oracle(call()["beta"], d, c, weight))
        if best <= LEVEL:
            return call, best
    return None, best


def contenders(d, c, weight, library, with_adelie):
    """{name: (call or None, residual)}"""
    found = {}
    for name in ("exact", "kernel") if library else ():
        call, x = library.oracle(d, c, weight, name == "kernel")
        call()
        found["crease " + name] = call, certificates.oracle(x, d, c, weight)
    for solver in SOLVERS if with_adelie else ():
        found["adelie " + solver] = adelie_call(solver, d, c, weight)
    return found


def measure(library, with_adelie, repeats):
    """Rows as the report wants them."""
    tiny = contenders(np.ones(1), np.full(1, 2.0), 1.0, library, with_adelie)
    for spread in SPREADS:
        for n in SIZES:
            found = contenders(*make(n, spread), library, with_adelie)
            calls = {name: call for name, (call, residual) in found.items() if call and residual <= LEVEL}
            calls.update({"overhead of " + name: tiny[name][0] for name in found})
            times = medians(calls, repeats)
            for name, (_, residual) in found.items():
                row = {"case": f"oracle n={n} spread={spread:g}", "method": name, "certificate": residual}
                yield {**row, **outcome(times.get(name), times["overhead of " + name]), "repeats": repeats}


def outcome(seconds, overhead):
    if seconds is None:
        return {"outcome": "short"}
    if seconds < HIDDEN * overhead:
        return {"outcome": "hidden"}
    return {"outcome": "reached", "seconds": seconds - overhead}
