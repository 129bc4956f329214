#!/usr/bin/env python3
"""The claims of experiments/planted.yaml: methods with an identification theorem find the planted manifold and stay on it,
with every seed; proximal SGD does not; and the certified margins are the planted ones.

Ends with the counts "N passed, N failed, N skipped"; exit 77 (skipped) where the program is missing.
"""
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("CREASE_PROGRAM")
if not PROGRAM:
    print("skipped: CREASE_PROGRAM does not name the program\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)

SEEDS = max(1, math.ceil(20 * float(os.environ.get("CREASE_TEST_SCALE", "0.02"))))
IDENTIFY = {"rda", "rda_plus", "rmda", "ramda", "prox_svrg", "prox_saga", "pstorm", "s_pstorm", "norm_sgd", "pg", "fista",
            "prox_newton", "manifold_newton", "farsa_group"}
NONE = {"proxsgd", "proxsgd-decreasing"}


def crease(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(" ".join(arguments) + ": " + done.stderr)
    return done.stdout


class Planted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        os.environ["XDG_CACHE_HOME"] = cls.scratch.name
        experiment = str(SOURCE / "experiments" / "planted.yaml")
        run = os.path.join(cls.scratch.name, "run")
        seeds = ",".join(str(k + 1) for k in range(SEEDS))
        crease("run", experiment, "--seeds", seeds, "--out", run, "--quiet")
        crease("identify", run, "--no-plot", "--quiet")
        with open(os.path.join(run, "identify.json")) as file:
            cls.report = json.load(file)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def verdicts(self, names):
        return [r for r in self.report["runs"] if r["algorithm"] in names]

    def test_margins(self):
        reference = self.report["reference"]
        self.assertLess(abs(reference["delta"] - 0.008), 1e-8 * 0.008)
        self.assertLess(abs(reference["Delta"] - 0.5), 1e-8 * 0.5)
        self.assertLess(reference["certificate"], 1e-11)
        self.assertTrue(reference["unique"] and not reference["degenerate"])

    def test_every_seed_identifies(self):
        runs = self.verdicts(IDENTIFY)
        self.assertEqual(len(runs), SEEDS * len(IDENTIFY))
        for r in runs:
            self.assertEqual(r["kind"], "identified", (r["algorithm"], r["seed"], r["verdict"]))

    def test_proximal_sgd_does_not(self):
        runs = self.verdicts(NONE)
        self.assertEqual(len(runs), SEEDS * len(NONE))
        for r in runs:
            self.assertIn(r["kind"], ("not identified", "recent"), (r["algorithm"], r["seed"], r["verdict"]))


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)
