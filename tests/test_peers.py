"""Tests of bench/peers: the certificates against brute force, the runner without peers, Crease through its library.

Ends with the counts "N passed, N failed, N skipped"; exit 77 (skipped) where NumPy is missing.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "bench" / "peers"
sys.path.insert(0, str(PEERS))
try:
    import numpy as np
except ImportError as error:
    print(f"skipped: {error}\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)

import cases  # noqa: E402
import certificates  # noqa: E402
import clock  # noqa: E402
import crease_library  # noqa: E402
import report  # noqa: E402
import run  # noqa: E402

PROGRAM = os.environ.get("CREASE_PROGRAM")
LIBRARY = PROGRAM and crease_library.find(pathlib.Path(PROGRAM).parent / ".libs" / "libcrease.so")
if LIBRARY and b"__asan_init" in pathlib.Path(LIBRARY).read_bytes():
    LIBRARY = None  # Python cannot load a sanitized library
ABSENT = "adelie", "celer", "skglm", "sklearn", "pyproximal"


def draw(seed=1):
    return np.random.default_rng(seed)


class Losses(unittest.TestCase):
    def test_gradients(self):
        """Against central differences, and values against the formulas written out."""
        r = draw()
        X, w = r.standard_normal((7, 3)), r.standard_normal(3)
        y = np.where(r.random(7) < 0.5, -1.0, 1.0)
        value, _ = certificates.logistic(X, y, w)
        self.assertAlmostEqual(value, np.mean([np.log(1 + np.exp(-b * a.dot(w))) for a, b in zip(X, y)]), 14)
        self.check(certificates.logistic, X, y, w)
        classes, W = r.integers(0, 4, 7), r.standard_normal((4, 3))
        value, _ = certificates.softmax(X, classes, W.ravel())
        self.assertAlmostEqual(value, np.mean([-np.log(np.exp(W[k] @ a) / sum(np.exp(v @ a) for v in W))
                                               for a, k in zip(X, classes)]), 14)
        self.check(certificates.softmax, X, classes, W.ravel())

    def check(self, loss, X, y, w):
        h = 1e-5
        slopes = [(loss(X, y, w + h * e)[0] - loss(X, y, w - h * e)[0]) / (2 * h) for e in np.eye(len(w))]
        np.testing.assert_allclose(loss(X, y, w)[1], slopes, atol=1e-9)

    def test_extreme_margins(self):
        for w in (1e4, -1e4):
            value, gradient = certificates.logistic(np.ones((1, 1)), np.ones(1), np.array([w]))
            self.assertTrue(np.isfinite(value) and np.isfinite(gradient).all())
            self.assertAlmostEqual(value, max(0, -w), 9)


class Subgradients(unittest.TestCase):
    def least(self, w, gradient, weight):
        """Brute force in the plane: the least |gradient + s| over s in weight times the subdifferential of |w|."""
        angle = np.linspace(0, 2 * np.pi, 721)
        ring = np.stack([np.cos(angle), np.sin(angle)], 1)
        if w.any():
            return np.linalg.norm(gradient + weight * w / np.linalg.norm(w))
        disc = np.concatenate([weight * r * ring for r in np.linspace(0, 1, 201)])
        return np.min(np.linalg.norm(gradient + disc, axis=1))

    def test_groups(self):
        r, groups = draw(2), np.array([0, 1, 0, 1, 2, 2])
        for _ in range(20):
            w, gradient, lambdas = r.standard_normal(6), r.standard_normal(6), r.uniform(0.3, 2, 3)
            w[groups == r.integers(3)] = 0
            wanted = max(self.least(w[groups == g], gradient[groups == g], lambdas[g]) / lambdas[g] for g in range(3))
            self.assertAlmostEqual(certificates.subgradient(w, gradient, groups, lambdas), wanted, 2)

    def test_entries(self):
        for w, gradient, wanted in ((0, 0.5, 0), (0, -3, 0.5), (1, -2, 0), (1, 2, 2), (-4, 2, 0), (-4, 3, 0.5)):
            found = certificates.subgradient(np.array([float(w)]), np.array([float(gradient)]), np.zeros(1, int),
                                             np.array([2.0]))
            self.assertAlmostEqual(found, wanted, 15)

    def test_oracle(self):
        """Zero at the solution that bisection of |x| = s finds, large beside it."""
        r = draw(3)
        d, c = r.uniform(0.5, 3, 9), r.standard_normal(9)
        weight, low, high = 0.4 * np.linalg.norm(c), 0.0, 100.0
        for _ in range(200):
            s = (low + high) / 2
            low, high = (s, high) if np.linalg.norm(c / (d * s + weight)) > 1 else (low, s)
        x = s * c / (d * s + weight)
        self.assertLess(certificates.oracle(x, d, c, weight), 1e-14)
        self.assertGreater(certificates.oracle(1.01 * x, d, c, weight), 1e-4)
        self.assertEqual(certificates.oracle(0 * x, d, c, 2 * np.linalg.norm(c)), 0)
        self.assertAlmostEqual(certificates.oracle(0 * x, d, c, weight), 0.6, 14)

    def test_largest_lambda(self):
        """Zero is a solution from there on, and not below."""
        groups, gradient, weights = np.array([0, 0, 1]), np.array([3.0, 4, 1]), np.array([2.0, 0.1])
        largest = certificates.largest_lambda(gradient, groups, weights)
        self.assertEqual(largest, 10)
        for factor, stays in ((1, True), (0.999, False)):
            found = certificates.subgradient(np.zeros(3), gradient, groups, factor * largest * weights)
            self.assertEqual(found == 0, stays)


class Cases(unittest.TestCase):
    def test_planted(self):
        """A plain proximal-gradient method takes the certificate to rounding: problem and certificate fit."""
        with tempfile.TemporaryDirectory() as scratch:
            for name in ("planted-l1", "planted-groups", "planted-columns"):
                case = cases.load(name, "/nowhere", scratch)
                w, L = np.zeros(len(case.groups)), np.linalg.norm(case.X, 2) ** 2 / len(case.y) / 2
                for _ in range(3000):
                    u = w - certificates.LOSSES[case.loss](case.X, case.y, w)[1] / L
                    size = np.sqrt(np.bincount(case.groups, u * u))
                    w = np.maximum(1 - case.lambdas / L / size, 0)[case.groups] * u
                self.assertLess(case.certificate(w), 1e-9)
                self.assertGreater(case.certificate(1.1 * w), 1e-3)
                self.assertTrue((w == 0).any() and w.any())

    def test_libsvm(self):
        try:
            import scipy  # noqa: F401
        except ImportError:
            self.skipTest("SciPy is not installed")
        import gzip
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "x.gz"
            path.write_bytes(gzip.compress(b"+1 1:0.5 3:-2\n-1 2:1\n+1\n"))
            X, y = cases.libsvm(path)
            np.testing.assert_array_equal(X.toarray(), [[0.5, 0, -2], [0, 1, 0], [0, 0, 0]])
            np.testing.assert_array_equal(y, [1, -1, 1])


class Verdicts(unittest.TestCase):
    def test_judge(self):
        solve = {"tolerance": 1e-3, "seconds": 2.0, "certificate": 1e-4}
        good = [{**solve, "certificate": 1e-9, "seconds": s} for s in (3.0, 9.0, 4.0)]
        found = run.judge([solve, *good], None, 20)
        self.assertEqual((found["outcome"], found["seconds"], found["repeats"]), ("reached", 4.0, 3))
        for told, complaint, outcome in (([solve], "time", "cap"), ([{**solve, "seconds": 30}], None, "cap"),
                                         ([], "no such thing", "error"), ([solve], None, "short")):
            verdict = run.judge(told, complaint, 20)
            self.assertEqual(verdict["outcome"], outcome)
            self.assertNotIn("seconds", verdict)
        self.assertEqual(run.judge([solve, {**solve, "seconds": 30}], "time", 20)["above"], 30)
        for told, words in (([solve], "> 2 s"), ([], "not in time")):
            self.assertIn(words, report.line({"method": "x", **run.judge(told, "time", 20)}))

    def test_who_is_faster(self):
        def row(method, seconds):
            return {"case": "x", "method": method, "outcome": "reached", "seconds": seconds, "certificate": 1e-9}
        self.assertIn("adelie is 2.0 times as fast as crease a", report.verdict([row("crease a", 2), row("adelie", 1)]))
        self.assertIn("crease b is 5.0 times as fast as adelie",
                      report.verdict([row("crease a", 2), row("crease b", 1), row("adelie", 5)]))


class Clock(unittest.TestCase):
    def test_all_threads_count(self):
        """Hashing leaves Python's lock: two threads work at once, or in turns, and both are counted."""
        import hashlib
        import threading
        block = bytes(1 << 24)
        start = clock.now()
        other = threading.Thread(target=lambda: [hashlib.sha256(block) for _ in range(8)])
        other.start()
        other.join()
        self.assertGreater(clock.since(start), 0.5 * (time.process_time() - start[1]))


class Runner(unittest.TestCase):
    def run_without_peers(self, *arguments):
        """Modules that cannot be imported stand before those that may be installed."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ABSENT:
                (pathlib.Path(folder) / f"{name}.py").write_text("raise ImportError\n")
            path = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
            environment = {**os.environ, "PYTHONPATH": path}
            environment.pop("CREASE_LIBRARY", None)
            command = [sys.executable, "-B", str(PEERS / "run.py"), "--repeats", "1", *arguments]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for name in ABSENT:
                self.assertIn(f"{name} is not installed", done.stdout)
            return done.stdout

    def test_nothing_there(self):
        self.assertIn("crease is not found", self.run_without_peers("--data", "/nowhere"))

    @unittest.skipUnless(LIBRARY, "no shared library beside the program")
    def test_crease_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            table = pathlib.Path(folder) / "x.csv"
            out = self.run_without_peers("--library", LIBRARY, "--only", "planted-columns", "--csv", str(table))
            self.assertIn("only crease got there", out)
            lines = table.read_text().splitlines()
            self.assertEqual(lines[0].split(","), report.COLUMNS)
            self.assertTrue(any(line.startswith("planted-columns,crease fista,reached,") for line in lines))


@unittest.skipUnless(LIBRARY, "no shared library beside the program")
class Library(unittest.TestCase):
    def test_oracle(self):
        library, r = crease_library.Crease(LIBRARY), draw(5)
        for n in (1, 2, 77):
            for bare in (False, True):
                d, c = np.exp(r.uniform(-5, 5, n)), r.standard_normal(n)
                for share in (0.5, 1.5):
                    weight = share * float(np.linalg.norm(c))
                    call, x = library.oracle(d, c, weight, bare)
                    x[:] = 7
                    call()
                    self.assertLess(certificates.oracle(x, d, c, weight), 1e-14)
                    self.assertEqual(x.any(), share < 1)

    def test_descent(self):
        library = crease_library.Crease(LIBRARY)
        with tempfile.TemporaryDirectory() as scratch:
            for name in ("planted-l1", "planted-groups", "planted-columns"):
                case = cases.load(name, "/nowhere", scratch)
                for method in ("fista", "manifold_newton"):
                    _, w = library.descend(case, method, 1e-11)
                    self.assertLess(case.certificate(w), 1e-9, f"{method} on {name}")

    def test_sentences(self):
        library = crease_library.Crease(LIBRARY)
        with self.assertRaisesRegex(crease_library.CreaseError, "lambda"):
            library.regularizer("group_l2", -1)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)
