"""Captures as h5py reads them: every array and attribute is where docs/captures.md says, of the documented type, and the
numbers make the subproblem whose answer `crease solve` gives, by NumPy alone.

Ends with the counts "N passed, N failed, N skipped"; exit 77 (skipped) where h5py or the program is missing.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("CREASE_PROGRAM")
try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f"skipped: {error}\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)
if not PROGRAM:
    print("skipped: CREASE_PROGRAM does not name the program\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)

EXPERIMENT = """
problem: {type: softmax, data: planted, planted_rows: 400, planted_test_rows: 100, planted_cols: 30, planted_live: 8,
          planted_classes: 3}
schedule: {epochs: 2, batch: 32}
backend: %s
algorithms: [{type: ramda}, {type: rmda}, {type: proxgen, lr: 1e-2, solver: pg}]
regularizers: [{block: weight, type: %s, lambda: 1e-2, groups: %s}]
"""


def documented(title):
    """Rows of the table of docs/captures.md whose first heading is this: name -> the other cells."""
    rows, inside = {}, False
    for line in (ROOT / "docs/captures.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == title:
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and set(line) - set("|- "):
            types = cells[-2].split(", ") * 20
            for name, kind in zip(re.findall(r"`([^`]+)`", cells[0]), types):
                rows[name] = kind
    return rows


def groups_of(file):
    """Lists of entries, written from the documentation's formula."""
    g = file["groups"]
    a = {key: int(value) for key, value in g.attrs.items() if key not in ("layout", "uniform_weight")}
    if g.attrs["layout"] != b"strided":
        start = g["start"][:].astype(int)
        index = g["index"][:] if "index" in g else np.arange(start[-1])
        return [index[start[k]:start[k + 1]] for k in range(a["count"])]
    return [np.array([a["offset"] + k * a["group_stride"] + o * a["outer_stride"] + i * a["inner_stride"]
                      for o in range(a["outer"]) for i in range(a["inner"])]) for k in range(a["count"])]


class Capture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = pathlib.Path(cls.folder.name)
        (root / "labels.txt").write_text(" ".join(str((7 * i) % 11 - 1) for i in range(90)))
        cls.files = []
        for name, backend, psi, groups in (("cols", "cpu-f32", "group_l2", "cols"),
                                           ("wide", "cpu-f64", "group_l2", "rows"),
                                           ("lists", "cpu-f64", "group_l2", str(root / "labels.txt")),
                                           ("entries", "cpu-f32", "l1", "elements")):
            (root / f"{name}.yaml").write_text(EXPERIMENT % (backend, psi, groups))
            done = subprocess.run([PROGRAM, "run", root / f"{name}.yaml", "-q", "-o", root / name, "--capture",
                                   f"{root / name}-captures:steps=1/middle/last"], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            cls.files += sorted((root / f"{name}-captures").glob("*.h5"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_three_steps_of_three_methods(self):
        self.assertEqual(len(self.files), 4 * 3 * 3)

    def test_everything_is_documented(self):
        arrays = documented("array")
        attributes = {"/": documented("attribute of `/`"), "groups": documented("attribute of `groups`")}
        self.assertTrue(arrays and all(attributes.values()))
        types = {"uint64": np.uint64, "uint32": np.uint32, "float64": np.float64}
        for path in self.files:
            with h5py.File(path) as f:
                real = f.attrs["precision"].decode()
                found = []
                f.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
                for name in found:
                    key = "settings/NAME" if name.startswith("settings/") else name
                    kind = arrays[key]
                    self.assertEqual(f[name].dtype, np.dtype(real if kind == "real" else types[kind]), name)
                    if "/" not in name:
                        self.assertEqual(f[name].shape, (f.attrs["n"],))
                for place, rows in attributes.items():
                    for name, value in f[place].attrs.items():
                        self.assertIsInstance(value, np.bytes_ if rows[name] == "text" else types[rows[name]], name)
                    if place == "/":
                        self.assertEqual(set(f.attrs), set(rows))

    def test_c_is_the_centre_and_the_linear_term(self):
        for path in self.files:
            with h5py.File(path) as f:
                d = f["d"][:] if "d" in f else np.full(f.attrs["n"], f.attrs["scalar"])
                d, x0, v = (np.asarray(a, float) for a in (d, f["x0"][:], f["v"][:]))
                roundoff = np.finfo(f["c"].dtype).eps
                error = np.abs(f["c"][:] - (d * x0 - v))
                self.assertTrue(np.all(error <= 4 * roundoff * (np.abs(d * x0) + np.abs(v)) + 1e-37), path.name)

    def test_the_answer_is_the_minimizer(self):
        """0 in D x - c + w lambda weight x/|x| for live groups, |c| <= w lambda weight for those at zero."""
        zeros = 0
        for path in self.files:
            answer = path.with_suffix(".npy")
            done = subprocess.run([PROGRAM, "solve", path, "-o", answer, "--json"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            x = np.load(answer).astype(float)
            with h5py.File(path) as f:
                self.assertEqual(np.load(answer).dtype, f["c"].dtype)
                c = f["c"][:].astype(float)
                d = f["d"][:].astype(float) if "d" in f else np.full(f.attrs["n"], f.attrs["scalar"])
                slope = f.attrs["w"] * f.attrs["scale"] * float(f["settings"].attrs["lambda"])
                uniform = f["groups"].attrs["uniform_weight"]
                weights = f["groups/weights"][:] if "weights" in f["groups"] else np.full(len(groups_of(f)), uniform)
                tolerance = 64 * np.finfo(f["c"].dtype).eps
                for g, weight in zip(groups_of(f), weights):
                    size = np.linalg.norm(c[g]) + slope * weight
                    if not np.any(x[g]):
                        zeros += 1
                        self.assertLessEqual(np.linalg.norm(c[g]), slope * weight + tolerance * size)
                    else:
                        rest = d[g] * x[g] - c[g] + slope * weight * x[g] / np.linalg.norm(x[g])
                        self.assertLessEqual(np.linalg.norm(rest), tolerance * size)
                self.assertEqual(json.loads(done.stdout)["groups"], f["groups"].attrs["count"])
        self.assertGreater(zeros, 0)

    def test_lists_say_where_their_entries_are(self):
        lists = [path for path in self.files if path.parent.name == "lists-captures"]
        labels = np.array([(7 * i) % 11 - 1 for i in range(90)])
        for path in lists:
            with h5py.File(path) as f:
                where = f["position"][:]
                self.assertEqual(f["groups"].attrs["layout"], b"segments")
                for k, g in enumerate(groups_of(f)):
                    self.assertEqual(list(where[g]), list(np.flatnonzero(labels == k)))


if __name__ == "__main__":
    result = unittest.main(exit=False, argv=[sys.argv[0]]).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed, {len(result.skipped)} skipped")
    sys.exit(1 if failed else 0)
