"""Claims as an aligned table, and as JSON."""

import json
import math

from .claims import FAILS, HOLDS, UNCHECKED

HEAD = ("figure", "claimed", "recomputed", "difference", "allowed", "verdict")


def number(value, digits):
    if value is None or value != value:
        return "-"
    if isinstance(value, str):
        return value
    return f"{value:.{digits}g}"


def row(claim):
    words = claim.verdict + (f" ({claim.note})" if claim.note else "")
    return (claim.figure, number(claim.claimed, 10), number(claim.recomputed, 10), number(claim.difference, 2),
            number(claim.allowed, 2), words)


def table(claims):
    rows = [HEAD] + [row(c) for c in claims]
    width = [max(len(r[k]) for r in rows) for k in range(5)]
    for r in rows:
        cells = [r[0].ljust(width[0])] + [r[k].rjust(width[k]) for k in range(1, 5)] + [r[5]]
        yield "  " + "  ".join(cells).rstrip()


def bounds(name, entry):
    if math.isfinite(entry["gap"]):
        bound = f"F - min F <= {entry['gap']:.2g} (duality gap)"
    else:
        bound = f"no bound on F - min F: {entry['reason']}"
    return f"  established: F({name}) = {entry['objective']:.12g}, {bound}"


def print_report(title, claims, established, arithmetic):
    print(title)
    for run in dict.fromkeys(c.run for c in claims):
        print(f"\n{run}")
        print("\n".join(table([c for c in claims if c.run == run])))
        for name, entry in zip(("W", "W-hat"), established.get(run, [])):
            print(bounds(name, entry))
    counts = {v: sum(c.verdict == v for c in claims) for v in (HOLDS, FAILS, UNCHECKED)}
    error = max((e["error"] for pair in established.values() for e in pair), default=None)
    print(f"\narithmetic: {arithmetic.describe()}" + (f"; error of f below {error:.1g}" if error is not None else ""))
    print(f"{counts[HOLDS]} hold, {counts[FAILS]} do not hold, {counts[UNCHECKED]} not checked")


def plain(value):
    """JSON has no infinity."""
    if value is None or isinstance(value, (str, int)):
        return value
    return float(value) if math.isfinite(value) else None


def write_json(path, claims, established, arithmetic, status):
    content = {
        "verdict": {0: HOLDS, 1: FAILS}.get(status, UNCHECKED),
        "arithmetic": {"words": arithmetic.describe(), "significand_bits": arithmetic.bits},
        "claims": [{k: plain(v) for k, v in vars(c).items()} for c in claims],
        "established": {run: [{k: plain(v) for k, v in e.items()} for e in pair] for run, pair in established.items()},
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")
