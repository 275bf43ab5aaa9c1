"""How is a rehearsal started without invoke? `python -m rehearsal [--keep] [--json] [--end]`."""

from __future__ import annotations

import argparse
import sys

from rehearsal.rehearse import rehearse


def main(arguments: list[str]) -> int:
    """Rehearse the checkout that this module belongs to; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description="Rehearse a whole deploy on this machine.")
    parser.add_argument("--keep", action="store_true", help="leave everything up until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="print JSON for machines on stdout")
    parser.add_argument("--end", action="store_true", help="end a rehearsal that was kept")
    options = parser.parse_args(arguments)
    return rehearse(keep=options.keep, end=options.end, as_json=options.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
