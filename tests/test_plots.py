"""Tests of python/crease: synthetic run directories are drawn, figures judged by what they hold.

Ends with the counts "N passed, N failed, N skipped"; exit 77 (skipped) where NumPy, matplotlib or
h5py is missing.
"""

import contextlib
import csv
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from xml.etree import ElementTree

sys.dont_write_bytecode = True
PYTHON_DIR = pathlib.Path(__file__).resolve().parent.parent / "python"
sys.path.insert(0, str(PYTHON_DIR))
try:
    import h5py
    import numpy as np
    from matplotlib.colors import to_rgba
    from matplotlib.image import imread
except ImportError as error:
    print(f"skipped: {error}\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)

from crease import curves, figures, plot, run, style  # noqa: E402
from crease.figures import overview, pixels, signatures, zoom  # noqa: E402

COLUMNS = """algorithm seed epoch step stage lr momentum train_s objective loss test_accuracy
sparsity_unstructured sparsity_structured sparsity_weighted sparsity_hat_unstructured
sparsity_hat_structured sparsity_hat_weighted hamming last_change_epoch margin_zero_min
margin_live_min stationarity prox_gradient stationarity_hat prox_gradient_hat
inner_iterations_mean inner_iterations_max inner_bound_max certificate_max inner_solve_ms
inner_capped""".split()

# label: final sparsity, speed, fraction of the epochs at which the structure settles, iterations
METHODS = {
    "ramda": (0.574, 0.30, 0.55, 3.1),
    "rmda": (0.570, 0.22, 0.70, 1.0),
    "proxgen": (0.385, 0.25, 1.00, 6.4),
    "proxssi": (0.345, 0.20, 1.00, 4.2),
    "proxsgd": (0.380, 0.18, 1.00, 1.0),
}


def write_run(folder, epochs=40, seeds=(1, 2), methods=METHODS, side=12, planted=False):
    """A directory as a run leaves it: converging curves, a structure that settles or wanders on."""
    folder = pathlib.Path(folder)
    summary = {"name": "synthetic", "algorithms": [], "runs": [],
               "problem": {"source": "invented numbers", "metrics": ["test_accuracy"]}}
    with open(folder / "trace.csv", "w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        for k, (name, shape) in enumerate(methods.items()):
            for seed in seeds:
                rng = np.random.default_rng((k, seed))
                live = make_signature(rng, epochs, side, shape)
                table.writerows(make_rows(rng, name, seed, live, shape))
                write_masks(folder / f"{name}-{seed}", rng, live, side, planted)
                summary["runs"].append({"algorithm": name, "seed": seed, "outcome": "finished"})
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


def make_signature(rng, epochs, side, shape):
    """live[epoch, unit]: pixels near the centre live, the rest die one by one, and those near the
    border between live and dead flicker until the structure settles."""
    final, _, settled, _ = shape
    y, x = np.mgrid[:side, :side] / (side - 1) - 0.5
    rank = np.hypot(x, y).ravel() + 0.08 * rng.standard_normal(side * side)
    rank = rank.argsort().argsort() / (side * side)
    when = np.arange(1, epochs + 1)[:, None] / epochs
    alive = rank < 1 - final * np.minimum(1, 1.25 * when / settled) ** 0.35
    noise = rng.random((epochs, side * side)) < 0.25 * (when < settled)
    near = np.abs(rank - (1 - final)) < 0.12 * np.exp(-2 * when)
    alive = alive ^ (noise & near)
    alive[when[:, 0] >= settled] = alive[-1]
    if settled == 1:
        alive[-1] = ~alive[-2] & near[-1] | alive[-2] & ~near[-1]
    return alive


def make_rows(rng, name, seed, live, shape):
    _, speed, _, iterations = shape
    epochs = len(live)
    for i in range(epochs):
        epoch = i + 1
        stage = 1 + (epoch > 0.4 * epochs) + (epoch > 0.8 * epochs)
        gap = np.exp(-speed * 10 * epoch / epochs) + 1e-4 * speed
        noise = 10.0 ** -stage * rng.standard_normal()
        sparsity = 1 - live[i].mean()
        row = {
            "algorithm": name, "seed": seed, "epoch": epoch, "step": epoch * 469, "stage": stage,
            "lr": 0.1**stage, "momentum": 0.1, "train_s": 0.07 * epoch,
            "objective": 0.345 + gap * (1.1 + 0.3 * noise), "loss": 0.3 + gap,
            "test_accuracy": 0.913 - 0.02 * gap - 0.8 * np.exp(-epoch / 1.5) + 0.004 * noise,
            "sparsity_weighted": sparsity, "sparsity_hat_weighted": sparsity,
            "inner_iterations_mean": iterations + 0.1 * rng.random(),
            "inner_iterations_max": np.ceil(2.5 * iterations) + rng.integers(3),
            "inner_bound_max": 0 if iterations == 1 else 10 ** (-13 + rng.random()),
            "certificate_max": 10 ** (-14.5 + rng.random() + 0.5 * (iterations > 1)),
        }
        if epoch % max(1, epochs // 20) == 0:
            far = gap * (1 + 0.2 * rng.random())
            row.update(
                stationarity=30 * far, stationarity_hat=20 * far, prox_gradient=0.1 * far,
                prox_gradient_hat=0.08 * far, margin_zero_min=1e-6 * (1 + epoch + rng.random()),
                margin_live_min=1e-3 * (1 + epoch / epochs) * (1 + 0.1 * rng.random()))
        yield {key: value if isinstance(value, (str, int)) else repr(float(value))
               for key, value in row.items()}


def write_masks(folder, rng, live, side, planted):
    folder.mkdir()
    weight = rng.standard_normal((10, side * side)) * live[-1] * 0.1
    y, x = np.mgrid[:side, :side] / (side - 1) - 0.5
    weight *= np.exp(-6 * (x**2 + y**2)).ravel()
    with h5py.File(folder / "masks.h5", "w") as file:
        file["signature"] = file["signature_hat"] = live.astype(np.uint8)
        file["weight"] = weight
        file["weight"].attrs["image_height"] = file["weight"].attrs["image_width"] = side
        if planted:
            file["known_columns"] = (np.hypot(x, y) < 0.36).ravel().astype(np.uint8)


def call(*arguments):
    """Exit code, lines of stdout and of stderr of the command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = plot.main([str(a) for a in arguments])
        except SystemExit as stop:
            code = stop.code
    return code, out.getvalue().splitlines(), err.getvalue().splitlines()


def read(folder):
    return run.read_run(str(folder), {c for m in figures.ALL.values() for c in m.COLUMNS})


class WithRun(unittest.TestCase):
    """One synthetic run for all tests of a class; those that damage it work on a copy."""

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.scratch = pathlib.Path(holder.name)
        (cls.scratch / "run").mkdir()
        cls.folder = write_run(cls.scratch / "run", planted=True)
        cls.data = read(cls.folder)

    def copy(self):
        """A copy of the run, and its rows as lists, the header first."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.scratch)) / "copy"
        shutil.copytree(self.folder, folder)
        return folder, read_rows(folder)

    def draw(self, module, data=None):
        figure = module.draw(data or self.data)
        self.addCleanup(style.plt.close, figure)
        return figure


def read_rows(folder):
    with open(folder / "trace.csv", newline="") as file:
        return list(csv.reader(file))


def write_rows(folder, rows):
    with open(folder / "trace.csv", "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


class Command(WithRun):
    def test_writes_every_figure_and_lists_it(self):
        out = self.scratch / "pictures"
        code, lines, errors = call(self.folder, "--out", out)
        self.assertEqual((code, errors), (0, []))
        expected = [f"{name}.{suffix}" for name in figures.ALL for suffix in ("png", "svg")]
        self.assertEqual(lines, [str(out / name) for name in expected])
        for path in out.glob("*.png"):
            pixels_of = imread(path)[..., :3]
            self.assertGreater(pixels_of.std(), 0.05, f"{path} is blank")
            self.assertTrue((pixels_of[0] == 1).all(), f"{path} is cut at the top")
        for path in out.glob("*.svg"):
            self.assertTrue(ElementTree.parse(path).getroot().tag.endswith("svg"))

    def test_default_place_and_one_format(self):
        folder, _ = self.copy()
        code, lines, _ = call(folder, "--format", "png")
        self.assertEqual((code, len(lines)), (0, len(figures.ALL)))
        self.assertEqual({p.suffix for p in (folder / "plots").iterdir()}, {".png"})

    def test_same_run_same_bytes(self):
        texts = []
        for _ in range(2):
            path, = style.save(self.draw(zoom), self.scratch, "again", ["svg"])
            texts.append(pathlib.Path(path).read_bytes())
        self.assertEqual(*texts)

    def test_as_a_program(self):
        done = subprocess.run([sys.executable, "-B", "-m", "crease.plot", self.scratch / "none"],
                              cwd=PYTHON_DIR, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr, f"crease plot: {self.scratch / 'none'}: no such directory\n")

    def test_columns_that_are_absent_skip_their_figures(self):
        folder, rows = self.copy()
        keep = [rows[0].index(c) for c in ("algorithm", "seed", "epoch", "objective")]
        write_rows(folder, [[row[i] for i in keep] for row in rows])
        for masks in folder.glob("*/masks.h5"):
            masks.unlink()
        (folder / "summary.json").unlink()
        code, lines, errors = call(folder, "--format", "png")
        self.assertEqual((code, errors), (0, []))
        self.assertEqual(lines[0], str(folder / "plots" / "overview.png"))
        self.assertEqual([line.split(":")[0] for line in lines[1:]],
                         [f"no {name}" for name in figures.ALL if name != "overview"])


class Mistakes(WithRun):
    def fails(self, folder, *words):
        code, _, errors = call(folder, "--format", "png")
        self.assertEqual(code, 2)
        self.assertEqual(len(errors), 1, errors)
        self.assertTrue(errors[0].startswith("crease plot: "))
        for word in words:
            self.assertIn(word, errors[0])

    def test_wrong_use(self):
        for arguments in ([], [self.folder, "--format", "gif"], [self.folder, "--colour"]):
            code, _, errors = call(*arguments)
            self.assertEqual((code, len(errors)), (2, 1), arguments)

    def test_no_trace(self):
        folder, _ = self.copy()
        (folder / "trace.csv").unlink()
        self.fails(folder, "trace.csv: no such file")

    def test_empty_traces(self):
        folder, rows = self.copy()
        for text in ("", ",".join(rows[0]), ",".join(rows[0]) + "\n"):
            (folder / "trace.csv").write_text(text)
            self.fails(folder, "holds no observation")

    def test_malformed_rows_name_their_line(self):
        cases = [("epoch", "x", "'epoch' holds 'x'"), ("epoch", "", "'epoch' holds ''"),
                 ("seed", "1.5", "'seed' holds '1.5'"), ("objective", "0.3.1", "not a number"),
                 ("algorithm", "", "'algorithm' is empty")]
        for column, text, words in cases:
            folder, rows = self.copy()
            rows[6][rows[0].index(column)] = text
            write_rows(folder, rows)
            self.fails(folder, "trace.csv:7: ", words)

    def test_wrong_number_of_fields(self):
        for change in (lambda row: row[:-1], lambda row: row + ["0"], lambda row: []):
            folder, rows = self.copy()
            rows[9] = change(rows[9])
            write_rows(folder, rows)
            self.fails(folder, "trace.csv:10: ", f"names {len(COLUMNS)} columns")

    def test_header_without_epoch(self):
        folder, rows = self.copy()
        rows[0][rows[0].index("epoch")] = "round"
        write_rows(folder, rows)
        self.fails(folder, "trace.csv:1: no column 'epoch'")

    def test_not_text(self):
        folder, _ = self.copy()
        (folder / "trace.csv").write_bytes(b"\xff\xfe\x00")
        self.fails(folder, "trace.csv: ")

    def test_broken_summary(self):
        folder, _ = self.copy()
        for text in ('{"name":', "[1]"):
            (folder / "summary.json").write_text(text)
            self.fails(folder, "summary.json: ")

    def test_out_is_a_file(self):
        code, _, errors = call(self.folder, "--out", self.folder / "trace.csv")
        self.assertEqual((code, len(errors)), (2, 1))
        self.assertIn("trace.csv: ", errors[0])

    def test_broken_masks_cost_only_their_figures(self):
        folder, _ = self.copy()
        (folder / "rmda-1" / "masks.h5").write_bytes(b"no HDF5")
        code, lines, errors = call(folder, "--format", "png")
        self.assertEqual((code, len(lines)), (2, len(figures.ALL) - 2))
        self.assertEqual(len(errors), 2)
        self.assertTrue(all("rmda-1/masks.h5: " in line for line in errors), errors)

    def test_masks_of_wrong_shapes(self):
        shapes = {"signature_hat": (3,), "weight": (7,), "known_columns": (5,)}
        for name, shape in shapes.items():
            folder, _ = self.copy()
            with h5py.File(folder / "ramda-1" / "masks.h5", "r+") as file:
                del file[name]
                file[name] = np.ones(shape)
            with self.assertRaisesRegex(run.RunError, f"{name} has shape"):
                read(folder).masks()


class Reading(WithRun):
    def test_observations_arrive(self):
        header, *rows = read_rows(self.folder)
        rows = [dict(zip(header, row)) for row in rows]
        self.assertEqual(len(self.data.series), len(METHODS) * 2)
        for series in self.data.series:
            own = [r for r in rows if (r["algorithm"], r["seed"]) ==
                   (series.algorithm, str(series.seed))]
            self.assertEqual(series.epoch.tolist(), [int(r["epoch"]) for r in own])
            for name in ("objective", "stationarity"):
                expected = [float(r[name] or "nan") for r in own]
                np.testing.assert_array_equal(series.columns[name], expected)

    def test_order_of_rows_and_columns_does_not_matter(self):
        folder, rows = self.copy()
        rng = np.random.default_rng(7)
        columns, lines = rng.permutation(len(rows[0])), rng.permutation(range(1, len(rows)))
        shuffled = [[rows[i][j] for j in columns] + ["unknown"] for i in (0, *lines)]
        write_rows(folder, shuffled)
        shuffled = {(s.algorithm, s.seed): s for s in read(folder).series}
        for series in self.data.series:
            other = shuffled[series.algorithm, series.seed]
            np.testing.assert_array_equal(series.epoch, other.epoch)
            np.testing.assert_array_equal(series.columns["objective"], other.columns["objective"])

    def test_unfinished_last_line_is_left_out(self):
        folder, _ = self.copy()
        text = (folder / "trace.csv").read_text()
        (folder / "trace.csv").write_text(text[:-40])
        data = read(folder)
        self.assertIn("trace.csv: the unfinished last line", data.note)
        self.assertEqual(data.series[-1].epoch[-1], self.data.last_epoch - 1)

    def test_divergence_is_named_and_drawn_up_to_there(self):
        folder, rows = self.copy()
        for row in rows[1:]:
            if row[0] == "rmda" and int(row[2]) > 3:
                row[rows[0].index("objective")] = "inf" if row[1] == "1" else "nan"
        write_rows(folder, rows)
        summary = json.loads((folder / "summary.json").read_text())
        for entry in summary["runs"]:
            if (entry["algorithm"], entry["seed"]) in (("rmda", 1), ("ramda", 1), ("ramda", 2)):
                entry["outcome"] = "diverged"
        (folder / "summary.json").write_text(json.dumps(summary))
        data = read(folder)
        self.assertEqual(data.label("rmda"), "rmda (1 of 2 diverged)")
        self.assertEqual(data.label("ramda"), "ramda (2 of 2 diverged)")
        self.assertEqual(data.label("proxgen"), "proxgen")
        epochs = curves.over_seeds(data.of("rmda"), "objective")[0]
        self.assertEqual(epochs.tolist(), [1, 2, 3])
        self.draw(overview, data)

    def test_stage_boundaries(self):
        self.assertEqual(self.data.stage_boundaries(), [16.5, 32.5])

    def test_mean_and_band_over_seeds(self):
        rng = np.random.default_rng(3)
        series = []
        for seed in range(4):
            epoch = np.sort(rng.choice(np.arange(1, 30), 20, replace=False))
            value = np.where(rng.random(20) < 0.3, np.nan, rng.standard_normal(20))
            series.append(run.Series("a", seed, epoch, {"v": value}))
        for width in (1, 4):
            seen = {}
            for s in series:
                for epoch, value in zip(s.epoch, s.columns["v"]):
                    if np.isfinite(value) and epoch >= 5:
                        seen.setdefault((epoch - 1) // width, []).append(value)
            expected = [[b * width + (width + 1) / 2, np.mean(v), min(v), max(v)]
                        for b, v in sorted(seen.items())]
            got = curves.over_seeds(series, "v", since=5, bin_width=width)
            np.testing.assert_allclose(np.transpose(got), expected)


class Pictures(WithRun):
    def test_everything_lies_on_the_page(self):
        for name, module in figures.ALL.items():
            figure = self.draw(module)
            box = figure.get_tightbbox(figure.canvas.get_renderer())
            width, height = figure.get_size_inches()
            self.assertTrue(0 <= box.x0 and box.x1 <= width and 0 <= box.y0 and box.y1 <= height,
                            f"{name}: {box} does not fit {width:.2f} x {height:.2f} inches")

    def test_axes_are_labelled_and_titled(self):
        for name in ("overview", "zoom", "inner", "stationarity"):
            for ax in self.draw(figures.ALL[name]).axes:
                self.assertEqual(ax.get_xlabel(), "epoch")
                self.assertTrue(ax.get_ylabel() and ax.get_title("left"), name)

    def test_source_and_name_are_on_every_figure(self):
        for name, module in figures.ALL.items():
            words = [t.get_text() for t in self.draw(module).texts]
            self.assertTrue(any("synthetic" in w for w in words), name)
            self.assertTrue(any("invented numbers" in w for w in words), name)

    def test_objective_is_measured_from_the_lowest_seen(self):
        lowest = min(np.nanmin(s.columns["objective"]) for s in self.data.series)
        ax = self.draw(overview).axes[0]
        self.assertIn(f"{lowest:.5g}", ax.get_ylabel())
        self.assertEqual(ax.get_yscale(), "log")
        mean = curves.over_seeds(self.data.of("ramda"), "objective")[1]
        np.testing.assert_allclose(ax.lines[0].get_ydata(), mean - lowest, rtol=1e-12)

    def test_flat_objective_stays_linear(self):
        folder, rows = self.copy()
        column = rows[0].index("objective")
        for i, row in enumerate(rows[1:]):
            row[column] = str(2 + 0.1 * np.cos(i))
        write_rows(folder, rows)
        ax = self.draw(overview, read(folder)).axes[0]
        self.assertEqual((ax.get_yscale(), ax.get_ylabel()), ("linear", "F"))

    def test_zoom_shows_the_last_tenth_but_five_epochs_at_least(self):
        for epochs, first in ((40, 36), (200, 181), (3, 1), (1, 1)):
            data = read(write_run(tempfile.mkdtemp(dir=self.scratch), epochs, (1,),
                                  {"ramda": METHODS["ramda"]}, side=4))
            ax = self.draw(zoom, data).axes[0]
            self.assertEqual(ax.lines[0].get_xdata()[0], first)

    def test_zoom_without_a_late_observation(self):
        folder, rows = self.copy()
        for row in rows[1:]:
            if int(row[2]) > 30:
                row[rows[0].index("test_accuracy")] = ""
        write_rows(folder, rows)
        self.assertEqual(len(self.draw(zoom, read(folder)).axes), 2)

    def test_names_beside_curves_do_not_collide(self):
        rng = np.random.default_rng(5)
        for n in range(1, 15):
            heights = np.sort(rng.beta(0.3, 0.3, n))
            moved = np.array(zoom.spread(list(heights), 0.068))
            self.assertTrue((np.diff(moved) >= 0.068 - 1e-12).all())
            self.assertTrue(moved.min() > -1e-12 and moved.max() < 1 + 1e-12)
        self.assertEqual(zoom.spread([0.1, 0.5, 0.9], 0.068), [0.1, 0.5, 0.9])

    def test_curves_differ_without_colour(self):
        def grey(k):
            return tuple(str(style.strokes(k)[key]) for key in ("marker", "linestyle"))
        self.assertEqual(len({grey(k) for k in range(64)}), 64)

    def test_tick_texts(self):
        cases = {0: "0", 1e-14: "$10^{-14}$", 5e-14: r"$5{\cdot}10^{-14}$",
                 3 * 1e-4: r"$3{\cdot}10^{-4}$", -2e6: r"$-2{\cdot}10^{6}$", 1e6: "$10^{6}$"}
        for value, text in cases.items():
            self.assertEqual(curves.power(value), text)

    def test_names_with_dollars_and_many_of_them(self):
        methods = {f"m$_{k}$ of a long name": METHODS["ramda"] for k in range(11)}
        data = read(write_run(tempfile.mkdtemp(dir=self.scratch), 8, (1,), methods, side=4))
        for module in (overview, zoom, signatures):
            figure = self.draw(module, data)
            figure.draw(figure.canvas.get_renderer())


class Structure(WithRun):
    def test_last_change(self):
        rng = np.random.default_rng(11)
        live = rng.random((9, 200)) < np.linspace(0.02, 0.98, 200)
        got = signatures.last_change(live)
        for unit in range(200):
            rows = [e for e in range(1, 9) if live[e, unit] != live[e - 1, unit]]
            self.assertEqual(got[unit], max(rows, default=0))

    def test_order(self):
        rng = np.random.default_rng(12)
        final, changed = rng.random(300) < 0.4, rng.integers(0, 50, 300)
        order = signatures.order(final, changed)
        alive = int(final.sum())
        self.assertEqual(sorted(order), list(range(300)))
        self.assertTrue(final[order[:alive]].all() and not final[order[alive:]].any())
        self.assertTrue((np.diff(changed[order[:alive]]) >= 0).all())
        self.assertTrue((np.diff(changed[order[alive:]]) <= 0).all())

    def test_shrinking_averages(self):
        rng = np.random.default_rng(13)
        image = (rng.random((2500, 1200)) < 0.3).astype(float)
        small = signatures.shrink(image)
        self.assertTrue(small.shape[0] <= 400 and small.shape[1] <= 300)
        self.assertAlmostEqual(small.mean(), image.mean(), places=3)
        same = image[:100, :50]
        np.testing.assert_array_equal(signatures.shrink(same), same)

    def test_raster_and_its_words(self):
        figure = self.draw(signatures)
        for ax, (algorithm, mask) in zip(figure.axes, self.data.masks().items()):
            image = np.asarray(ax.images[0].get_array())
            np.testing.assert_array_equal(image.sum(0), mask.live.sum(1))
            self.assertTrue((np.diff(image[:, -1]) <= 0).all(), "live at the end lie on top")
            rows = [e for e in range(1, len(mask.live)) if (mask.live[e] != mask.live[e - 1]).any()]
            self.assertIn(f"last change: epoch {mask.epoch[rows[-1]]}",
                          [t.get_text() for t in ax.texts], algorithm)

    def test_pixels_show_norms_and_exact_zeros(self):
        figure = self.draw(pixels)
        for ax, mask in zip(figure.axes, self.data.masks().values()):
            shown = ax.images[0]
            image = shown.get_array()
            norms = np.sqrt((mask.weight**2).sum(0)).reshape(image.shape)
            np.testing.assert_array_equal(np.ma.getmaskarray(image), norms == 0)
            np.testing.assert_allclose(image.compressed(), norms[norms > 0])
            tones = shown.to_rgba(image)
            is_zero_tone = np.isclose(tones, to_rgba(pixels.ZERO)).all(2)
            np.testing.assert_array_equal(is_zero_tone, norms == 0)

    def test_small_norms_are_no_zeros(self):
        weight = np.zeros((2, 4))
        weight[1, 2] = 1e-300
        picture = pixels.picture(weight, (2, 2))
        self.assertEqual(np.ma.getmaskarray(picture).ravel().tolist(), [True, True, False, True])

    def test_grey_zero_is_lighter_than_any_norm(self):
        def grey(colour):
            return np.dot(to_rgba(colour)[:3], (0.299, 0.587, 0.114))
        tones = [grey(pixels.TONES(t)) for t in np.linspace(0, 1, 50)]
        self.assertTrue((np.diff(tones) < 0).all())
        self.assertGreater(grey(pixels.ZERO) - max(tones), 0.15)

    def test_outline_is_the_border_of_the_support(self):
        figure = self.draw(pixels)
        mask = next(iter(self.data.masks().values()))
        known = np.pad(mask.known.reshape(mask.image), 1)
        borders = sum(known[i, j] != known[i + di, j + dj] for di, dj in ((0, 1), (1, 0))
                      for i in range(known.shape[0] - di) for j in range(known.shape[1] - dj))
        edges = figure.axes[0].collections[0].get_segments()
        self.assertEqual(len(edges), borders)
        for (x0, y0), (x1, y1) in edges:
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            dx, dy = (0.5, 0) if x0 == x1 else (0, 0.5)
            sides = {bool(known[round(y + s * dy) + 1, round(x + s * dx) + 1]) for s in (-1, 1)}
            self.assertEqual(sides, {True, False})

    def test_no_image_no_pixels(self):
        folder, _ = self.copy()
        for path in folder.glob("*/masks.h5"):
            with h5py.File(path, "r+") as file:
                file["weight"].attrs["image_height"] = 0
        with self.assertRaises(run.Absent):
            pixels.draw(read(folder))


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)
