#!/usr/bin/env python3
"""Write a sparse LIBSVM text of any size, the same bytes for the same arguments.

    bench/big_libsvm.py FILE [--rows 100000] [--cols 100000] [--per-row 100] [--digits 5] [--seed 1]

Each row has a label -1 or +1 and per-row entries: one column from each of per-row stretches of equal length, values
uniform on (0, 1) with the given number of decimals. 10^6 rows make 1.3 GB and 10^8 entries. To measure the reader:

    bench/big_libsvm.py /tmp/big.svm --rows 1000000
    /usr/bin/time -v crease data describe /tmp/big.svm
"""
import argparse

import numpy as np

BLOCK = 1000  # rows drawn at a time


def write_rows(out, rng, rows, options):
    stretch = options.cols // options.per_row
    first = 1 + stretch * np.arange(options.per_row)
    column = first + rng.integers(0, stretch, size=(rows, options.per_row))
    scale = 10**options.digits
    value = rng.integers(1, scale, size=column.shape)
    label = np.where(rng.random(rows) < 0.5, "-1", "+1")
    entry = f" %d:0.%0{options.digits}d"
    line = "%s" + entry * options.per_row + "\n"
    pairs = np.stack([column, value], axis=2).reshape(rows, -1).tolist()
    out.write("".join(line % (y, *row) for y, row in zip(label.tolist(), pairs)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--rows", type=int, default=100000)
    parser.add_argument("--cols", type=int, default=100000)
    parser.add_argument("--per-row", type=int, default=100)
    parser.add_argument("--digits", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if min(options.rows, options.per_row, options.digits) < 1 or options.digits > 18:
        parser.error("rows, per-row and digits count from 1; digits to 18")
    if options.cols < options.per_row:
        parser.error("there are fewer columns than entries in a row")
    rng = np.random.default_rng(options.seed)
    with open(options.file, "w", encoding="ascii") as out:
        for start in range(0, options.rows, BLOCK):
            write_rows(out, rng, min(BLOCK, options.rows - start), options)


if __name__ == "__main__":
    main()
