"""The problems, each stated once for everybody: arrays for Python, a file for Crease."""

import dataclasses
import gzip
import pathlib

import numpy as np

import certificates

GROUP = 5   # consecutive columns in a group
SUBSET = 2000  # rows of MNIST


@dataclasses.dataclass
class Case:
    """min f(w) + sum_g lambdas_g |w_g|, without an intercept."""
    name: str
    loss: str           # logistic or softmax
    X: object           # rows x columns: scipy CSR or an array
    y: np.ndarray       # -1, +1; or classes from 0
    file: str           # the same for Crease
    groups: np.ndarray  # of each entry of w
    weights: np.ndarray
    penalty: float      # lambda

    @property
    def lambdas(self):
        return self.penalty * self.weights

    @property
    def is_l1(self):
        return len(self.weights) == len(self.groups)

    def certificate(self, w):
        _, gradient = certificates.LOSSES[self.loss](self.X, self.y, w)
        return certificates.subgradient(w, gradient, self.groups, self.lambdas)


# name: (loss, data, how entries are grouped, share of the lambda that makes the solution zero, run unless --only says
# otherwise)
CASES = {
    "a9a-l1-0.1": ("logistic", "a9a", "entries", 0.1, True),
    "a9a-l1-0.01": ("logistic", "a9a", "entries", 0.01, True),
    "w8a-l1-0.1": ("logistic", "w8a", "entries", 0.1, True),
    "w8a-l1-0.01": ("logistic", "w8a", "entries", 0.01, True),
    "a9a-groups-0.1": ("logistic", "a9a", "runs", 0.1, True),
    "w8a-groups-0.1": ("logistic", "w8a", "runs", 0.1, True),
    "mnist-columns-0.1": ("softmax", "mnist", "columns", 0.1, True),
    "planted-l1": ("logistic", "planted", "entries", 0.1, False),
    "planted-groups": ("logistic", "planted", "runs", 0.1, False),
    "planted-columns": ("softmax", "planted-classes", "columns", 0.1, False),
}


def load(name, folder, scratch):
    """The case; FileNotFoundError where its data are not in `folder`. scratch: where files are made."""
    loss, data, grouping, share, _ = CASES[name]
    X, y, file = read(data, pathlib.Path(folder), pathlib.Path(scratch))
    columns = X.shape[1]
    classes = 1 if loss == "logistic" else int(y.max()) + 1
    if grouping == "columns":
        groups = np.tile(np.arange(columns), classes)
    else:
        groups = np.arange(columns) // (1 if grouping == "entries" else GROUP)
    sizes = np.bincount(groups)
    weights = np.ones(len(sizes)) if grouping == "entries" else np.sqrt(sizes)
    _, gradient = certificates.LOSSES[loss](X, y, np.zeros(classes * columns))
    penalty = share * certificates.largest_lambda(gradient, groups, weights)
    return Case(name, loss, X, y, str(file), groups, weights, penalty)


def read(data, folder, scratch):
    if data == "mnist":
        return mnist(folder, scratch)
    if data.startswith("planted"):
        return planted(scratch, 3 if data == "planted-classes" else 2)
    file = folder / "libsvm" / f"{data}.gz"
    return *libsvm(file), file


def libsvm(path):
    """Rows as a scipy CSR matrix, labels -1 and +1."""
    from scipy.sparse import csr_matrix
    labels, starts, columns, values = [], [0], [], []
    with gzip.open(path, "rt") as file:
        for line in file:
            label, *pairs = line.split()
            labels.append(float(label))
            for pair in pairs:
                column, value = pair.split(":")
                columns.append(int(column) - 1)
                values.append(float(value))
            starts.append(len(values))
    return csr_matrix((np.array(values), columns, starts)), np.where(np.array(labels) > min(labels), 1.0, -1.0)


def mnist(folder, scratch):
    """The first rows of the test set, pixels between 0 and 1."""
    def idx(name, head):
        with gzip.open(folder / "mnist" / name) as file:
            return np.frombuffer(file.read(), np.uint8, offset=head)
    X = idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 784)[:SUBSET] / 255.0
    y = idx("t10k-labels-idx1-ubyte.gz", 8)[:SUBSET].astype(np.int64)
    return X, y, as_csv(scratch / "mnist.csv", X, y)


def planted(scratch, classes):
    """A small problem whose first columns carry the signal."""
    draw = np.random.default_rng(classes)
    X = draw.standard_normal((300, 20))
    W = np.zeros((classes, 20))
    W[:, :4] = draw.standard_normal((classes, 4))
    y = np.argmax(X @ W.T + 0.3 * draw.standard_normal((300, classes)), axis=1)
    file = as_csv(scratch / f"planted-{classes}.csv", X, y)
    return X, (2.0 * y - 1 if classes == 2 else y), file


def as_csv(path, X, y):
    """Written once, whole under its name; the label is the last column."""
    if not path.exists():
        part = path.with_suffix(".part")
        np.savetxt(part, np.column_stack([X, y]), "%.17g", ",")
        part.rename(path)
    return path
