"""What is shown: a table for people, a CSV, a picture."""

import csv
import importlib.metadata
import math
import pathlib
import platform
import sys

COLUMNS = ["case", "method", "outcome", "seconds", "above", "ratio", "certificate", "tolerance", "repeats", "note"]
DISTRIBUTIONS = {"sklearn": "scikit-learn"}


def version(package):
    try:
        return importlib.metadata.version(DISTRIBUTIONS.get(package, package))
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def header(library, packages, installed):
    print(f"{processor()}, Python {platform.python_version()}, one thread, seconds of the processor")
    for package in packages:
        print(f"{package} {version(package)}" if package in installed else f"{package} is not installed")
    print(f"crease {library}" if library else "crease is not found: build it, or say --library")


def show(found):
    """Print the rows, case by case, when a case is complete; gives them all back with their ratios."""
    rows, group = [], []
    for row in found:
        if group and group[0]["case"] != row["case"]:
            rows += finish(group)
            group = []
        group.append(row)
    return rows + (finish(group) if group else [])


def finish(group):
    """Ratios to the fastest of Crease, and the lines of one case."""
    ours = min((r["seconds"] for r in group if r["outcome"] == "reached" and r["method"].startswith("crease")),
               default=None)
    print(f"\n{group[0]['case']}")
    for row in group:
        if row["outcome"] == "reached":
            row["ratio"] = row["seconds"] / ours if ours else None
        print("  " + line(row))
    print("  " + verdict(group))
    sys.stdout.flush()
    return group


def line(row):
    late = f"> {row['above']:.2g} s" if row.get("above") else "not in time"
    times = {"reached": lambda: f"{row['seconds']:.3g} s", "cap": lambda: late,
             "short": lambda: "falls short", "hidden": lambda: "hidden", "error": lambda: "error"}[row["outcome"]]()
    ratio = f"{row['ratio']:.2f}x" if row.get("ratio") else ""
    certificate = f"{row['certificate']:.1e}" if row.get("certificate") is not None else ""
    return f"{row['method']:24} {times:>12} {ratio:>9}  {certificate:>8}  {row.get('note') or ''}".rstrip()


def verdict(group):
    """Who is faster: the best of Crease, or a peer."""
    reached = [r for r in group if r["outcome"] == "reached"]
    ours = [r for r in reached if r["method"].startswith("crease")]
    others = [r for r in reached if not r["method"].startswith("crease")]
    if not ours or not others:
        return "nobody to compare with" if not reached else "only " + ("crease" if ours else "peers") + " got there"
    best, peer = (min(side, key=lambda r: r["seconds"]) for side in (ours, others))
    ahead, behind = sorted((best, peer), key=lambda r: r["seconds"])
    return f"{ahead['method']} is {behind['seconds'] / ahead['seconds']:.1f} times as fast as {behind['method']}"


def write(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n", extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)


# --- the picture -------------------------------------------------------------------------------------------

def draw(path, rows):
    """Oracles: ratios over the number of entries; problems: a row of marks each."""
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
    from crease import style
    oracles = [r for r in rows if r["case"].startswith("oracle") and r.get("ratio")]
    problems = [r for r in rows if not r["case"].startswith("oracle") and r.get("seconds")]
    panels = [p for p in ((draw_oracles, oracles), (draw_problems, problems)) if p[1]]
    if not panels:
        print("nothing to draw: nobody got there")
        return
    looks = looks_of(list(dict.fromkeys(r["method"] for r in oracles + problems)))
    figure, axes = style.page(1, len(panels), (3.8, 3.2), "Crease and its peers", [
        "one thread, medians", "equal certificates, computed by one function for all"],
                              left=1.35, gap_x=1.75, bottom=1.45)
    for ax, (function, part) in zip(axes[0], panels):
        function(ax, part, looks)
        ax.grid(color=style.RULE, linewidth=0.5)
    handles = [style.Line2D([], [], label=name, **look) for name, look in looks.items()]
    figure.legend(handles=handles, loc="lower center", ncol=2 * len(panels), frameon=False, handlelength=3.4)
    path = pathlib.Path(path)
    style.save(figure, path.parent, path.stem, [path.suffix.lstrip(".") or "png"])


def looks_of(names):
    """A colour for each package, a mark and dashes for each of its methods."""
    from crease import style
    packages, found = {}, {}
    for name in names:
        home = packages.setdefault(name.split()[0], [len(packages), 0])
        marker, size = style.MARKERS[home[1] % len(style.MARKERS)]
        found[name] = {"color": style.COLOURS[home[0] % len(style.COLOURS)], "marker": marker, "markersize": 1.4 * size,
                       "linestyle": style.DASHES[home[1] % len(style.DASHES)], "linewidth": 1.1}
        home[1] += 1
    return found


def draw_oracles(ax, rows, looks):
    from crease import curves
    for name in dict.fromkeys(r["method"] for r in rows):
        for spread in dict.fromkeys(r["case"].split("spread=")[1] for r in rows):
            mine = [r for r in rows if r["method"] == name and r["case"].endswith("spread=" + spread)]
            points = sorted((int(r["case"].split("n=")[1].split()[0]), r["ratio"]) for r in mine)
            if points:
                ax.plot(*zip(*points), **looks[name], alpha=1 if spread == "10" else 0.45)
    ax.set_xscale("log")
    curves.logarithmic(ax)
    ax.minorticks_off()
    ax.set_xlabel("entries of the group (pale: metric of spread 1e8)")
    ax.set_ylabel("time, relative to the faster of Crease's")
    ax.set_title("Group oracle in a diagonal metric", pad=7)


def draw_problems(ax, rows, looks):
    cases = list(dict.fromkeys(r["case"] for r in rows))[::-1]
    for r in rows:
        ax.plot([r["seconds"]], [cases.index(r["case"])], **{**looks[r["method"]], "linestyle": ""})
    ax.set_xscale("log")
    ax.minorticks_off()
    ax.set_yticks(range(len(cases)), cases)
    ax.set_ylim(-0.6, len(cases) - 0.4)
    ax.set_xlabel("seconds to a certificate of 1e-8")
    ax.set_title("Regularized regression", pad=7)
    left, right = ax.get_xlim()
    ax.set_xlim(10 ** math.floor(math.log10(left)), right)
