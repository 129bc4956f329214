#!/usr/bin/env python3
"""How far the structure of each run is from that of the same method with exact inner solves.

    python3 experiments/compare_structure.py runs/inexactness

A run labelled METHOD-TEST is compared with METHOD-exact: units of W-hat's signature that differ at the end, the
same as a mean over all epochs, and how many change from one epoch to the next in the last fifth of the run.
"""

import csv
import pathlib
import statistics
import sys

import h5py


def signatures(folder, label, seed):
    with h5py.File(folder / f"{label}-{seed}" / "masks.h5", "r") as masks:
        return masks["signature_hat"][:]


def read_trace(folder):
    runs = {}
    with open(folder / "trace.csv", newline="", encoding="utf-8") as trace:
        for row in csv.DictReader(trace):
            runs.setdefault((row["algorithm"], row["seed"]), []).append(row)
    return runs


def mean(rows, column):
    return statistics.fmean(float(row[column]) for row in rows)


def main():
    folder = pathlib.Path(sys.argv[1])
    print(f"{'run':28s} {'sparsity %':>10s} {'differ':>7s} {'mean':>7s} {'restless':>9s} {'inner its':>10s} {'ms':>7s}")
    for (label, seed), rows in read_trace(folder).items():
        exact = signatures(folder, label.split("-")[0] + "-exact", seed)
        units = signatures(folder, label, seed)
        differ = (units != exact).sum(axis=1)
        print(f"{label:28s} {100 * float(rows[-1]['sparsity_hat_weighted']):10.2f} {differ[-1]:7d} {differ.mean():7.2f} "
              f"{mean(rows[-(len(rows) // 5):], 'hamming'):9.1f} {mean(rows, 'inner_iterations_mean'):10.1f} "
              f"{mean(rows, 'inner_solve_ms'):7.3f}")


if __name__ == "__main__":
    main()
