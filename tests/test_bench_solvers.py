"""Tests of the pictures of crease bench solvers, spectral and atlas: small tables with known medians,
ratios and outcomes are drawn, and the figures judged by what they hold.

Ends with the counts "N passed, N failed, N skipped"; exit 77 (skipped) where NumPy, matplotlib or
h5py is missing.
"""

import contextlib
import csv
import io
import math
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
    from matplotlib.colors import to_rgba
except ImportError as error:
    print(f"skipped: {error}\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)

from crease import atlas, bench, solvers, style  # noqa: E402

COLUMNS = """case family n groups group_size rows cols condition live spread backend reference
start_certificate solver kind level test outcome iterations proxes products time_ms q1_ms q3_ms repeats
certificate signature note""".split()
ATLAS = "solver backend plane spread value outcome certificate iterations cases note".split()
LEVELS = 1e-2, 1e-4, 1e-6, 1e-8

# method: ms on the first case for each level, None where it is not reached
TIMES = {"exact": (2, 2, 2, 2), "pg": (1, 4, 16, 64), "pg:step=bb": (1, 2, 4, 8), "odd$name": (3, 9, None, None)}


def make_table(cases=5, families=("group_l2", "sparse_group", "capture")):
    """Case k takes k + 1 times as long as the first; every third case is out of reach for pg at 1e-8."""
    for family in families:
        for k in range(cases):
            base = {"case": f"{family} number {k}, of {cases}", "family": family, "n": 100, "condition": 10**k,
                    "rows": 16 if family == "nuclear" else "", "cols": 10 if family == "nuclear" else ""}
            for solver, times in TIMES.items():
                for level, time in zip(LEVELS, times):
                    if solver == "pg" and level == 1e-8 and k % 3 == 2:
                        time = None
                    yield {**base, "solver": solver, "kind": "level", "level": level,
                           "outcome": "reached" if time else "cap", "iterations": 10, "proxes": 7,
                           "time_ms": time * (k + 1) if time else "",
                           "certificate": level / 2 if time else ""}
                if solver != "exact":
                    yield {**base, "solver": solver, "kind": "identified", "outcome": "reached",
                           "iterations": 3 * (k + 1), "time_ms": 0.5 * (k + 1), "certificate": 10.0**-k if k else 0}


def make_atlas(solver_names=("pg", "pg:step=bb")):
    for solver in solver_names:
        for backend in ("cpu-f64", "cpu-f32"):
            for plane, values in (("size", (1, 64)), ("distance", (1e-12, 1, 1e4)), ("magnitude", (1e-30, 1e30))):
                for i, spread in enumerate((1, 1e8, 1e16)):
                    for value in values:
                        outcome = ("met", "precision", "cap")[i]
                        if backend == "cpu-f32" and value == 1e30:
                            outcome = "error"
                        yield {"solver": solver, "backend": backend, "plane": plane, "spread": spread, "value": value,
                               "outcome": outcome, "certificate": "" if outcome == "error" else 10.0 ** (8 * i - 16)}


def write(path, columns, rows):
    with open(path, "w", newline="") as file:
        table = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    return path


def call(*arguments):
    """Exit code and lines of stderr of the command."""
    err = io.StringIO()
    with contextlib.redirect_stderr(err):
        try:
            code = bench.main([str(a) for a in arguments])
        except SystemExit as stop:
            code = stop.code
    return code, err.getvalue().splitlines()


class WithFolder(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.table = write(self.folder / "solvers.csv", COLUMNS, make_table())
        self.rows = solvers.rows_of({k: str(v) for k, v in {**dict.fromkeys(COLUMNS, ""), **r}.items()}
                                    for r in make_table())

    def on_the_page(self, figure):
        box = figure.get_tightbbox(figure.canvas.get_renderer())
        width, height = figure.get_size_inches()
        self.assertTrue(0 <= box.x0 and box.x1 <= width and 0 <= box.y0 and box.y1 <= height,
                        f"{box} does not fit {width:.2f} x {height:.2f} inches")


class Command(WithFolder):
    def test_three_pictures(self):
        for out, suffix in (("lab.svg", "svg"), ("lab.pdf", "pdf"), ("lab", "png"), ("a.b", "png")):
            stem = out if suffix == "png" else "lab"
            self.assertEqual(call(self.table, "--out", self.folder / out), (0, []))
            for ending in ("profiles", "curves", "identification"):
                self.assertTrue((self.folder / f"{stem}-{ending}.{suffix}").stat().st_size > 1000)

    def test_a_map_for_each_solver(self):
        table = write(self.folder / "atlas.csv", ATLAS, make_atlas())
        self.assertEqual(call(table, "--out", self.folder / "map.png"), (0, []))
        self.assertEqual(sorted(p.name for p in self.folder.glob("map*")), ["map-pg-step=bb.png", "map-pg.png"])

    def test_spectral(self):
        names = ["decompositions" if c == "proxes" else c for c in COLUMNS]
        rows = [{**r, "decompositions": r.get("proxes", ""), "proxes": None} for r in make_table(4, ["nuclear"])]
        table = write(self.folder / "spectral.csv", names, [{k: v for k, v in r.items() if k in names} for r in rows])
        self.assertEqual(call(table, "--out", self.folder / "matrices.png"), (0, []))
        self.assertTrue((self.folder / "matrices.png").exists())
        self.assertEqual(call(table, "--out", self.folder / "matrices")[0], 2)

    def test_sentences(self):
        nothing = write(self.folder / "empty.csv", COLUMNS, [])
        unreached = write(self.folder / "unreached.csv", COLUMNS, [
            {**r, "time_ms": "", "outcome": "cap"} for r in make_table(1)])
        torn = write(self.folder / "torn.csv", ["level", "solver"], [{"level": 1, "solver": "pg"}])
        words = write(self.folder / "words.csv", COLUMNS, [{**r, "time_ms": "soon"} for r in make_table(1)])
        foreign = write(self.folder / "foreign.csv", ["a"], [{"a": 1}])
        for table, text in ((nothing, "nothing to draw"), (unreached, "nothing to draw"), (torn, "not as crease"),
                            (words, "soon"), (foreign, "no column"), (self.folder / "none.csv", "No such file")):
            code, err = call(table, "--out", self.folder / "x.png")
            self.assertEqual((code, len(err)), (2, 1), err)
            self.assertIn(text, err[0])


class Figures(WithFolder):
    def test_ratios_to_the_fastest(self):
        found, cases = solvers.ratios(self.rows, 1e-4)
        self.assertEqual(cases, 15)
        self.assertEqual(found["exact"], [1.0] * 15)
        self.assertEqual(found["pg"], [2.0] * 15)
        found, cases = solvers.ratios(self.rows, 1e-8)
        self.assertEqual(found["pg"], [32.0] * 12)  # one case of five is out of reach
        self.assertNotIn("odd$name", found)

    def test_profiles_end_at_the_share_of_cases(self):
        figure = solvers.profiles(self.rows)
        self.assertEqual([ax.get_xscale() for ax in figure.axes], ["log", "log"])
        ends = {line.get_color(): line.get_ydata()[-1] for line in figure.axes[1].lines if len(line.get_xdata()) > 1}
        style_of = solvers.looks(solvers.solvers_of(self.rows))
        self.assertEqual(ends[style_of["exact"]["color"]], 100)
        heights = sorted(line.get_ydata()[-1] for line in figure.axes[1].lines if len(line.get_xdata()) > 1)
        self.assertEqual(heights, [80, 100, 100])

    def test_medians_stop_where_half_do_not_reach(self):
        mine = [r for r in self.rows if r.solver == "odd$name" and r.family == "capture" and r.kind == "level"]
        self.assertEqual(solvers.medians(mine, lambda r: r.time), [(1e-2, 9.0), (1e-4, 27.0)])
        mine = [r for r in self.rows if r.solver == "pg" and r.family == "capture" and r.kind == "level"]
        self.assertEqual(solvers.medians(mine, lambda r: r.time)[-1], (1e-8, 256.0))  # of 64 128 256 320 and infinity

    def test_curves_hold_the_medians(self):
        figure = solvers.time_curves(self.rows)
        shown = [ax for ax in figure.axes if ax.get_visible()]
        self.assertEqual(len(shown), 3)
        for ax in shown:
            points = {tuple(line.get_xdata()) for line in ax.lines}
            self.assertIn((6.0, 6.0, 6.0, 6.0), points)
            self.assertTrue(ax.get_title("left") and ax.get_xlabel() and ax.get_ylabel())
            self.assertGreater(ax.get_ylim()[1], ax.get_ylim()[0])

    def test_identification_keeps_exact_zeros(self):
        figure = solvers.identification(self.rows)
        heights = np.concatenate([line.get_ydata() for line in figure.axes[0].lines])
        self.assertEqual(min(heights), solvers.FLOOR)
        self.assertEqual(sum(len(line.get_xdata()) for line in figure.axes[0].lines), 3 * 15 + 3)

    def test_variants_share_a_colour_and_nothing_else(self):
        style_of = solvers.looks(["pg", "pg:step=bb", "pg:step=global", "ssi", "majorize", "new", "newer"])
        self.assertEqual(style_of["pg"]["color"], style_of["pg:step=bb"]["color"])
        grey = [(look["marker"], str(look["linestyle"])) for look in style_of.values()]
        self.assertEqual(len(set(grey)), len(grey))

    def test_everything_lies_on_the_page(self):
        for figure in solvers.draw(self.rows).values():
            self.on_the_page(figure)
        for figure in atlas.draw([{k: str(v) for k, v in r.items()} for r in make_atlas()]).values():
            self.on_the_page(figure)

    def test_spectral_sweeps(self):
        rows = [solvers.Row(f"{size} {c}", "nuclear", "pg", "level", 1e-8, 9, 9 * c, 5.0 * c, 1e-9, size, size, c)
                for size, c in ((16, 1000), (32, 1), (32, 10), (32, 1000), (64, 1000))]
        sizes, spreads = solvers.sweep(rows)
        self.assertEqual([(r.rows, r.condition) for r in sizes], [(16, 1000), (32, 1000), (64, 1000)])
        self.assertEqual([(r.rows, r.condition) for r in spreads], [(32, 1), (32, 10), (32, 1000)])
        figure = solvers.draw_spectral(rows)
        self.on_the_page(figure)
        np.testing.assert_allclose(figure.axes[1].lines[0].get_xydata(), [[1, 9], [10, 90], [1000, 9000]])

    def test_maps(self):
        figure = atlas.draw([{k: str(v) for k, v in r.items()} for r in make_atlas(["ssn"])])["-ssn"]
        double, single = figure.axes[2], figure.axes[5]
        faces = [p.get_facecolor() for p in double.patches if p.get_fill()]
        self.assertEqual(len(faces), 6)
        self.assertTrue(np.allclose(faces[0], atlas.TONES(0.0)) and np.allclose(faces[-1], atlas.TONES(1.0)))
        self.assertEqual(sorted(p.get_hatch() for p in double.patches if not p.get_fill()),
                         [".....", ".....", "/////", "/////"])
        failed = [p for p in single.patches if np.allclose(p.get_facecolor(), to_rgba(atlas.ERROR))]
        self.assertEqual(len(failed), 3)

    def test_tones(self):
        self.assertTrue(np.allclose(to_rgba(atlas.tone("refused", math.nan)), to_rgba(atlas.NOTHING)))
        greys = [np.dot(atlas.tone("met", 10.0**k)[:3], (0.299, 0.587, 0.114)) for k in range(-16, 1)]
        self.assertTrue((np.diff(greys) < 0).all(), "a worse certificate is darker, also in grey")

    def test_names_with_dollars(self):
        for figure in solvers.draw(self.rows).values():
            figure.draw(figure.canvas.get_renderer())
        style.plt.close("all")


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)
