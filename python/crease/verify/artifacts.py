"""The files of a run folder. What a crease HDF5 file holds is read with h5py, its checksum from the bytes."""

import csv
import json
import os
import zlib
from dataclasses import dataclass

import h5py
import numpy as np

from . import Trouble, Unchecked

HEAD_BYTES = 512


@dataclass
class Run:
    """One algorithm with one seed."""

    name: str
    folder: str
    method: dict
    seed: int

    def path(self, file):
        return os.path.join(self.folder, file)


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except OSError as error:
        raise Trouble(f"{path}: {error.strerror}") from None
    except ValueError:
        raise Trouble(f"{path} is not JSON") from None


def runs(folder, config):
    """The runs that the configuration names and the folder holds."""
    found = []
    for method in config.get("algorithms") or []:
        for seed in config.get("seeds") or []:
            name = f"{method.get('label')}-{seed}"
            if os.path.isdir(os.path.join(folder, name)):
                found.append(Run(name, os.path.join(folder, name), method, seed))
    return found


def last_values(path):
    """{column: (epoch, text)} of the last row of a trace that has a value there."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise Unchecked(f"trace.csv: {error.strerror}") from None
    found = {}
    for row in rows:
        for column, text in row.items():
            if column not in ("algorithm", "seed", None) and text:
                found[column] = float(row["epoch"]), float(text)
    return found


class Store:
    """The arrays of an HDF5 file, and whether its checksum is right."""

    def __init__(self, path):
        if not os.path.exists(path):
            raise Unchecked(f"there is no {os.path.basename(path)}")
        self.path = path
        with open(path, "rb") as file:
            data = file.read()
        self.stated = data[:HEAD_BYTES].split(b"\n")[0].decode("latin-1")
        rest = data[HEAD_BYTES:]
        self.actual = f"crease 1 {len(rest)} bytes crc32 {zlib.crc32(rest):08x}"
        try:
            with h5py.File(path, "r") as file:
                self.arrays = {name: file[name][()] for name in file if isinstance(file[name], h5py.Dataset)}
                self.attributes = dict(file.attrs)
        except (OSError, ValueError) as error:
            raise Trouble(f"{path} is no HDF5 file that can be read: {error}") from None

    def __contains__(self, name):
        return name in self.arrays

    def __getitem__(self, name):
        if name not in self.arrays:
            raise Unchecked(f"{os.path.basename(self.path)} has no '{name}'")
        return self.arrays[name]

    def number(self, name):
        return float(np.ravel(self[name])[0])
