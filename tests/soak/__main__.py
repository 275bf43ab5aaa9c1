"""What does a night find? `nox -s soak` plays seeded cases of each part, on from where it was, and writes a page."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence

from tests.bench.kept import ROOT
from tests.bench.rolling import end_in_order
from tests.soak import cloud, every_instant, kills, lock, power, requests, tasks, verdicts
from tests.soak.book import Book
from tests.soak.case import Part
from tests.soak.place import Place
from tests.soak.report import keep, make_report, summary
from tests.soak.runner import Soak, play_all, this_commit

ALL = (
    *(lock.PART, cloud.PART, tasks.PART, requests.PART, kills.PART, power.PART, every_instant.PART),
    *(verdicts.VERDICTS, verdicts.UNDONE),
)
PARTS = {part.name: part for part in ALL}
FOLDER = ROOT / ".local" / "soak"
HOURS = 12.0


def main() -> int:
    """Play what was asked for and write the report, also when it is ended before; return the exit code."""
    end_in_order()
    asked = _arguments()
    name = asked.name or f"seed-{asked.seed}"
    place = Place(FOLDER / name)
    place.folder.mkdir(parents=True, exist_ok=True)
    book, parts = Book(place.folder), [PARTS[part] for part in asked.part]
    numbers = {part: _numbers(part, asked) for part in parts}
    soak = Soak(seed=asked.seed, numbers=numbers.__getitem__, again=asked.case is not None, seconds=asked.hours * 3600)
    ended: dict[str, str] = {}
    try:
        ended = play_all(parts, soak, book, place, commit=this_commit())
    except KeyboardInterrupt:
        sys.stderr.write("ended; the same command goes on from here\n")
    finally:
        told = {part: sorted({*numbers.get(part, ()), *book.latest(part.name, asked.seed)}) for part in PARTS.values()}
        told = {part: known for part, known in told.items() if known}
        report = make_report(name, asked.seed, told, book, ended=ended)
        sys.stdout.write(f"{summary(report)}\n{keep(report, place.folder)}\n")
    return 1 if report.outcome == "failed" else 0


def _numbers(part: Part, asked: argparse.Namespace) -> Sequence[int]:
    return asked.case if asked.case is not None else range(math.ceil(part.cases * asked.share))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s soak --", description=__doc__)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS), help="some parts of it")
    parser.add_argument("--share", type=float, default=1.0, help="of the cases of each part: 0.1 is a tenth")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another night")
    parser.add_argument("--case", type=int, nargs="+", help="play these again, whatever they came to before")
    parser.add_argument("--hours", type=float, default=HOURS, help="begin no case after that many")
    parser.add_argument("--name", default="", help="the folder below .local/soak/; by default it is named by the seed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
