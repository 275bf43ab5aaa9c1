"""How are the cases of a soak played: one after the other, within a time, and on from where it was?"""

from __future__ import annotations

import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.soak.book import Book, Outcome
from tests.soak.case import BrokenError, Case, Counts, Part, Play
from tests.soak.place import Place
from tests.stack import ROOT

MOST_FAILURES = 20  # of one part: by then it is known that something is wrong
LONGEST_WHY = 6000


@dataclass(frozen=True, kw_only=True)
class Soak:
    """What is to be played: `numbers` of a part gives its cases, `again` plays those that were played already too."""

    seed: int
    numbers: Callable[[Part], Sequence[int]]
    again: bool = False
    seconds: float = float("inf")


def play_all(parts: Sequence[Part], soak: Soak, book: Book, place: Place, *, commit: str) -> dict[str, str]:
    """Play the parts in their order; the time that is left is shared among those to come.

    Returns what ended a part early, by its name: there was nothing to play it on, or too much was broken.
    """
    ends_at, ended = time.monotonic() + soak.seconds, {}
    for number, part in enumerate(parts):
        share_s = (ends_at - time.monotonic()) / (len(parts) - number)
        playing = _Playing(part, soak, book, place, ends_at=time.monotonic() + share_s, commit=commit)
        try:
            playing.play()
        except Exception:  # noqa: BLE001 - the other parts can be played all the same
            ended[part.name] = traceback.format_exc()[-LONGEST_WHY:]
            say(f"{part.name}: {ended[part.name]}")
        else:
            ended |= {part.name: playing.ended} if playing.ended else {}
    return ended


class _Playing:
    """One part being played."""

    def __init__(self, part: Part, soak: Soak, book: Book, place: Place, *, ends_at: float, commit: str) -> None:
        self.part, self.soak, self.book, self.place = part, soak, book, place
        self.ends_at, self.commit = ends_at, commit
        done = () if soak.again else book.latest(part.name, soak.seed)
        self.todo = [Case(part.name, soak.seed, number) for number in soak.numbers(part) if number not in done]
        self.failures, self.ended = 0, ""

    def play(self) -> None:
        """Play what is to be played; after a case that broke something, on fresh ground."""
        if self.todo:
            say(f"{self.part.name}: {len(self.todo)} cases to play")
        while self._goes_on():
            with self.part.opened(self.place) as play:
                while self._goes_on() and self._holds(play, self.todo.pop(0)):
                    pass

    def _goes_on(self) -> bool:
        if self.failures >= MOST_FAILURES and self.todo:
            self.ended = f"left after {self.failures} failures"
            return False
        return bool(self.todo) and time.monotonic() < self.ends_at

    def _holds(self, play: Play, case: Case) -> bool:
        outcome = play_one(play, case, commit=self.commit)
        self.book.add(outcome)
        self.failures += bool(outcome.why)
        told = f"FAILED\n{outcome.why}\nagain: {case.again}" if outcome.why else "held"
        say(f"{case.part} {case.number}: {told} ({outcome.seconds:.1f} s)")
        return not outcome.why


def play_one(play: Play, case: Case, *, commit: str) -> Outcome:
    """Play one case; whatever it raises is its outcome, but for the end of the soak itself."""
    counts = Counts()
    began, why = time.monotonic(), ""
    try:
        play(case, counts)
    except BrokenError as broken:
        why = str(broken)
    except Exception:  # noqa: BLE001 - a case that ends in an error has not held either
        why = traceback.format_exc()
    return Outcome(
        part=case.part,
        seed=case.seed,
        number=case.number,
        seconds=round(time.monotonic() - began, 2),
        ended_at=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=commit,
        counts=dict(counts),
        why=why[-LONGEST_WHY:],
    )


def this_commit() -> str:
    """Return the commit that is played, with a `+` when files were changed after it."""
    git = ("git", "-C", str(ROOT))
    commit = subprocess.run((*git, "rev-parse", "--short=12", "HEAD"), capture_output=True, text=True, check=False)
    changed = subprocess.run((*git, "status", "--porcelain"), capture_output=True, text=True, check=False)
    return commit.stdout.strip() + ("+" if changed.stdout.strip() else "")


def say(text: str) -> None:
    """Tell how it goes."""
    sys.stderr.write(text + "\n")
