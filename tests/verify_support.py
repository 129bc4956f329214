"""What the tests of crease verify share: small data, experiments on them, and the count at the end. Exits with 77
(skipped) where NumPy or h5py is missing, or CREASE_PROGRAM names no program.
"""

import gzip
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "python"))
PROGRAM = os.environ.get("CREASE_PROGRAM", "")
try:
    import h5py  # noqa: F401
    import numpy as np
    if not os.access(PROGRAM, os.X_OK):
        raise ImportError("CREASE_PROGRAM names no program")
except ImportError as error:
    print(f"skipped: {error}\n0 passed, 0 failed, 1 skipped")
    sys.exit(77)

from crease.verify import runs  # noqa: E402

HISTORY = {"step", "stage", "epoch_s", "train_s", "passes"}

EXPERIMENT = """name: small
backend: {backend}
problem: {{{problem}}}
regularizers:
{terms}
schedule: {{epochs: 3, batch: 16}}
seeds: [1]
observe: {{diagnostics: [sparsity, identification, stationarity], full_gradient_every: 2}}
algorithms:
  - {{type: proxsgd, lr: {lr}}}
  - {{type: rmda, lr: {lr}, momentum: 0.3}}
"""

# problem, its settings, regularizers, learning rate
CASES = {
    "lasso": ("least_squares", "data: numbers.csv, normalize: standard", "{type: l1, lambda: 0.05}", 0.05),
    "lasso-ridge": ("least_squares", "data: numbers.csv, normalize: columns, bias: false, ridge: 0.01",
                    "{type: elastic_net, lambda: 0.4, tau: 0.1}", 0.05),
    "svm": ("svm_squared_hinge", "data: signs.txt, test: signs.txt.gz, normalize: rows",
            "{type: sparse_group, lambda1: 0.003, lambda2: 0.002, groups: 'size:3'}", 0.3),
    "logistic": ("logistic", "data: signs.txt, test: signs.txt.gz, ridge: 0.001",
                 "{type: group_l2, lambda: 0.12, groups: 'size:2', group_weights: one}", 0.2),
    "logistic-relative": ("logistic", "data: signs.txt",
                          "{type: group_l2, lambda: 0.5, groups: 'fraction:0.4', relative: 0.3}", 0.2),
    "lasso-relative": ("least_squares", "data: numbers.csv, normalize: standard",
                       "{type: l1, lambda: 2, relative: 0.2}", 0.05),
    "sigmoid": ("sigmoid", "data: signs.txt", "{type: group_elastic_net, lambda: 0.001, tau: 0.02, groups: 'size:2'}",
                0.5),
    "huber": ("huber_regression", "data: numbers.csv, normalize: standard, huber_delta: 0.5",
              "{type: nonneg_group, lambda: 0.02, groups: 'size:3'}", 0.1),
    "poisson": ("poisson", "data: planted, planted_rows: 90, planted_cols: 9, planted_live: 3, planted_test_rows: 30",
                "{type: nonneg}", 0.02),
    "box": ("least_squares", "data: planted, planted_rows: 90, planted_cols: 9, planted_live: 3, planted_test_rows: 30",
            "{type: box, lower: -0.1, upper: 0.2}", 0.1),
    "softmax-relative": ("softmax", "data: planted, planted_rows: 200, planted_cols: 16, planted_live: 5, "
                         "planted_classes: 3", "{type: group_l2, lambda: 1, groups: cols, relative: 0.2}", 0.2),
    "softmax": ("softmax", "data: planted, planted_rows: 200, planted_cols: 16, planted_live: 5, planted_classes: 4, "
                "planted_test_rows: 50", "{type: group_l2, lambda: 0.02, groups: cols}", 0.1),
    "images": ("softmax", "data: mnist, bias: false", "{type: l1, lambda: 0.004}", 0.05),
    "low-rank": ("softmax", "data: mnist", "{type: nuclear, lambda: 0.02, groups: all, rows: 3}", 0.05),
    "two-terms": ("softmax", "data: mnist", "{type: group_l2, lambda: 0.01, groups: rows}\n"
                  "  - {block: bias, type: l1, lambda: 0.01}", 0.05),
    "none": ("logistic", "data: signs.txt", "{type: none}", 0.2),
}


def write_data(folder):
    rng = np.random.default_rng(7)
    table = rng.standard_normal((60, 12)) * rng.uniform(0.5, 3, 12) + 1
    target = table[:, :4] @ rng.standard_normal(4) + 0.3 * rng.standard_normal(60)
    head = ",".join(f"c{j}" for j in range(12)) + ",y\n"
    (folder / "numbers.csv").write_text(head + "".join(
        ",".join(f"{v:.17g}" for v in (*row, y)) + "\n" for row, y in zip(table, target)))
    lines = []
    for i in range(80):
        kept = np.flatnonzero(rng.random(12) < 0.6)
        values = np.round(rng.standard_normal(len(kept)), 3)
        label = 1 if values.sum() + 0.5 * rng.standard_normal() > 0 else 0
        lines.append(f"{label} " + " ".join(f"{j + 1}:{v:g}" for j, v in zip(kept, values)) + "\n")
    (folder / "signs.txt").write_text("# a comment\n" + "".join(lines[:60]))
    with gzip.open(folder / "signs.txt.gz", "wt") as file:
        file.writelines(lines[60:])
    write_images(folder / "mnist", rng)


def write_images(folder, rng):
    folder.mkdir()
    for name, rows in ("train", 70), ("t10k", 20):
        label = np.arange(rows, dtype=np.uint8) % 3
        pixels = np.clip(rng.integers(0, 120, (rows, 4, 4)) + 60 * label[:, None, None], 0, 255).astype(np.uint8)
        with gzip.open(folder / f"{name}-images-idx3-ubyte.gz", "wb") as file:
            file.write(struct.pack(">4I", 0x803, rows, 4, 4) + pixels.tobytes())
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, rows) + label.tobytes())


def crease(*arguments, status=0):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != status:
        raise AssertionError(f"crease {arguments} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done


def run_case(data, out, case, backend="cpu-f64"):
    kind, words, term, lr = CASES[case]
    file = out.parent / f"{out.name}.yaml"
    file.write_text(EXPERIMENT.format(backend=backend, problem=f"type: {kind}, {words}", terms=f"  - {term}", lr=lr))
    crease("run", file, "--data", data, "--out", out, "--quiet")
    return out


class Scratch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.scratch = pathlib.Path(holder.name)
        cls.data = cls.scratch / "data"
        cls.data.mkdir()
        write_data(cls.data)

    def verify(self, folder, data=None):
        checked = runs.Folder(str(folder), str(data or self.data))
        return checked, checked.check()


def seal(path):
    """The checksum of what the file holds now."""
    data = path.read_bytes()[512:]
    head = f"crease 1 {len(data)} bytes crc32 {zlib.crc32(data):08x}\n".encode()
    path.write_bytes(head.ljust(512, b"\0") + data)


def finish():
    """Run the tests of the program; the last line counts them."""
    result = unittest.main(exit=False, verbosity=1).result
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)
