"""python3 -m crease.bench FILE.csv --out PICTURE: draw the table of `crease bench oracles`.

FILE.csv may be - for standard input. The suffix of PICTURE says the format: png, svg or pdf. Exit
codes: 0 drawn, 2 wrong use or bad input.
"""

import argparse
import csv
import os
import sys

KINDS = {"elements": "Single entries", "size:64": "Groups of 64", "64x64": "Matrices of 64 x 64",
         "all": "All entries at once", "windows": "Groups that overlap", "tree": "Groups that overlap"}
NUMBERS = ("n", "ns_per_element", "pass_ns_per_element")


class TableError(Exception):
    """Its text is one sentence for the user."""


def complain(sentence):
    print(f"crease bench: {sentence}", file=sys.stderr)
    return 2


class Parser(argparse.ArgumentParser):
    def error(self, message):
        sys.exit(complain(message))


def main(arguments=None):
    parser = Parser(prog="crease.bench", description="Draw the table of crease bench oracles.")
    parser.add_argument("table", metavar="FILE.csv", help="what --csv wrote; - for standard input")
    parser.add_argument("--out", metavar="PICTURE", required=True, help="a .png, .svg or .pdf")
    options = parser.parse_args(arguments)
    folder, name = os.path.split(options.out)
    stem, dot, suffix = name.rpartition(".")
    if not stem or suffix not in ("png", "svg", "pdf"):
        return complain(f"'{options.out}' ends in none of .png, .svg, .pdf")
    try:
        from . import oracles, style
    except ImportError as error:
        return complain(f"{error}: pictures need NumPy, matplotlib and h5py for {sys.executable}")
    try:
        style.save(oracles.draw(read(options.table)), folder, stem, [suffix])
    except TableError as error:
        return complain(error)
    except OSError as error:
        return complain(f"{error.filename or options.out}: {error.strerror or error}")
    except (ValueError, csv.Error) as error:
        return complain(f"{options.table}: {error}")
    return 0


def read(path):
    """{(panel, precision): {curve: [(n, ns per element, those of the pass), ...]}}; rows that failed
    hold no numbers and are left out."""
    file = sys.stdin if path == "-" else open(path, encoding="utf-8", newline="")
    path = "the table" if path == "-" else path
    with file:
        table = csv.DictReader(file)
        missing = {"member", "groups", "metric", "precision", *NUMBERS} - set(table.fieldnames or ())
        if missing:
            raise TableError(f"{path}: no column '{min(missing)}': not a table of oracles?")
        rows = list(table)
    metrics = {}
    for row in rows:
        metrics.setdefault(row["member"], set()).add(row["metric"])
    curves = {}
    for line, row in enumerate(rows, 2):
        if row["ns_per_element"] == "":
            continue
        try:
            point = tuple(float(row[name]) for name in NUMBERS)
        except (TypeError, ValueError):
            raise TableError(f"{path}: row {line} has no numbers where there should be some") from None
        if not 0 < min(point) <= max(point) < float("inf"):
            raise TableError(f"{path}: row {line} has a time or a size that is not positive")
        name = row["member"] + (f", {row['metric']}" if len(metrics[row["member"]]) > 1 else "")
        key = KINDS.get(row["groups"], row["groups"]), row["precision"]
        curves.setdefault(key, {}).setdefault(name, []).append(point)
    if not curves:
        raise TableError(f"{path}: holds no row with numbers")
    return curves


if __name__ == "__main__":
    sys.exit(main())
