"""python3 -m crease.bench FILE.csv --out PICTURE: draw a table that `crease bench` has written.

FILE.csv may be - for standard input: a table of oracles, solvers, spectral, atlas or steps. The suffix of
PICTURE says the format: png, svg or pdf. Tables with several pictures add to its name, and may be
given a name without a suffix. Exit codes: 0 drawn, 2 wrong use or bad input.
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
    parser = Parser(prog="crease.bench", description="Draw a table that crease bench has written.")
    parser.add_argument("table", metavar="FILE.csv", help="what --csv wrote; - for standard input")
    parser.add_argument("--out", metavar="PICTURE", required=True, help="a .png, .svg or .pdf")
    options = parser.parse_args(arguments)
    try:
        from . import style
        pictures = draw(options.table)
        folder, stem, suffix = split(options.out, len(pictures) > 1 or "" not in pictures)
        for ending, figure in pictures.items():
            style.save(figure, folder, stem + ending, [suffix])
    except ImportError as error:
        return complain(f"{error}: pictures need NumPy, matplotlib and h5py for {sys.executable}")
    except TableError as error:
        return complain(error)
    except OSError as error:
        return complain(f"{error.filename or options.out}: {error.strerror or error}")
    except (ValueError, csv.Error) as error:
        return complain(f"{options.table}: {error}")
    return 0


def split(out, several):
    """Folder, name without suffix, and suffix; several pictures may go without one."""
    folder, name = os.path.split(out)
    stem, _, suffix = name.rpartition(".")
    if stem and suffix in ("png", "svg", "pdf"):
        return folder, stem, suffix
    if several and name:
        return folder, name, "png"
    raise TableError(f"'{out}' ends in none of .png, .svg, .pdf")


def draw(path):
    """{what the name of a picture ends with: figure} of the table, whatever kind it is."""
    from . import atlas, descent, oracles, solvers
    columns, rows = load(path)
    path = "the table" if path == "-" else path
    try:
        if "plane" in columns:
            return atlas.draw(rows)
        if "suboptimality" in columns:
            return descent.draw(rows)
        if "decompositions" in columns:
            return {"": solvers.draw_spectral(solvers.rows_of(rows))}
        if "level" in columns:
            return solvers.draw(solvers.rows_of(rows))
    except (KeyError, TypeError, AttributeError) as error:
        raise TableError(f"{path}: not as crease bench writes it ({error})") from None
    return {"": oracles.draw(read(path, columns, rows))}


def load(path):
    """Names of the columns, and the rows."""
    file = sys.stdin if path == "-" else open(path, encoding="utf-8", newline="")
    with file:
        table = csv.DictReader(file)
        return tuple(table.fieldnames or ()), list(table)


def read(path, columns, rows):
    """{(panel, precision): {curve: [(n, ns per element, those of the pass), ...]}} of oracles; rows
    that failed hold no numbers and are left out."""
    missing = {"member", "groups", "metric", "precision", *NUMBERS} - set(columns)
    if missing:
        raise TableError(f"{path}: no column '{min(missing)}': not a table of oracles?")
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
