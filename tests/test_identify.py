"""crease identify from outside: stochastic methods on a problem whose solution is a formula, what
the files say judged anew by NumPy from masks.h5, the trace and the reference, and the picture by
what it shows.

Ends with the counts "N passed, N failed, N skipped"; exit 77 (skipped) where NumPy, matplotlib,
h5py or the program is missing.
"""

import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))
PROGRAM = os.environ.get("CREASE_PROGRAM")
try:
    import h5py
    import numpy as np
    from matplotlib.image import imread
except ImportError as error:
    print(f"skipped: {error}\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)
if not PROGRAM:
    print("skipped: CREASE_PROGRAM does not name the program\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)

from crease import identify, run, style  # noqa: E402

LAMBDA, NOISE = 0.1, 3.0
EXPERIMENT = """
name: identified
problem: {type: least_squares, data: %s, bias: false, normalize: none}
regularizers: [{block: weight, type: l1, lambda: 0.1}]
schedule: {epochs: 40, batch: 8}
backend: cpu-f64
seeds: [1, 2]
observe:
  full_gradient_every: 1
  diagnostics: [identification, {type: reference, file: %s}, {type: surrogate, file: %s}]
algorithms: [{type: proxsgd, lr: 0.05}, {type: rmda, lr: 0.05}, {type: pg}]
"""


def make_problem(folder):
    """Rows in pairs, +-: f(w) = 1/2 |w - z|^2 + constant, its single rows' gradients noisy. The
    minimizer is z soft-thresholded."""
    rng = np.random.default_rng(3)
    z = np.concatenate([[1, -0.8, 0.6, 2], rng.uniform(-0.07, 0.07, 12)])
    rows = []
    for i, target in enumerate(z):
        for noise in (NOISE, -NOISE):
            rows.append(np.concatenate([4.0 * np.eye(16)[i], [4 * target + noise]]))
    path = folder / "data.csv"
    np.savetxt(path, rows, delimiter=",", fmt="%.17g")
    return path, z


def call(*arguments):
    words = [PROGRAM, *map(str, arguments)]
    result = subprocess.run(words, capture_output=True, text=True, timeout=600)
    return result.returncode, result.stdout, result.stderr


class Identify(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="crease-identify-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.environ["XDG_CACHE_HOME"] = str(cls.folder / "cache")
        data, cls.z = make_problem(cls.folder)
        cls.reference = cls.folder / "r.h5"
        cls.config = cls.folder / "e.yaml"
        cls.config.write_text(EXPERIMENT % (data, cls.reference, cls.reference))
        cls.results = cls.folder / "run"
        for words in (("reference", cls.config, "--out", cls.reference, "-q"),
                      ("run", cls.config, "--out", cls.results, "-q"),
                      ("identify", cls.results)):
            code, cls.out, err = call(*words)
            assert code == 0, (words, err)
        cls.verdicts = json.loads((cls.results / "identify.json").read_text())
        with open(cls.results / "trace.csv", newline="") as file:
            cls.trace = list(csv.DictReader(file))

    def rows(self, verdict):
        wanted = verdict["algorithm"], verdict["seed"]
        return [r for r in self.trace if (r["algorithm"], int(r["seed"])) == wanted]

    def masks(self, verdict):
        return self.results / f"{verdict['algorithm']}-{verdict['seed']}" / "masks.h5"

    def solution(self):
        return np.sign(self.z) * np.maximum(np.abs(self.z) - LAMBDA, 0)

    def read(self):
        return identify.read(str(self.results), str(self.results / "identify.json"))

    def test_the_reference_is_the_solution(self):
        with h5py.File(self.reference) as file:
            np.testing.assert_allclose(file["x"][:], self.solution(), atol=1e-13)
            np.testing.assert_array_equal(file["unit"][:] != 0, self.solution() != 0)
            live = file["unit"][:] != 0
            slack = LAMBDA - np.abs(self.z[~live])
            np.testing.assert_allclose(file["slack"][~live], slack, atol=1e-12)
            self.assertEqual(file.attrs["format"], b"crease reference 1")
            self.assertEqual(file.attrs["unique"], 1)

    def test_histories_are_those_of_the_masks(self):
        for verdict in self.verdicts["runs"]:
            with h5py.File(self.masks(verdict)) as file:
                live = file["signature_hat"][:] != 0
            truth = self.solution() != 0
            np.testing.assert_array_equal(verdict["false_zero"], (truth & ~live).sum(1))
            np.testing.assert_array_equal(verdict["false_live"], (live & ~truth).sum(1))
            wrong = np.flatnonzero((live != truth).any(1)) + 1
            self.assertEqual(verdict["last_exit_epoch"], wrong[-1] if len(wrong) else 0)
            right = np.flatnonzero((live == truth).all(1)) + 1
            self.assertEqual(verdict["first_hit_epoch"], right[0] if len(right) else None)

    def test_steps_are_those_of_the_trace(self):
        for verdict in self.verdicts["runs"]:
            rows = self.rows(verdict)
            steps = int(rows[-1]["step"]) // len(rows)
            self.assertTrue(verdict["every_step"])
            self.assertEqual(verdict["last_exit_step"], int(rows[-1]["last_exit_step"]))
            total = sum(int(r["steps_wrong_in_epoch"]) for r in rows)
            self.assertLessEqual(total, int(rows[-1]["last_exit_step"]))
            if verdict["kind"] == "identified":
                step = verdict["identified_step"]
                self.assertEqual(step, verdict["last_exit_step"] + 1)
                self.assertEqual(verdict["identified_epoch"], -(-step // steps))
                self.assertIn(f"(step {step})", verdict["verdict"])

    def test_who_identifies(self):
        """Constant steps of stochastic gradients do not; dual averages and full gradients do."""
        kinds = {(v["algorithm"], v["seed"]): v["kind"] for v in self.verdicts["runs"]}
        for seed in (1, 2):
            self.assertEqual(kinds["proxsgd", seed], "not identified")
            self.assertEqual(kinds["pg", seed], "identified")
            self.assertEqual(kinds["rmda", seed], "identified")

    def test_rates_are_least_squares(self):
        with h5py.File(self.reference) as file:
            best = float(file.attrs["objective"])
        for verdict in self.verdicts["runs"]:
            rate = verdict["objective_rate"]
            gap = np.array([float(r["objective"]) - best for r in self.rows(verdict)])
            gap /= 1 + abs(best)
            if rate["slope"] is None:
                self.assertTrue(rate["reason"])
                continue
            first = verdict["identified_epoch"] - 1
            noise = np.flatnonzero(gap[first:] <= 1e-12)
            last = first + noise[0] if len(noise) else len(gap)
            slope = np.polyfit(np.arange(first, last), np.log(gap[first:last]), 1)[0]
            self.assertAlmostEqual(rate["slope"], slope, places=8)
            self.assertEqual(rate["points"], last - first)

    def test_distances_and_suboptimality(self):
        for verdict in self.verdicts["runs"]:
            with h5py.File(self.masks(verdict)) as file:
                weight = file["weight"][:].ravel()
            last, x = self.rows(verdict)[-1], self.solution()
            live = x != 0
            on, off = np.linalg.norm((weight - x)[live]), np.linalg.norm(weight[~live])
            self.assertAlmostEqual(float(last["distance_on"]), on, places=12)
            self.assertAlmostEqual(float(last["distance_off"]), off, places=12)

            def objective(w):
                return 0.5 * np.sum((w - self.z) ** 2) + 0.5 * NOISE**2 + LAMBDA * np.abs(w).sum()
            gap = (objective(weight) - objective(x)) / (1 + objective(x))
            self.assertAlmostEqual(float(last["suboptimality"]), gap, places=12)

    def test_words(self):
        for verdict in self.verdicts["runs"]:
            self.assertIn(verdict["verdict"], self.out)
        self.assertIn("its gradient and residual are those of this problem", self.out)
        code, _, err = call("identify", self.results, "--no-plot", "-q", "--assert")
        self.assertEqual(code, 1)
        self.assertIn("2 of 6 runs have not identified", err)

    def test_the_same_without_the_diagnostic(self):
        """From masks.h5 and --reference alone: the same epochs, and no word of steps."""
        copy = self.folder / "bare"
        shutil.copytree(self.results, copy)
        for path in copy.glob("*/trace.csv"):
            with open(path, newline="") as file:
                rows = list(csv.DictReader(file))
            keep = ["algorithm", "seed", "epoch", "step", "objective"]
            with open(path, "w", newline="") as file:
                table = csv.DictWriter(file, keep, extrasaction="ignore", lineterminator="\n")
                table.writeheader()
                table.writerows(rows)
        code, out, err = call("identify", copy, "--no-plot", "--reference", self.reference)
        self.assertEqual(code, 0, err)
        bare = json.loads((copy / "identify.json").read_text())
        for a, b in zip(self.verdicts["runs"], bare["runs"]):
            self.assertEqual((a["kind"], a["last_exit_epoch"], a["false_live"]),
                             (b["kind"], b["last_exit_epoch"], b["false_live"]))
            self.assertFalse(b["every_step"])
        self.assertNotIn("(step", out)

    def test_resumed_runs_say_the_same(self):
        """An interruption changes no column of the diagnostics, those per step included."""
        again = self.folder / "again"
        process = subprocess.Popen([PROGRAM, "run", self.config, "--out", again, "-q"])
        first = again / "proxsgd-1" / "trace.csv"
        while process.poll() is None and not (first.exists() and first.read_text().count("\n") > 7):
            time.sleep(0.002)
        process.send_signal(2)
        process.wait(timeout=600)
        resume = ["--resume"] if again.exists() else []
        code, _, err = call("run", self.config, "--out", again, "-q", *resume)
        self.assertEqual(code, 0, err)
        with open(again / "trace.csv", newline="") as file:
            for a, b in zip(self.trace, csv.DictReader(file)):
                self.assertEqual({k: v for k, v in a.items() if not k.endswith("_s")},
                                 {k: v for k, v in b.items() if not k.endswith("_s")})

    def test_picture(self):
        image = imread(self.results / "identify.png")
        self.assertGreater(image.shape[1], 900)
        self.assertGreater(len(np.unique(image.reshape(-1, image.shape[2]), axis=0)), 50)
        data, judged, verdicts = self.read()
        figure = identify.draw(data, judged, verdicts)
        titles = [ax.get_title("left") or ax.get_title() for ax in figure.axes]
        self.assertIn(identify.PANELS["misfit"][0], titles)
        self.assertIn(identify.PANELS["surrogate_margin"][0], titles)
        misfit = figure.axes[0]
        self.assertEqual(misfit.get_yscale(), "symlog")
        for k, algorithm in enumerate(data.algorithms):
            runs = [v for v in self.verdicts["runs"] if v["algorithm"] == algorithm]
            units = np.mean([np.add(v["false_zero"], v["false_live"]) for v in runs], 0)
            drawn = next(line for line in misfit.lines if line.get_color() == style.COLOURS[k])
            np.testing.assert_allclose(drawn.get_ydata(), units)
        rings = [line for line in misfit.lines if line.get_markersize() == 8]
        when = sorted(max(v["identified_epoch"] for v in self.verdicts["runs"]
                          if v["algorithm"] == a) for a in ("rmda", "pg"))
        self.assertEqual(sorted(float(ring.get_xdata()[0]) for ring in rings), when)
        labels = [text.get_text() for text in figure.legends[0].get_texts()]
        self.assertEqual(labels, ["proxsgd: not identified", "rmda: identified 2 of 2",
                                  "pg: identified 2 of 2"])
        style.plt.close(figure)

    def test_picture_without_a_reference(self):
        data, judged, verdicts = self.read()
        alone = self.folder / "alone.json"
        runs = [{**r, "false_zero": [], "false_live": [], "every_step": False, "kind": "stable"}
                for r in judged["runs"]]
        alone.write_text(json.dumps({**judged, "reference": None, "runs": runs}))
        figure = identify.draw(*identify.read(str(self.results), str(alone)))
        titles = [ax.get_title("left") or ax.get_title() for ax in figure.axes]
        self.assertEqual(titles[-1], identify.PANELS["hamming"][0])
        self.assertNotIn(identify.PANELS["gap"][0], titles)
        style.plt.close(figure)
        broken = self.folder / "broken.json"
        broken.write_text("{")
        with self.assertRaises(run.RunError):
            identify.read(str(self.results), str(broken))


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)
