"""Tests of crease verify: runs on small data written here hold in every figure that can be recomputed, and a change
of one number is found and nothing else is.

Ends with the counts "N passed, N failed, N skipped"; exit 77 (skipped) as verify_support.py says.
"""

import contextlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from verify_support import CASES, EXPERIMENT, HISTORY, PROGRAM, Scratch, crease, finish, run_case, seal  # noqa: E402

import h5py  # noqa: E402
import numpy as np  # noqa: E402
from crease.verify import __main__, arithmetic, references, runs  # noqa: E402


def call(*arguments):
    """Exit code, stdout and stderr of the command inside this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = __main__.main([str(a) for a in arguments])
        except SystemExit as stop:
            code = stop.code
    return code, out.getvalue(), err.getvalue()


class Honest(Scratch):
    """What crease run writes holds."""

    def check_case(self, case, backend):
        folder = run_case(self.data, self.scratch / f"{case}-{backend}", case, backend)
        checked, found = self.verify(folder)
        wrong = [c for c in found if c.verdict == "DOES NOT HOLD"]
        self.assertEqual(wrong, [], case)
        unchecked = {c.figure for c in found if c.verdict == "not checked"} - HISTORY
        hidden = {"signature (live units)", "signature_hat (live units)", "margin_zero_min", "wrongly_zero",
                  "margin_live_min"}
        allowed = {"low-rank": hidden, "none": {"margin_zero_min", "wrongly_zero", "margin_live_min", "hamming",
                                                "last_change_epoch"}}.get(case, set())
        self.assertLessEqual(unchecked, allowed, [(c.figure, c.note) for c in found if c.figure in unchecked])
        for claim in found:
            if claim.figure in ("loss", "objective") and backend == "cpu-f64":
                self.assertLess(claim.allowed, 1e-12 * max(1, abs(claim.claimed)), case)
        return checked

    def test_every_problem_and_penalty_in_double(self):
        for case in CASES:
            with self.subTest(case):
                checked = self.check_case(case, "cpu-f64")
                for pair in checked.established.values():
                    for entry in pair:
                        known = np.isfinite(entry["gap"])
                        self.assertEqual(known, case not in ("sigmoid", "poisson"), (case, entry))

    def test_float_runs_hold_within_what_float_allows(self):
        for case in ("lasso", "svm", "softmax", "images", "low-rank"):
            with self.subTest(case):
                self.check_case(case, "cpu-f32")

    def test_as_a_command(self):
        folder = run_case(self.data, self.scratch / "command", "softmax")
        report = self.scratch / "report.json"
        done = crease("verify", folder, "--json", report)
        self.assertRegex(done.stdout, r"(?m)^\s+loss +[\d.]+ +[\d.]+ .* holds$")
        self.assertIn("80-bit numbers" if np.finfo(np.longdouble).nmant == 63 else "bit numbers", done.stdout)
        content = json.loads(report.read_text())
        self.assertEqual(content["verdict"], "holds")
        self.assertEqual({c["run"] for c in content["claims"]}, {"proxsgd-1", "rmda-1"})
        self.assertEqual(crease("verify", self.scratch / "nothing", status=2).stdout, "")

    def test_algorithms_with_regularizers_of_their_own(self):
        folder = self.scratch / "own"
        text = EXPERIMENT.format(backend="cpu-f64", problem="type: logistic, data: signs.txt", lr=0.1,
                                 terms="  - {type: l1, lambda: 0.01}")
        text += ("  - {type: proxsgd, label: other, lr: 0.1, "
                 "regularizers: [{type: group_l2, lambda: 0.1, groups: 'size:6'}]}\n")
        (self.scratch / "own.yaml").write_text(text)
        crease("run", self.scratch / "own.yaml", "--data", self.data, "--out", folder, "--quiet")
        _, found = self.verify(folder)
        self.assertEqual({c.run for c in found}, {"proxsgd-1", "rmda-1", "other-1"})
        self.assertFalse([c for c in found if c.verdict == "DOES NOT HOLD"])

    def test_members_without_mathematics_here_are_named(self):
        folder = self.scratch / "named"
        text = EXPERIMENT.format(backend="cpu-f64", problem="type: logistic, data: signs.txt", lr=0.1,
                                 terms="  - {type: mcp}")
        (self.scratch / "named.yaml").write_text(text)
        crease("run", self.scratch / "named.yaml", "--data", self.data, "--out", folder, "--quiet")
        _, found = self.verify(folder)
        loss = next(c for c in found if c.figure == "objective")
        self.assertEqual((loss.verdict, loss.note), ("not checked", "the regularizer 'mcp' has no mathematics here"))

    def test_machines_without_a_wider_type(self):
        folder = run_case(self.data, self.scratch / "narrow", "lasso")
        checked = runs.Folder(str(folder), str(self.data), arithmetic.Arithmetic(np.float64))
        self.assertEqual([c for c in checked.check() if c.verdict == "DOES NOT HOLD"], [])
        self.assertIn("53-bit", checked.arithmetic.describe())

    def test_data_that_are_gone(self):
        folder = run_case(self.data, self.scratch / "gone", "svm")
        (folder / "summary.json").unlink()
        _, found = self.verify(folder, self.scratch)
        verdicts = {c.figure: c.verdict for c in found if c.run == "rmda-1"}
        self.assertEqual(verdicts["loss"], "not checked")
        self.assertEqual(verdicts["sparsity_hat_weighted"], "holds")
        self.assertEqual(verdicts["signature_hat (live units)"], "holds")


class Tampered(Scratch):
    """One change, and exactly the claims that speak of it fail."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = run_case(cls.data, cls.scratch / "honest", "logistic")

    def copy(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.scratch)) / "run"
        shutil.copytree(self.folder, folder)
        return folder

    def failures(self, folder, data=None, run="rmda-1"):
        _, found = self.verify(folder, data)
        self.assertEqual([c.run for c in found if c.verdict == "DOES NOT HOLD" and c.run != run], [])
        return {c.figure for c in found if c.verdict == "DOES NOT HOLD"}

    def change(self, folder, file, name, function, sealed=True):
        path = folder / "rmda-1" / file
        with h5py.File(path, "r+") as h5:
            values = h5[name][()]
            function(values)
            h5[name][...] = values
        if sealed:
            seal(path)

    def change_result(self, folder, name, value):
        for path in folder / "rmda-1" / "result.json", folder / "summary.json":
            content = json.loads(path.read_text())
            entry = content if path.name == "result.json" else next(
                r for r in content["runs"] if r["algorithm"] == "rmda")
            entry["final"][name] = value
            path.write_text(json.dumps(content))

    def test_nothing_changed(self):
        self.assertEqual(self.failures(self.copy()), set())

    def test_each_figure_of_the_result(self):
        final = json.loads((self.folder / "rmda-1" / "result.json").read_text())["final"]
        self.assertNotIn(None, final.values())
        for name, value in final.items():
            folder = self.copy()
            # one unit for counts, a billionth for what is measured
            whole = name in ("epoch", "step", "stage", "hamming", "last_change_epoch", "wrongly_zero")
            self.change_result(folder, name, value + 1 if whole or value == 0 else value * (1 + 1e-9))
            self.assertEqual(self.failures(folder), {name}, name)

    def test_a_figure_taken_away_or_invented(self):
        folder = self.copy()
        self.change_result(folder, "margin_zero_min", None)
        self.assertEqual(self.failures(folder), {"margin_zero_min"})
        self.change_result(folder, "margin_zero_min", float("nan"))
        self.assertIn("margin_zero_min", self.failures(folder))

    def test_the_result_against_its_copies(self):
        folder = self.copy()
        path = folder / "rmda-1" / "result.json"
        content = json.loads(path.read_text())
        content["final"]["train_s"] *= 0.5
        path.write_text(json.dumps(content))
        self.assertEqual(self.failures(folder), {"train_s", "summary.json"})

    def test_one_number_of_x(self):
        folder = self.copy()

        def shift(x):
            x[np.flatnonzero(x)[0]] *= 1 + 1e-7

        self.change(folder, "checkpoint.h5", "x", shift)
        self.assertEqual(self.failures(folder),
                         {"loss", "objective", "stationarity", "prox_gradient", "weight in masks.h5"})

    def test_one_number_of_hat(self):
        folder = self.copy()

        def wake(hat):
            hat[np.flatnonzero(hat == 0)[0]] = 1e-300

        self.change(folder, "checkpoint.h5", "hat", wake)
        failures = self.failures(folder)
        self.assertLessEqual({"sparsity_hat_unstructured", "sparsity_hat_structured", "sparsity_hat_weighted",
                              "signature_hat (live units)"}, failures)
        self.assertFalse(failures & {"loss", "objective", "sparsity_weighted", "signature (live units)"})

    def test_one_mask_bit(self):
        def flip(mask):
            mask[-1, 0] ^= 1

        folder = self.copy()
        self.change(folder, "masks.h5", "signature", flip)
        self.assertEqual(self.failures(folder), {"signature (live units)"})
        folder = self.copy()
        self.change(folder, "masks.h5", "signature", flip, sealed=False)
        self.assertEqual(self.failures(folder), {"signature (live units)", "checksum of masks.h5"})

    def test_an_earlier_mask(self):
        folder = self.copy()
        self.change(folder, "masks.h5", "signature_hat", lambda mask: mask.__setitem__((-2, 0), 1 ^ mask[-2, 0]))
        self.assertLessEqual(self.failures(folder), {"hamming", "last_change_epoch"})
        self.assertTrue(self.failures(folder))

    def test_the_configuration(self):
        folder = self.copy()
        text = (folder / "config.yaml").read_text()
        (folder / "config.yaml").write_text(text.replace("lambda: 0.12", "lambda: 0.1200001"))
        _, found = self.verify(folder)
        failures = {c.figure for c in found if c.verdict == "DOES NOT HOLD" and c.run == "rmda-1"}
        self.assertLessEqual({"configuration", "objective", "stationarity_hat"}, failures)
        self.assertFalse(failures & {"loss", "sparsity_weighted"})

    def test_the_data(self):
        other = pathlib.Path(tempfile.mkdtemp(dir=self.scratch))
        shutil.copytree(self.data, other / "data")
        lines = (other / "data" / "signs.txt").read_text().split("\n")
        first, rest = lines[5].split(" ", 1)
        lines[5] = f"{1 - int(first)} {rest}"
        (other / "data" / "signs.txt").write_text("\n".join(lines))
        _, found = self.verify(self.folder, other / "data")
        failures = {c.figure for c in found if c.verdict == "DOES NOT HOLD"}
        self.assertLessEqual({"loss", "objective", "stationarity"}, failures)
        self.assertFalse(failures & {"test_accuracy", "sparsity_weighted", "signature (live units)"})

    def test_exit_status(self):
        folder = self.copy()
        self.change_result(folder, "loss", 0.1)
        code, out, _ = call(folder, "--data", self.data)
        self.assertEqual(code, 1)
        self.assertRegex(out, r"(?m)^\s+loss .*DOES NOT HOLD$")
        (folder / "rmda-1" / "checkpoint.h5").write_bytes(b"no HDF5")
        code, _, err = call(folder, "--data", self.data)
        self.assertEqual((code, err.count("\n")), (2, 1), err)
        self.assertEqual(call(folder / "config.yaml")[0], 2)
        self.assertEqual(call()[0], 2)


# what a unit that is called tight without being so is behind
MEANT = {"degenerate", "least_eigenvalue", "largest_eigenvalue"}


class References(Scratch):
    """Certified optima."""

    PROBLEMS = {
        "lasso": ("least_squares", "data: numbers.csv, normalize: standard", "{type: l1, lambda: 0.3}"),
        "logistic": ("logistic", "data: signs.txt", "{type: group_l2, lambda: 0.03, groups: 'size:2'}"),
        "svm": ("svm_squared_hinge", "data: signs.txt, ridge: 0.01",
                "{type: sparse_group, lambda1: 0.02, lambda2: 0.02, groups: 'size:3'}"),
        "images": ("softmax", "data: mnist", "{type: group_l2, lambda: 0.02, groups: cols}"),
    }

    def make(self, case):
        kind, words, term = self.PROBLEMS[case]
        file, out = self.scratch / f"{case}.yaml", self.scratch / f"{case}.h5"
        file.write_text(EXPERIMENT.format(backend="cpu-f64", problem=f"type: {kind}, {words}", terms=f"  - {term}",
                                          lr=0.1))
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.scratch)}
        subprocess.run([PROGRAM, "reference", file, "--data", self.data, "--out", out, "--quiet"], check=True,
                       env=environment, capture_output=True)
        return file, out

    def failures(self, file, out):
        checked = references.Reference(str(out), str(file), str(self.data))
        found = checked.check()
        return checked, {c.figure for c in found if c.verdict == "DOES NOT HOLD"}, {
            c.figure for c in found if c.verdict == "not checked"}

    def test_what_crease_reference_writes_holds(self):
        for case in self.PROBLEMS:
            with self.subTest(case):
                checked, wrong, unchecked = self.failures(*self.make(case))
                self.assertEqual((wrong, unchecked), (set(), {"iterations", "seconds"}), case)
                self.assertLess(checked.established["reference"][0]["gap"], 1e-12, case)

    def test_one_change(self):
        file, out = self.make("lasso")
        for name, place, failures in (("tight", "zero", {"tight (units)"}), ("slack", "zero", {"slack"}),
                                      ("unit", "zero", {"unit (live units)"}), ("gradient", "zero", {"gradient"}),
                                      ("size", "live", {"size"})):
            other = self.scratch / "other.h5"
            shutil.copy(out, other)
            with h5py.File(other, "r+") as h5:
                at = np.flatnonzero(h5["unit"][()] == (place == "live"))[0]
                h5[name][at] = 1 - h5[name][at] if name in ("tight", "unit") else h5[name][at] * (1 + 1e-9)
            seal(other)
            wrong = self.failures(file, other)[1]
            self.assertLessEqual(failures, wrong, name)
            self.assertLessEqual(wrong - failures, MEANT if name == "tight" else set(), name)
        for name in "objective", "delta", "Delta", "least_eigenvalue", "degenerate", "unique":
            shutil.copy(out, other)
            with h5py.File(other, "r+") as h5:
                value = h5.attrs[name]
                h5.attrs[name] = 1 - value if name in ("degenerate", "unique") else value * (1 + 1e-6)
            seal(other)
            self.assertEqual(self.failures(file, other)[1], {name})

    def test_as_a_command(self):
        file, out = self.make("logistic")
        done = crease("verify", out, "--problem", file, "--data", self.data)
        self.assertRegex(done.stdout, r"(?m)^\s+objective .* holds$")
        crease("verify", out, status=2)


if __name__ == "__main__":
    finish()
