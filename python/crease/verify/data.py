"""Which data a problem names, and the rows as its loss sees them: z = (x, 1) w, in the normalization
asked for, in double (the definition; a backend may hold fewer bits)."""

import os
from dataclasses import dataclass

import numpy as np

from . import Trouble, Unchecked, generated, readers
from .arithmetic import segment_sums

COLLECTIONS = ("mnist", "fashion-mnist")
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
         "t10k-labels-idx1-ubyte")
ROUNDOFF = 2.0**-53
CHUNK_BYTES = 2**25

DEFAULTS = {
    "bias": True, "ridge": 0, "data": "auto", "test": "", "normalize": "auto", "label_column": -1,
    "planted_rows": 40000, "planted_test_rows": 5000, "planted_cols": 256, "planted_live": 60,
    "planted_noise": 0.1, "planted_seed": 1, "planted_classes": 10, "huber_delta": 1,
}


class Table:
    """Rows of numbers. noise[j] bounds how far an entry of column j in another implementation's table may
    be from the one here (logarithms and means differ in their last bits)."""

    def __init__(self, raw, target, shift, scale, unit_rows, noise):
        self.raw, self.target = raw, target
        self.rows, self.cols = raw.rows, raw.cols
        self.shift, self.scale, self.unit_rows, self.noise = shift, scale, unit_rows, noise
        if raw.is_sparse:
            self._map_sparse()

    @property
    def is_sparse(self):
        return self.raw.is_sparse

    def chunks(self):
        step = max(1, CHUNK_BYTES // (8 * max(self.cols, 1)))
        for i in range(0, self.rows, step):
            yield slice(i, min(i + step, self.rows))

    def dense(self, rows):
        part = (self.raw.dense[rows].astype(float) - self.shift) / self.scale
        if self.unit_rows:
            part /= length(np.sqrt((part**2).sum(axis=1, keepdims=True)))
        return part

    def _map_sparse(self):
        raw = self.raw
        self.value = raw.value / self.scale[raw.col]
        if self.unit_rows:
            size = length(np.sqrt(segment_sums(self.value**2, raw.start)))
            self.value = self.value / np.repeat(size, np.diff(raw.start))
        order = np.argsort(raw.col, kind="stable")
        count = np.bincount(raw.col, minlength=raw.cols)
        self.by_column = order, np.repeat(np.arange(raw.rows), np.diff(raw.start))[order], np.r_[0, count.cumsum()]


def length(size):
    return np.where(size == 0, 1, size)


@dataclass
class Data:
    train: Table
    test: Table  # or None
    classes: int  # 0 where the targets are numbers
    where: str


class Finder:
    """Looks for data where the run did: in a given folder, beside what the run named, in the usual places."""

    def __init__(self, folder=None, source=""):
        home = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
        self.places = [folder, os.environ.get("CREASE_DATA"), "../shared/data", os.path.join(home, "crease"), "."]
        self.given, self.source = folder, source

    def find(self, name):
        if name.startswith(("/", "./", "../")):
            found = [name]
        else:
            found = [os.path.join(place, name) for place in self.places if place]
            named = self.source.split(": ")[0]
            if named.endswith("/" + name):  # the place that the run names comes after a given one
                found.insert(1 if self.given else 0, named)
        for path in found:
            if os.path.exists(path):
                return path
        return None

    def need(self, name):
        path = self.find(name)
        if not path:
            raise Unchecked(f"the data '{name}' are not found; --data names their folder")
        return path

    def collection(self, name):
        """The four files, or None."""
        found = [self.find(f"{name}/{file}") or self.find(f"{name}/{file}.gz") for file in FILES]
        return found if all(found) else None


def load(problem, targets, finder):
    """The Data that the settings of a problem name. targets: classes, signs, numbers or counts."""
    settings = {**DEFAULTS, **problem}
    train, test, noise = choose(settings, targets, finder)
    classes = number_targets(train, test, targets, settings)
    maps = normalization(settings, train)
    tables = [Table(raw, raw.target, *maps[:3], maps[3] + noise * np.abs(maps[4])) if raw else None
              for raw in (train, test)]
    return Data(*tables, classes, train.path or "generated here")


def choose(settings, targets, finder):
    name = settings["data"]
    if name == "certified":
        raise Unchecked("data = certified cannot be rebuilt independently")
    if name == "auto" and targets == "classes" and not finder.source.startswith("planted data"):
        name = "mnist" if finder.collection("mnist") else "planted"
    if name in ("auto", "planted"):
        return *plant(settings, targets), generated.EXACT * ROUNDOFF
    if name in COLLECTIONS:
        files = finder.collection(name)
        if not files:
            raise Unchecked(f"the collection '{name}' is not found; --data names its folder")
        return readers.read_images(*files[:2]), readers.read_images(*files[2:]), 0
    return *read_files(settings, finder), 0


def read_files(settings, finder):
    def read(name, cols):
        path = finder.need(str(name))
        if path.endswith((".csv", ".csv.gz")):
            return readers.read_csv(path, settings["label_column"])
        return readers.read_libsvm(path, cols)

    train = read(settings["data"], 0)
    test = read(settings["test"], train.cols) if settings["test"] else None
    if test and (test.is_sparse != train.is_sparse or (test.cols != train.cols and not test.is_sparse)):
        raise Trouble(f"{test.path} does not have the columns of {train.path}")
    if test:
        train.cols = test.cols = max(train.cols, test.cols)
    return train, test


def plant(settings, targets):
    count = settings["planted_rows"]
    shape = [settings["planted_cols"], settings["planted_classes"] if targets == "classes" else 2,
             settings["planted_live"], settings["planted_noise"], settings["planted_seed"]]
    found = []
    for first, rows in (0, count), (count, settings["planted_test_rows"]):
        raw, weights = generated.planted(rows, *shape, first) if rows else (None, None)
        if raw and targets in ("numbers", "counts"):
            generated.plant_numbers(raw, weights, *shape[2:], first, targets == "counts")
        found.append(raw)
    return found


def number_targets(train, test, targets, settings):
    """Targets become class indices, or -1 and 1; returns the number of classes."""
    if targets in ("numbers", "counts"):
        return 0
    values = np.unique(train.target)
    if train.is_image:
        values = np.arange(values.max() + 1)
    elif not train.path:
        values = np.arange(settings["planted_classes"] if targets == "classes" else 2.0)
    for raw in (train, test) if test else (train,):
        at = np.searchsorted(values, raw.target)
        if (at == len(values)).any() or (values[at] != raw.target).any():
            raise Trouble(f"{raw.path}: a label that no training row has")
        raw.target = 2.0 * at - 1 if targets == "signs" else at
    if targets == "signs" and len(values) != 2:
        raise Trouble(f"{train.path}: {len(values)} classes, where two are needed")
    return len(values)


def normalization(settings, train):
    """shift, scale, whether rows get length 1, noise, and the largest size of an entry, by column."""
    rule = settings["normalize"]
    if rule == "auto":
        rule = "mnist" if train.is_image else "none"
    shift, scale, noise = np.zeros(train.cols), np.ones(train.cols), np.zeros(train.cols)
    if rule == "standard":
        shift, scale = standardize(train.dense)
        noise = (8 + 2 * np.sqrt(train.rows)) * ROUNDOFF * column_sizes(train) / scale
    elif rule == "mnist":
        shift, scale = shift + 255 * 0.1307, scale * (255 * 0.3081)
    elif rule == "unit":
        scale = scale * 255
    elif rule == "columns":
        scale = length(column_sizes(train))
    elif rule not in ("none", "rows"):
        raise Unchecked(f"normalize = {rule} is not known here")
    largest = (column_sizes(train) + np.abs(shift)) / scale if rule != "rows" else np.ones(train.cols)
    if rule == "rows":
        noise = noise + (8 + np.sqrt(train.cols)) * ROUNDOFF
    return shift, scale, rule == "rows", noise, largest


def column_sizes(raw):
    if not raw.is_sparse:
        return np.maximum(raw.dense.max(axis=0), -raw.dense.astype(np.int16 if raw.is_image else float).min(axis=0))
    largest = np.zeros(raw.cols)
    np.maximum.at(largest, raw.col, np.abs(raw.value))
    return largest


def standardize(dense):
    """Mean and deviation of each column in the wide type; constant columns stay as they are."""
    rows, constant = len(dense), (dense == dense[0]).all(axis=0)
    mean = sum_rows(dense, lambda part: part) / rows
    spread = np.sqrt(sum_rows(dense, lambda part: (part - mean) ** 2) / rows)
    return np.where(constant, 0, mean).astype(float), np.where(constant, 1, spread).astype(float)


def sum_rows(dense, function, step=4096):
    return sum(function(dense[i: i + step].astype(np.longdouble)).sum(axis=0) for i in range(0, len(dense), step))
