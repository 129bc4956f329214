"""python3 -m crease.verify RUN_DIR [--data DIR] [--json FILE]: check what a run claims; or a reference, with
--problem FILE.yaml.

Exit codes: 0 every claim that was checked holds, 1 one does not, 2 wrong use, bad input, or nothing could
be checked.
"""

import argparse
import sys


def complain(sentence):
    print(f"crease verify: {sentence}", file=sys.stderr)
    return 2


class Parser(argparse.ArgumentParser):
    def error(self, message):
        sys.exit(complain(message))


def main(arguments=None):
    parser = Parser(prog="crease verify", description="Check what a run claims against the definitions.")
    parser.add_argument("target", metavar="RUN_DIR", help="what crease run wrote; or REFERENCE.h5, with --problem")
    parser.add_argument("--problem", metavar="FILE", help="the problem of a reference, as YAML")
    parser.add_argument("--data", metavar="DIR", help="folder in which data are looked for first")
    parser.add_argument("--json", metavar="FILE", help="write claims and verdicts there, too")
    options = parser.parse_args(arguments)
    try:
        from . import Trouble, Unchecked, references, report, runs
    except ImportError as error:
        return complain(f"{error}: verification needs NumPy and h5py for {sys.executable}")
    try:
        if options.problem:
            checked = references.Reference(options.target, options.problem, options.data)
        else:
            checked = runs.Folder(options.target, options.data)
        found = checked.check()
        status = runs.exit_status(found)
        title = f"{options.target}: {checked.model.data.where if checked.model else checked.no_model}"
        report.print_report(title, found, checked.established, checked.arithmetic)
        if options.json:
            report.write_json(options.json, found, checked.established, checked.arithmetic, status)
        return status
    except (Trouble, Unchecked) as error:
        return complain(error)
    except OSError as error:
        return complain(f"{error.filename or options.target}: {error.strerror or error}")


if __name__ == "__main__":
    sys.exit(main())
