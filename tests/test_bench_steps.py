"""Tests of the picture of crease bench steps: small tables with known curves are drawn and judged by what they hold.

Ends with the counts "N passed, N failed, N skipped"; exit 77 (skipped) where NumPy, matplotlib or h5py is missing.
"""

import csv
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
PYTHON_DIR = pathlib.Path(__file__).resolve().parent.parent / "python"
sys.path.insert(0, str(PYTHON_DIR))
try:
    import h5py  # noqa: F401
    import numpy as np
except ImportError as error:
    print(f"skipped: {error}\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)

from crease import bench, descent, style  # noqa: E402

COLUMNS = "kind problem share method level outcome seconds steps ratio suboptimality".split()
METHODS = {"fista": 10, "pg": 3, "odd$name": 1000}  # how much the error falls in a step


def make_table(problems=("a9a-l1", "leu-l1"), shares=(0.1, 0.01), steps=6):
    for problem in problems:
        for share in shares:
            for name, fall in METHODS.items():
                yield {"kind": "level", "problem": problem, "share": share, "method": name, "level": 1e-6,
                       "outcome": "cap"}
                for k in range(steps):
                    yield {"kind": "point", "problem": problem, "share": share, "method": name, "seconds": 0.1 * k,
                           "steps": k, "suboptimality": fall ** -float(k)}


def text_of(rows):
    return [{k: str(row.get(k, "")) for k in COLUMNS} for row in rows]


class Picture(unittest.TestCase):
    def tearDown(self):
        style.plt.close("all")

    def test_a_panel_for_each_problem_and_lambda(self):
        figure = descent.draw(text_of(make_table()))[""]
        shown = [ax for ax in figure.axes if ax.get_visible()]
        self.assertEqual([ax.get_title(loc="left") for ax in shown],
                         [f"{p}, {s} of lambda max" for p in ("a9a-l1", "leu-l1") for s in (0.1, 0.01)])
        for ax in shown:
            self.assertEqual((ax.get_xscale(), ax.get_yscale(), len(ax.lines)), ("log", "log", 3))

    def test_curves(self):
        """Without the start, which lies at no time; never below rounding."""
        ax = descent.draw(text_of(make_table()))[""].axes[0]
        for line, fall in zip(ax.lines, METHODS.values()):
            wanted = [(0.1 * k, max(fall ** -float(k), descent.FLOOR)) for k in range(1, 6)]
            np.testing.assert_allclose(line.get_xydata(), wanted, rtol=1e-12)

    def test_below_the_reference(self):
        rows = [*make_table(["x"], [1], 3), {"kind": "point", "problem": "x", "share": 1, "method": "pg",
                                             "seconds": 1, "steps": 9, "suboptimality": -1e-13}]
        line = descent.draw(text_of(rows))[""].axes[0].lines[1]
        self.assertEqual(line.get_ydata()[-1], descent.FLOOR)

    def test_many_panels_fit(self):
        figure = descent.draw(text_of(make_table([f"p{k}" for k in range(5)], [0.1])))[""]
        self.assertEqual(sum(ax.get_visible() for ax in figure.axes), 5)
        box = figure.get_tightbbox(figure.canvas.get_renderer())
        width, height = figure.get_size_inches()
        self.assertTrue(0 <= box.x0 and box.x1 <= width and 0 <= box.y0 and box.y1 <= height)

    def test_command(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for name, rows in (("steps", list(make_table())), ("empty", [])):
                with open(folder / f"{name}.csv", "w", newline="") as file:
                    table = csv.DictWriter(file, COLUMNS, restval="")
                    table.writeheader()
                    table.writerows(rows)
            self.assertEqual(bench.main([str(folder / "steps.csv"), "--out", str(folder / "x.png")]), 0)
            self.assertGreater((folder / "x.png").stat().st_size, 1000)
            self.assertEqual(bench.main([str(folder / "empty.csv"), "--out", str(folder / "y.png")]), 2)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)
