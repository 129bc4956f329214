#!/usr/bin/env python3
"""Certified references on real data: a table in Markdown.

    python3 experiments/references.py [--data DIR] [--crease PROGRAM] [--only a9a,leu] [--check METHOD]

Every data set is solved twice at 0.1 and 0.01 of the lambda at which every weight is zero, with the l1 norm and with
groups of neighbouring columns, by `crease reference`, and once more by a second method. Data that are not found are
left out, by name.
"""
import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
GROUPS = "{block: weight, type: group_l2, lambda: 1, groups: %s, group_weights: sqrt_size, relative: %g}"
SINGLE = "{block: weight, type: l1, lambda: 1, groups: elements, relative: %g}"
HALF = '"fraction:0.5"'  # as many groups as half of the columns
SETS = {  # name: problem, file, groups
    "a9a": ("logistic", "libsvm/a9a.gz", HALF),
    "w8a": ("logistic", "libsvm/w8a.gz", HALF),
    "mushrooms": ("logistic", "libsvm/mushrooms", HALF),
    "phishing": ("logistic", "libsvm/phishing.gz", HALF),
    "leu": ("logistic", "libsvm/leu.gz", HALF),
    "colon-cancer": ("logistic", "libsvm/colon-cancer.gz", HALF),
    "bodyfat": ("least_squares", "libsvm/bodyfat", HALF),
    "birthwt": ("least_squares", "grouplasso/birthwt_grpreg_X16.csv", None),
    "bardet": ("least_squares", "grouplasso/bardet_gglasso.csv", '"size:5"'),
}


def find(name, folder):
    for place in (folder, os.environ.get("CREASE_DATA"), "../shared/data",
                  os.path.expanduser("~/.local/share/crease")):
        if place and os.path.exists(os.path.join(place, name)):
            return os.path.abspath(os.path.join(place, name))
    return None


def birthwt(path, scratch):
    """The file has two targets, weight and low weight, and groups in a file of its own: keep the first, label columns."""
    with open(path, newline="") as file:
        rows = [[row[0]] + row[2:] for row in csv.reader(file)]
    with open(path.replace("_X16", "_groups"), newline="") as file:
        groups = [row["group"] for row in csv.DictReader(file)]
    table, labels = os.path.join(scratch, "birthwt.csv"), os.path.join(scratch, "birthwt.txt")
    with open(table, "w", newline="") as file:
        csv.writer(file).writerows(rows)
    with open(labels, "w") as file:
        file.write("\n".join(str(list(dict.fromkeys(groups)).index(g)) for g in groups))
    return table, labels


def experiment(name, folder, scratch, penalty, share):
    problem, file, groups = SETS[name]
    path = find(file, folder)
    if path is None:
        return None
    if name == "birthwt":
        path, groups = birthwt(path, scratch)
    label = ", label_column: 0" if path.endswith(".csv") else ""
    term = SINGLE % share if penalty == "l1" else GROUPS % (groups, share)
    text = (f"name: {name}\nproblem: {{type: {problem}, data: {path}, bias: true{label}}}\nregularizers:\n  - {term}\n"
            "backend: cpu-f64\nalgorithms: [manifold_newton]\n")
    target = os.path.join(scratch, f"{name}-{penalty}-{share}.yaml")
    with open(target, "w") as out:
        out.write(text)
    return target


def solve(crease, target, check):
    done = subprocess.run([crease, "reference", target, "--fresh", "--quiet", "--check", check,
                           "--json", target + ".json"], capture_output=True, text=True)
    if not os.path.exists(target + ".json"):
        return None, done.stderr.strip()
    with open(target + ".json") as file:
        return json.load(file), done.stderr.strip()


def verdict(r):
    if not r["unique"]:
        return "not unique"
    return "degenerate" if r["degenerate"] else "unique"


def number(x, form="%.1e"):
    return "-" if x is None else form % x


def row(name, penalty, share, r):
    c = r["check"]
    return [name, penalty, f"{share:g}", f"{r['live']:.0f}/{r['units']:.0f}", number(r["certificate"]),
            number(r["delta"]), number(r["Delta"]), number(r["least_eigenvalue"]), verdict(r),
            number(c["certificate"]), number(c["objective_difference"]), number(c["prediction_difference"]),
            f"{c['tight_difference']:.0f}", f"{r['seconds']:.2f}", f"{c['seconds']:.2f}"]


HEAD = ["data", "penalty", "lambda/lambda_max", "live", "certificate", "delta", "Delta", "least eigenvalue", "verdict",
        "second certificate", "F differs", "predictions differ", "tight set differs", "s", "second s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--crease", default="crease")
    parser.add_argument("--only", default=",".join(SETS))
    parser.add_argument("--check", default="prox_newton")
    options = parser.parse_args()
    print("| " + " | ".join(HEAD) + " |\n" + "|---" * len(HEAD) + "|", flush=True)
    trouble = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.only.split(","):
            for penalty in ("l1", "groups"):
                for share in (0.1, 0.01):
                    target = experiment(name, options.data, scratch, penalty, share)
                    if target is None:
                        print(f"{name}: not found", file=sys.stderr)
                        continue
                    r, words = solve(options.crease, target, options.check)
                    trouble += bool(words)
                    if words:
                        print(f"{name}, {penalty}, {share:g}: {words}", file=sys.stderr)
                    if r:
                        print("| " + " | ".join(row(name, penalty, share, r)) + " |", flush=True)
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
