"""LIBSVM text, CSV and IDX, plain or gzip. A table is dense (float64, or bytes of images) or sparse
(start, col, value); targets are as written in the file."""

import gzip
import struct
from dataclasses import dataclass

import numpy as np

from . import Trouble


@dataclass
class Raw:
    rows: int
    cols: int
    target: np.ndarray
    dense: np.ndarray = None  # rows x cols, float64 or uint8
    start: np.ndarray = None
    col: np.ndarray = None
    value: np.ndarray = None
    path: str = ""

    @property
    def is_sparse(self):
        return self.dense is None

    @property
    def is_image(self):
        return self.dense is not None and self.dense.dtype == np.uint8


def read_bytes(path):
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with (gzip.open if packed else open)(path, "rb") as file:
            return file.read()
    except (OSError, EOFError) as error:
        raise Trouble(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def text_lines(path):
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Trouble(f"{path} is no text") from None
    return enumerate(text.split("\n"), 1)


def read_libsvm(path, cols=0):
    target, start, col, value = [], [0], [], []
    for number, line in text_lines(path):
        words = line.split("#")[0].split()
        if not words:
            continue
        try:
            target.append(float(words[0]))
            for word in words[1:]:
                index, text = word.split(":")
                col.append(int(index) - 1)
                value.append(float(text))
        except ValueError:
            raise Trouble(f"{path}:{number}: not of the form label index:value ...") from None
        start.append(len(col))
    if not target:
        raise Trouble(f"{path} holds no sample")
    col = np.array(col, dtype=np.int64)
    return Raw(len(target), max(cols, int(col.max(initial=-1)) + 1), np.array(target),
               start=np.array(start), col=col, value=np.array(value), path=path)


def is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return False


def read_csv(path, label_column=-1):
    table = []
    for number, line in text_lines(path):
        cells = [cell.strip() for cell in line.rstrip("\r").split(",")]
        if cells == [""]:
            continue
        if not table and not any(is_number(cell) for cell in cells):
            continue  # a header
        try:
            table.append([float(cell) for cell in cells])
        except ValueError:
            raise Trouble(f"{path}:{number}: a cell is no number") from None
        if len(table[-1]) != len(table[0]):
            raise Trouble(f"{path}:{number}: {len(table[-1])} columns where the lines above have "
                          f"{len(table[0])}")
    if not table:
        raise Trouble(f"{path} holds no sample")
    whole = np.array(table)
    label = label_column % whole.shape[1]
    return Raw(len(whole), whole.shape[1] - 1, whole[:, label].copy(),
               dense=np.delete(whole, label, axis=1), path=path)


def read_idx(path):
    data = read_bytes(path)
    if len(data) < 4 or data[:3] != b"\0\0\x08":
        raise Trouble(f"{path} is no IDX file of bytes")
    rank = data[3]
    shape = struct.unpack_from(f">{rank}I", data, 4)
    if len(data) != 4 + 4 * rank + int(np.prod(shape)):
        raise Trouble(f"{path}: {len(data)} bytes, where the header promises another number")
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_images(images, labels):
    pixels, label = read_idx(images), read_idx(labels)
    if len(pixels) != len(label):
        raise Trouble(f"{labels}: {len(label)} labels for {len(pixels)} images")
    flat = pixels.reshape(len(pixels), -1)
    return Raw(*flat.shape, label.astype(float), dense=flat, path=images)
