"""python3 bench/peers/run.py: Crease and other packages on the same problems, on one thread.

Everything that is not installed is reported as such and left out. Each method on each problem runs in a process of its
own, which is ended when its time is over. A method's tolerance falls until the certificate of the answer, which one
NumPy function computes for all, is at most 1e-8; the time of that solve, repeated, is what counts.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"  # before NumPy is loaded

import argparse
import contextlib
import importlib.util
import json
import pathlib
import pickle
import resource
import signal
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

LEVEL = 1e-8
PACKAGES = "adelie", "celer", "skglm", "sklearn", "pyproximal", "scipy", "threadpoolctl", "numpy"


def parse(arguments):
    parser = argparse.ArgumentParser(prog="bench/peers/run.py", description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", metavar="NAME",
                        help="oracle, or the beginning of a problem's name (a9a-l1); may be given several times")
    parser.add_argument("--repeats", type=int, default=5, help="most solves at the tolerance that is needed; default 5")
    parser.add_argument("--seconds", type=float, default=5,
                        help="of the processor: a method ends whose solve takes longer and does not suffice; default 5")
    parser.add_argument("--data", default=os.environ.get("CREASE_DATA", "../shared/data"), help="folder of the data")
    parser.add_argument("--library", help="libcrease.so; default $CREASE_LIBRARY, ./.libs or ./build/.libs")
    parser.add_argument("--csv", help="also write the table there")
    parser.add_argument("--plot", help="draw it: a .png, .svg or .pdf")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def usable(package):
    """Installed, and can be imported."""
    if importlib.util.find_spec(package) is None:
        return False
    try:
        importlib.import_module(package)
    except Exception:  # a broken installation, whatever is wrong with it
        return False
    return True


def open_library(path):
    import crease_library
    found = crease_library.find(path)
    return crease_library.Crease(found) if found else None


# --- one method on one problem, in a process of its own ---------------------------------------------------

def work(job):
    """Print a line of JSON for every solve."""
    import methods
    method = methods.METHODS[job["method"]]
    library = open_library(job["library"]) if method.package == "crease" else None
    case = pickle.loads(pathlib.Path(job["case"]).read_bytes())
    with one_thread():
        solve = method.prepare(case, library)
        for tolerance in method.tolerances:
            seconds, w = solve(tolerance)
            certificate = case.certificate(w)
            tell(tolerance, seconds, certificate)
            is_late = seconds > job["seconds"] and tolerance != method.tolerances[0]  # which may compile what is left
            if certificate <= LEVEL or is_late:
                break
        spent = seconds
        for _ in range(job["repeats"] - 1 if certificate <= LEVEL else 0):
            if spent >= job["seconds"]:
                break
            seconds, w = solve(tolerance)
            spent += seconds
            tell(tolerance, seconds, case.certificate(w))


def tell(tolerance, seconds, certificate):
    print(json.dumps({"tolerance": tolerance, "seconds": seconds, "certificate": certificate}), flush=True)


def one_thread():
    """Threads of libraries that were loaded before the environment could tell them."""
    if importlib.util.find_spec("threadpoolctl") is None:
        return contextlib.nullcontext()
    from threadpoolctl import threadpool_limits
    return threadpool_limits(1)


def run_worker(job, limit):
    """What it told, and why it ended: None, "time" or the last line of its complaint. limit: whole seconds of the
    processor; of the clock, where it waits instead, many times that."""
    command = [sys.executable, "-B", __file__, "--worker", json.dumps(job)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20 * limit, check=False,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1)))
    except subprocess.TimeoutExpired as late:
        return lines_of((late.stdout or b"").decode()), "time"
    if done.returncode == 0:
        return lines_of(done.stdout), None
    if -done.returncode in (signal.SIGXCPU, signal.SIGKILL):
        return lines_of(done.stdout), "time"
    return lines_of(done.stdout), (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]


def lines_of(text):
    """Solves that were told whole."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]


def judge(told, complaint, seconds):
    """Outcome, and the numbers that go with it, of what a worker told. above: it takes longer than this last solve,
    which did not suffice; None: the first was not finished."""
    reached = [t for t in told if t["certificate"] <= LEVEL]
    if reached:
        return {"outcome": "reached", "seconds": statistics.median(t["seconds"] for t in reached),
                "certificate": reached[-1]["certificate"], "tolerance": reached[-1]["tolerance"],
                "repeats": len(reached)}
    best = min((t["certificate"] for t in told), default=None)
    if complaint == "time" or (told and told[-1]["seconds"] > seconds):
        return {"outcome": "cap", "certificate": best, "above": told[-1]["seconds"] if told else None}
    if complaint:
        return {"outcome": "error", "note": complaint, "certificate": best}
    return {"outcome": "short", "certificate": best}


# --- all of it -------------------------------------------------------------------------------------------

def chosen(name, options, by_default):
    return by_default if not options.only else any(name.startswith(o) for o in options.only)


def race(options, library, installed, scratch):
    """Rows of all problems, as they come."""
    import cases
    import methods
    for name, (*_, by_default) in cases.CASES.items():
        if not chosen(name, options, by_default):
            continue
        try:
            case = cases.load(name, options.data, scratch)
        except FileNotFoundError as missing:
            print(f"{name}: left out; no {missing.filename}")
            continue
        except ImportError as missing:
            print(f"{name}: left out; {missing.name} is not installed")
            continue
        file = pathlib.Path(scratch) / "case.pickle"
        file.write_bytes(pickle.dumps(case))
        for title, method in methods.METHODS.items():
            there = library if method.package == "crease" else method.package in installed
            if not there or not method.applies(case):
                continue
            job = {"case": str(file), "method": title, "library": library, "seconds": options.seconds,
                   "repeats": options.repeats}
            # Looser solves and repeats beside the longest solve
            limit = int(3 * options.seconds) + method.preparation
            verdict = judge(*run_worker(job, limit), options.seconds)
            yield {"case": name, "method": title, **verdict}


def main(arguments=None):
    options = parse(arguments)
    if options.worker:
        return work(json.loads(options.worker))
    if not usable("numpy"):
        print("not installed: numpy; there is nothing to compare with")
        return None
    import crease_library
    import report
    installed = {p for p in PACKAGES if usable(p)}
    library = crease_library.find(options.library)
    report.header(library, PACKAGES, installed)
    rows = []
    with tempfile.TemporaryDirectory() as scratch, one_thread():
        if chosen("oracle", options, True):
            import oracles
            if library or "adelie" in installed:
                found = oracles.measure(open_library(library), "adelie" in installed, options.repeats)
                rows += report.show(found)
        rows += report.show(race(options, library, installed, scratch))
    if options.csv:
        report.write(options.csv, rows)
    if options.plot and rows:
        report.draw(options.plot, rows)
    return None


if __name__ == "__main__":
    sys.exit(main())
