"""Reading a run directory: trace.csv, summary.json and the masks.h5 of each algorithm and seed.

Only what a directory holds is used; no setting is read. An observation that was not made is NaN.
"""

import csv
import io
import json
import os
import re
from dataclasses import dataclass

import h5py
import numpy as np

CUT_SHORT = ("diverged", "failed", "interrupted")


class RunError(Exception):
    """The run directory is unusable; the sentence says what and where."""


class Absent(Exception):
    """What a figure shows is not in this run; the sentence says what is missing."""


@dataclass
class Series:
    """One algorithm on one seed: columns[name][i] was observed at epoch[i], epochs increasing."""

    algorithm: str
    seed: int
    epoch: np.ndarray
    columns: dict


@dataclass
class Masks:
    """What survives, of one algorithm and seed.

    live[e, u]: unit u of W-hat is nonzero at epoch[e].
    """

    seed: int
    epoch: np.ndarray
    live: np.ndarray
    weight: np.ndarray  # (classes, columns), or None
    image: tuple  # (height, width), or None when the columns are no image or not finite
    known: np.ndarray  # true support over the columns, or None


@dataclass
class Run:
    directory: str
    name: str
    source: str
    series: list
    outcome: dict  # (algorithm, seed) -> how it ended, in a word
    note: str  # a sentence for the reader, or ""

    @property
    def algorithms(self):
        return list(dict.fromkeys(s.algorithm for s in self.series))

    @property
    def seeds(self):
        return sorted({s.seed for s in self.series})

    @property
    def last_epoch(self):
        return max(s.epoch[-1] for s in self.series)

    @property
    def seed_words(self):
        seeds = self.seeds
        if len(seeds) == 1:
            return f"seed {seeds[0]}"
        return f"{len(seeds)} seeds (line: mean, band: min to max)"

    def of(self, algorithm):
        return [s for s in self.series if s.algorithm == algorithm]

    def has(self, column):
        return any(np.isfinite(s.columns[column]).any() for s in self.series)

    def label(self, algorithm):
        """The name for a legend, with a word about seeds that did not reach the end."""
        ends = [self.outcome.get((algorithm, s.seed)) for s in self.of(algorithm)]
        words = [word if len(ends) == 1 else f"{ends.count(word)} of {len(ends)} {word}"
                 for word in CUT_SHORT if word in ends]
        return f"{algorithm} ({', '.join(words)})" if words else algorithm

    @property
    def labels(self):
        return [self.label(a) for a in self.algorithms]

    def stage_boundaries(self):
        """Epochs (half-integers) between which the column stage changes."""
        found = set()
        for s in self.series:
            stage = s.columns["stage"]
            seen = np.isfinite(stage)
            epoch, stage = s.epoch[seen], stage[seen]
            jumps = np.flatnonzero(np.diff(stage)) + 1
            found.update((epoch[jumps] + epoch[jumps - 1]) / 2)
        return sorted(found)

    def masks(self):
        """{algorithm: Masks} for the first seed of each algorithm that has a masks.h5."""
        found = {}
        for s in sorted(self.series, key=lambda s: s.seed):
            path = os.path.join(self.directory, f"{s.algorithm}-{s.seed}", "masks.h5")
            if s.algorithm not in found and os.path.exists(path):
                found[s.algorithm] = read_masks(path, s)
        return {a: found[a] for a in self.algorithms if a in found}


def seed_of(masks):
    seeds = {m.seed for m in masks.values()}
    return f"seed {seeds.pop()}" if len(seeds) == 1 else "first seed of each"


def read_run(directory, columns):
    """The run with the named columns; other columns of the trace are not looked at."""
    if not os.path.isdir(directory):
        raise RunError(f"{directory}: no such directory")
    series, note = read_trace(os.path.join(directory, "trace.csv"), {*columns, "stage"})
    summary = read_summary(os.path.join(directory, "summary.json"))
    runs = [r for r in summary.get("runs", []) if isinstance(r, dict)]
    problem = summary.get("problem")
    return Run(
        directory=directory,
        name=str(summary.get("name") or os.path.basename(os.path.abspath(directory))),
        source=short(str(problem.get("source", ""))) if isinstance(problem, dict) else "",
        series=series,
        outcome={(r.get("algorithm"), r.get("seed")): r.get("outcome") for r in runs},
        note=note,
    )


def short(source):
    """The words of the source with long paths cut to the folder and the file."""
    return re.sub(r"\S*/(\S+/\S+)", r"\1", source)


def read_summary(path):
    """The summary as a dictionary; empty where the run has not written one yet."""
    try:
        with open(path, encoding="utf-8") as file:
            summary = json.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: not readable as JSON: {error}") from None
    if not isinstance(summary, dict):
        raise RunError(f"{path}: holds no JSON object")
    return summary


def read_trace(path, columns):
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
    except FileNotFoundError:
        raise RunError(f"{path}: no such file: is this a run directory?") from None
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: {error}") from None
    whole, note = text[: text.rfind("\n") + 1], ""
    if len(whole) < len(text):
        # A run that was killed may leave half a line behind; --resume cuts it off as well.
        note = f"{path}: the unfinished last line is left out"
    gathered, wanted = gather(path, whole, columns)
    if not gathered:
        raise RunError(f"{path}: holds no observation")
    return [make_series(key, rows, wanted, columns) for key, rows in gathered.items()], note


def gather(path, text, columns):
    """gathered[algorithm, seed][epoch] = numbers of the wanted columns, {name: index} of those."""
    rows = csv.reader(io.StringIO(text, newline=""))
    gathered, wanted = {}, {}
    try:
        header = next(rows, None)
        if header is None:
            return {}, {}
        for name in ("algorithm", "seed", "epoch"):
            if name not in header:
                raise RunError(f"{path}:1: no column '{name}' in the header")
        wanted = {name: header.index(name) for name in sorted(columns) if name in header}
        for row in rows:
            gather_row(f"{path}:{rows.line_num}", header, wanted, row, gathered)
    except csv.Error as error:
        raise RunError(f"{path}:{rows.line_num}: {error}") from None
    return gathered, wanted


def gather_row(where, header, wanted, row, gathered):
    if len(row) != len(header):
        raise RunError(f"{where}: {len(row)} fields where the header names {len(header)} columns")
    algorithm = row[header.index("algorithm")]
    if not algorithm:
        raise RunError(f"{where}: column 'algorithm' is empty")
    seed = number(where, "seed", row[header.index("seed")], int)
    epoch = number(where, "epoch", row[header.index("epoch")], int)
    values = [number(where, name, row[i], float) for name, i in wanted.items()]
    gathered.setdefault((algorithm, seed), {})[epoch] = values


def number(where, name, text, kind):
    if text == "" and kind is float:
        return np.nan
    try:
        return kind(text)
    except ValueError:
        word = "an integer" if kind is int else "a number"
        raise RunError(f"{where}: column '{name}' holds '{text}', which is not {word}") from None


def make_series(key, rows, wanted, columns):
    epochs = sorted(rows)
    table = np.array([rows[e] for e in epochs]).reshape(len(epochs), len(wanted))
    table[~np.isfinite(table)] = np.nan  # a diverged run may write infinities: nothing to draw
    missing = np.full(len(epochs), np.nan)
    values = {name: missing for name in columns}
    values.update(zip(wanted, table.T))
    return Series(*key, np.array(epochs), values)


def read_masks(path, series):
    try:
        with h5py.File(path, "r") as file:
            live = np.asarray(file["signature_hat"]) != 0
            weight = np.asarray(file["weight"]) if "weight" in file else None
            attributes = dict(file["weight"].attrs) if weight is not None else {}
            known = np.asarray(file["known_columns"]) != 0 if "known_columns" in file else None
    except (OSError, KeyError, ValueError) as error:
        raise RunError(f"{path}: not readable as masks: {str(error).strip(chr(34))}") from None
    if live.ndim != 2 or live.size == 0:
        raise RunError(f"{path}: signature_hat has shape {live.shape}, not epochs x units")
    image = tuple(int(np.ravel(attributes.get(k, 0))[0]) for k in ("image_height", "image_width"))
    if weight is not None and weight.ndim != 2:
        raise RunError(f"{path}: weight has shape {weight.shape}, not classes x columns")
    if known is not None and (weight is None or known.shape != weight.shape[1:]):
        raise RunError(f"{path}: known_columns has shape {known.shape}, not one a weight column")
    return Masks(
        seed=series.seed,
        epoch=series.epoch if len(series.epoch) == len(live) else np.arange(1, len(live) + 1),
        live=live,
        weight=weight,
        image=image if min(image) > 0 and np.isfinite(weight).all() else None,
        known=known,
    )
