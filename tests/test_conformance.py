"""Tests of the conformance kit: what `crease conformance export` writes, and that conformance/check.py passes
right answers and finds wrong ones.

Ends with the counts "N passed, N failed, N skipped"; exit 77 (skipped) where NumPy or the program is missing.
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
import unittest

sys.dont_write_bytecode = True
KIT_DIR = pathlib.Path(__file__).resolve().parent.parent / "conformance"
PROGRAM = os.environ.get("CREASE_PROGRAM")
sys.path.insert(0, str(KIT_DIR))
try:
    import numpy as np
except ImportError as error:
    print(f"skipped: {error}\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)
if not PROGRAM:
    print("skipped: CREASE_PROGRAM does not name the program\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)

import check  # noqa: E402
import mistakes  # noqa: E402

FULL = float(os.environ.get("CREASE_TEST_SCALE", "0.02")) >= 0.5
CASES = 240 if FULL else 24


def export(folder, *options):
    return subprocess.run([PROGRAM, "conformance", "export", *map(str, options), str(folder)],
                          capture_output=True, text=True)


def judge(*arguments):
    """Exit status, lines of stdout and of stderr of check.py."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = check.main([str(a) for a in arguments])
    return code, out.getvalue().splitlines(), err.getvalue().splitlines()


def rows(lines):
    """What the report says of each member: cases and failures."""
    words = [line.split() for line in lines[1:-1] if not line.startswith(" ")]
    return {w[0]: (int(w[1]), int(w[4])) for w in words if w[1] != "-"}


class WithKit(unittest.TestCase):
    """Kits made once: one of all members, one of those that have mistakes."""

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.scratch = pathlib.Path(holder.name)
        cls.kit = cls.make("kit", "--cases", CASES)

    @classmethod
    def make(cls, name, *options):
        done = export(cls.scratch / name, *options)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return cls.scratch / name

    def manifest(self, kit):
        return json.loads((kit / "manifest.json").read_text())

    def answers(self, name="answers"):
        """A copy of the expected answers of the kit, to be spoiled."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.scratch)) / name
        for path in self.kit.glob("*/x.npy"):
            (folder / path.parent.name).mkdir(parents=True)
            shutil.copy(path, folder / path.parent.name)
        return folder


class Kit(WithKit):
    def test_every_member_is_there_and_known(self):
        listed = subprocess.run([PROGRAM, "list", "regularizer"], capture_output=True, text=True, check=True)
        names = [line.split()[0] for line in listed.stdout.splitlines()]
        members = self.manifest(self.kit)["members"]
        self.assertEqual([m["name"] for m in members], names)
        self.assertEqual([name for name in names if name not in check.PSI], [])
        self.assertGreater(min(len(m["cases"]) for m in members), CASES // 2)

    def test_the_kit_holds_what_it_says(self):
        code, lines, errors = judge(self.kit)
        self.assertEqual((code, errors), (0, []), "\n".join(lines))
        self.assertFalse(any("unknown" in line for line in lines))

    def test_expected_answers_pass(self):
        code, lines, _ = judge(self.kit, self.kit)
        self.assertEqual(code, 0, "\n".join(lines))

    def test_rounded_answers_pass_at_their_width(self):
        folder = self.answers()
        for path in folder.glob("*/x.npy"):
            with np.errstate(over="ignore"):
                np.save(path, np.load(path).astype(np.float32))
        code, lines, _ = judge("--float32", self.kit, folder)
        self.assertEqual(code, 0, "\n".join(lines))
        self.assertEqual(judge(self.kit, folder)[0], 1)

    def test_certificates_are_small(self):
        """But at a threshold, where an entry within rounding of 0 has the subgradients of another point."""
        for member in self.manifest(self.kit)["members"]:
            exact = [float(case["certificate"]["relative"]) for case in member["cases"] if case["exact"]]
            large = sum(not relative < 1e-9 for relative in exact)
            self.assertLessEqual(large, 1 + 0.03 * len(exact), member["name"])
            self.assertTrue(all(case["exact"] or float(case["gap"]) >= 0 for case in member["cases"]))

    def test_cases_do_not_depend_on_how_many_there_are(self):
        again = self.make("again", "--cases", CASES)
        fewer = self.make("fewer", "--cases", 5, "--member", "scad", "--member", "group_l2")
        other = self.make("other", "--cases", 5, "--member", "scad", "--seed", 2)
        for path in sorted(self.kit.rglob("*.*")):
            self.assertEqual(path.read_bytes(), (again / path.relative_to(self.kit)).read_bytes(), path)
        for member in self.manifest(fewer)["members"]:
            few = {case["id"]: case for case in member["cases"]}
            all_of_them = next(m for m in self.manifest(self.kit)["members"] if m["name"] == member["name"])
            self.assertEqual([case for case in all_of_them["cases"] if case["id"] in few], list(few.values()))
        self.assertNotEqual((other / "scad" / "c.npy").read_bytes(), (fewer / "scad" / "c.npy").read_bytes())

    def test_metrics_weights_and_groups_vary(self):
        cases = [case for member in self.manifest(self.kit)["members"] for case in member["cases"]]
        self.assertEqual({case["metric"] for case in cases},
                         {"scalar", "group", "float32", "extreme", "spread 10", "spread 1e3", "spread 1e6",
                          "spread 1e12"})
        plain = {case["w"] for case in cases if case["metric"] != "extreme"}
        self.assertEqual(plain, {1, float(np.float32(1e-3)), 1e4})
        self.assertTrue(any(isinstance(case["groups"], list) for case in cases))
        self.assertTrue(any(isinstance(case["weights"], list) and "inf" in case["weights"] for case in cases))

    def test_float32_problems_are(self):
        for name, cases in check.load_kit(self.kit)[1].items():
            for case in cases:
                if case.metric == "float32":
                    for array in (case.c, case.d, np.array([case.w])):
                        self.assertTrue(np.array_equal(array, array.astype(np.float32)), f"{name}: {case.id}")


class Mistakes(WithKit):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        members = sorted({member for member, _ in mistakes.MISTAKES.values()})
        options = [word for member in members for word in ("--member", member)]
        cls.larger = cls.make("larger", "--cases", 240, *options)
        cls.wrong = cls.scratch / "wrong"
        cls.done = subprocess.run([sys.executable, "-B", KIT_DIR / "mistakes.py", cls.larger, cls.wrong],
                                  capture_output=True, text=True)

    def test_all_are_written(self):
        self.assertEqual((self.done.returncode, self.done.stderr), (0, ""))
        self.assertEqual({path.name for path in self.wrong.iterdir()}, set(mistakes.MISTAKES))

    def test_each_is_caught_and_is_a_mistake_of_some_cases_only(self):
        for name, (member, _) in mistakes.MISTAKES.items():
            with self.subTest(name):
                code, lines, _ = judge(self.larger, self.wrong / name)
                cases, failed = rows(lines)[member]
                self.assertEqual(code, 1)
                self.assertTrue(0 < failed < 0.8 * cases, f"{failed} of {cases} failed")

    def test_the_right_maps_pass(self):
        code, lines, _ = judge(self.larger, self.larger)
        self.assertEqual(code, 0, "\n".join(lines))

    def test_building_blocks_are_right(self):
        """What the mistakes are built of solves the group lasso, and the fused lasso in a uniform metric."""
        _, kit = check.load_kit(self.larger)
        for case in kit["group_l2"]:
            for part in case.parts:
                if case.metric != "extreme" and np.isfinite(part.weight):
                    c, d, w = mistakes.problem(part)
                    x = mistakes.group_shrink(c, d, w * part.weight * part.one("lambda"))
                    self.assertEqual(judge_one(case, part, x), [])
        for case in kit["fused"]:
            uniform = case.metric == "scalar" and not np.ndim(case.settings["mu"])
            if uniform and all(np.isfinite(part.weight) for part in case.parts):
                for part in case.parts:
                    self.assertEqual(judge_one(case, part, mistakes.fused_soft_after_tv(part)), [])


def judge_one(case, part, answer):
    x = case.x.copy()
    x[part.at] = answer
    return check.judge(case, x, {"objective": 1e-11, "x": 1e-6, "feasible": 1e-11}).faults


class Answers(WithKit):
    def spoil(self, member, change):
        """The exit status and the output for the answers of one member, changed."""
        folder = self.answers()
        path = folder / member / "x.npy"
        np.save(path, change(np.load(path)))
        return judge(self.kit, folder, "--member", member)

    def test_a_nan_fails(self):
        code, lines, _ = self.spoil("l1", lambda x: np.where(np.arange(len(x)) == 3, np.nan, x))
        self.assertEqual((code, rows(lines)["l1"][1]), (1, 1))
        self.assertTrue(any("not finite" in line for line in lines))

    def test_a_small_error_fails_where_the_minimizer_is_unique(self):
        code, lines, _ = self.spoil("l1", lambda x: x * (1 + 1e-7))
        self.assertEqual(code, 1)
        self.assertTrue(any("away from the minimizer" in line for line in lines))

    def test_a_point_outside_fails(self):
        code, lines, _ = self.spoil("l2_ball", lambda x: x * (1 + 1e-9))
        self.assertEqual(code, 1)
        self.assertTrue(any("outside the domain" in line for line in lines))
        self.assertEqual(self.spoil("nonneg", lambda x: x - 1e-300)[0], 1)

    def test_a_wrong_sign_or_support_fails(self):
        for member in ("l0", "mcp", "group_l2", "topk", "tv1d", "nuclear"):
            self.assertEqual(self.spoil(member, lambda x: -x)[0], 1, member)
            self.assertEqual(self.spoil(member, lambda x: 0 * x)[0], 1, member)

    def test_members_without_answers_are_passed_over(self):
        folder = self.answers()
        for path in folder.iterdir():
            if path.name not in ("l1", "box"):
                shutil.rmtree(path)
        code, lines, _ = judge(self.kit, folder)
        self.assertEqual((code, set(rows(lines))), (0, {"l1", "box"}))
        self.assertTrue(any("no answers" in line for line in lines))
        shutil.rmtree(folder / "l1")
        shutil.rmtree(folder / "box")
        code, _, errors = judge(self.kit, folder)
        self.assertEqual((code, errors), (2, ["check.py: nothing was judged"]))

    def test_skipped_cases_are_not_judged(self):
        folder = self.answers()
        np.save(folder / "l1" / "x.npy", np.full(len(np.load(folder / "l1" / "x.npy")), np.nan))
        ids = [case["id"] for member in self.manifest(self.kit)["members"] for case in member["cases"]]
        (folder / "skip.txt").write_text("\n".join(i for i in ids if i.startswith("l1/")))
        code, lines, _ = judge(self.kit, folder)
        self.assertEqual((code, rows(lines)["l1"][0]), (0, 0))

    def test_a_member_without_a_formula_is_judged_by_distance(self):
        known = check.PSI.pop("l1")
        self.addCleanup(check.PSI.__setitem__, "l1", known)
        code, lines, _ = judge(self.kit, self.kit)
        self.assertEqual(code, 0)
        self.assertTrue(any("unknown" in line for line in lines))
        self.assertEqual(self.spoil("l1", lambda x: x * (1 + 1e-7))[0], 1)

    def test_a_wrong_kit_is_found(self):
        copy = self.scratch / "copy"
        shutil.copytree(self.kit, copy, dirs_exist_ok=True)
        x = np.load(copy / "group_l2" / "x.npy")
        np.save(copy / "group_l2" / "x.npy", 0.5 * x)
        code, lines, _ = judge(copy, "--member", "group_l2")
        self.assertEqual(code, 1)
        self.assertTrue(any("in the manifest" in line for line in lines))
        self.assertTrue(any("KIT IS WRONG" in line for line in judge(copy, self.kit)[1]))

    def test_what_cannot_be_used(self):
        self.assertEqual(judge(self.scratch / "none")[0], 2)
        self.assertEqual(judge(self.kit, "--member", "nothing")[0], 2)
        code, _, errors = self.spoil("l1", lambda x: x[1:])
        self.assertEqual(code, 2)
        self.assertIn("numbers, the kit has", errors[0])


class Command(unittest.TestCase):
    def test_bad_use(self):
        with tempfile.TemporaryDirectory() as folder:
            for options, words in ((("--cases", "0"), "--cases"), (("--seed", "x"), "--seed"),
                                   (("--member", "nothing"), "there is no regularizer 'nothing'")):
                done = export(pathlib.Path(folder) / "kit", *options)
                self.assertEqual(done.returncode, 2)
                self.assertIn(words, done.stderr)
            done = export(pathlib.Path(folder) / "a" / "b")
            self.assertEqual(done.returncode, 2)
            self.assertIn("cannot make the folder", done.stderr)
        done = subprocess.run([PROGRAM, "conformance", "import", "x"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("unknown action 'import'", done.stderr)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)
