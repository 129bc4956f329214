"""python3 -m crease.plot RUN_DIR [--out DIR] [--format png,svg]: draw a run from its directory.

Exit codes: 0 drawn (a figure whose data the run lacks is skipped with a sentence), 2 wrong use or
bad input.
"""

import argparse
import os
import sys

FORMATS = ("png", "svg", "pdf")


def complain(sentence):
    print(f"crease plot: {sentence}", file=sys.stderr)
    return 2


class Parser(argparse.ArgumentParser):
    def error(self, message):
        sys.exit(complain(message))


def formats(text):
    wanted = text.split(",")
    for word in wanted:
        if word not in FORMATS:
            raise argparse.ArgumentTypeError(f"'{word}' is none of {', '.join(FORMATS)}")
    return list(dict.fromkeys(wanted))


def main(arguments=None):
    parser = Parser(prog="crease plot", description="Draw a run from its directory alone.")
    parser.add_argument("run", metavar="RUN_DIR", help="what crease run wrote")
    parser.add_argument("--out", metavar="DIR", help="folder of pictures (default: RUN_DIR/plots)")
    parser.add_argument("--format", type=formats, default=["png", "svg"], metavar="LIST",
                        help="comma-separated, of png, svg, pdf (default: png,svg)")
    options = parser.parse_args(arguments)
    try:
        from . import figures, run, style
    except ImportError as error:
        return complain(f"{error}: plots need NumPy, matplotlib and h5py for {sys.executable}")
    try:
        columns = {c for module in figures.ALL.values() for c in module.COLUMNS}
        data = run.read_run(options.run, columns)
        folder = options.out or os.path.join(options.run, "plots")
        os.makedirs(folder, exist_ok=True)
        return draw_all(data, folder, options.format, figures.ALL, run, style)
    except run.RunError as error:
        return complain(error)
    except OSError as error:
        return complain(f"{error.filename or options.run}: {error.strerror or error}")


def draw_all(data, folder, suffixes, figures, run, style):
    """Draw what can be drawn: a broken masks.h5 costs its own figures only."""
    code = 0
    if data.note:
        print(data.note)
    for name, module in figures.items():
        try:
            for path in style.save(module.draw(data), folder, name, suffixes):
                print(path)
        except run.Absent as reason:
            print(f"no {name}: {reason}")
        except run.RunError as error:
            code = complain(f"no {name}: {error}")
    return code


if __name__ == "__main__":
    sys.exit(main())
