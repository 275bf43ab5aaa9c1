"""Does a soak play each case once, go on where it was, and name what broke?"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.soak.book import CASES, Book
from tests.soak.case import Case, Counts, Part, Play, must
from tests.soak.place import Place
from tests.soak.runner import MOST_FAILURES, Soak, play_all


@dataclass
class Ground:
    """A part whose cases are written down; those in `broken` do not hold."""

    broken: set[int] = field(default_factory=set)
    played: list[int] = field(default_factory=list)
    opened: int = 0
    cases: int = 5
    error: Callable[[Case], None] = lambda _: None

    def part(self, name: str = "ground") -> Part:
        """Return it as a part of a soak."""
        return Part(name=name, promise="cases hold", cases=self.cases, opened=self._open)

    @contextlib.contextmanager
    def _open(self, _: Place) -> Iterator[Play]:
        self.opened += 1
        yield self._play

    def _play(self, case: Case, counts: Counts) -> None:
        self.played.append(case.number)
        counts["things"] += 10
        self.error(case)
        must(case.number not in self.broken, f"case {case.number} is broken")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def play(place: Place, *parts: Part, again: bool = False, **more: float) -> tuple[Book, dict[str, str]]:
    book = Book(place.folder)
    soak = Soak(seed=1, numbers=lambda part: range(part.cases), again=again, **more)
    ended = play_all(parts, soak, book, place, commit="abc")
    return Book(place.folder), ended


def test_a_case_that_breaks_is_written_down_and_the_next_begins_on_fresh_ground(place: Place) -> None:
    ground = Ground(broken={1})
    book, ended = play(place, ground.part())
    assert ground.played == [0, 1, 2, 3, 4]
    assert ground.opened == 2
    assert [one.why for one in book.outcomes] == ["", "case 1 is broken", "", "", ""]
    assert book.outcomes[1].counts == {"things": 10}
    assert ended == {}


def test_a_case_that_raises_anything_has_not_held(place: Place) -> None:
    def error(case: Case) -> None:
        assert case.number != 3, "three"

    book, _ = play(place, Ground(error=error).part())
    assert ["three" in one.why for one in book.outcomes] == [False, False, False, True, False]


def test_a_soak_that_was_killed_goes_on_where_it_was(place: Place) -> None:
    ground = Ground()

    def killed(case: Case) -> None:
        if case.number == 2 and ground.opened == 1:
            raise KeyboardInterrupt

    ground.error = killed
    with pytest.raises(KeyboardInterrupt):
        play(place, ground.part())
    with (place.folder / CASES).open("a", encoding="utf-8") as file:
        file.write('{"part": "gro')
    book, _ = play(place, ground.part())
    assert ground.played == [0, 1, 2, 2, 3, 4]
    assert [one.number for one in book.outcomes] == [0, 1, 2, 3, 4]


def test_a_case_that_was_mended_holds_when_it_is_played_again(place: Place) -> None:
    ground = Ground(broken={4})
    play(place, ground.part())
    ground.broken.clear()
    book, _ = play(place, ground.part())
    assert ground.played == [0, 1, 2, 3, 4]
    assert book.latest("ground", 1)[4].why
    book, _ = play(place, ground.part(), again=True)
    assert not book.latest("ground", 1)[4].why
    assert sum(bool(one.why) for one in book.outcomes) == 1


def test_no_case_begins_after_the_time_is_up(place: Place) -> None:
    ground = Ground()
    book, _ = play(place, ground.part(), seconds=0.0)
    assert (ground.opened, book.outcomes) == (0, [])


def test_a_part_that_only_breaks_is_left_and_the_others_are_played(place: Place) -> None:
    hopeless, fine = Ground(broken=set(range(99)), cases=99), Ground()
    _, ended = play(place, hopeless.part("hopeless"), fine.part("fine"))
    assert len(hopeless.played) == MOST_FAILURES
    assert ended == {"hopeless": f"left after {MOST_FAILURES} failures"}
    assert fine.played == [0, 1, 2, 3, 4]


def test_a_part_without_ground_to_stand_on_does_not_end_the_others(place: Place) -> None:
    def nowhere(_: Place) -> contextlib.AbstractContextManager[Play]:
        raise OSError("no engine answers")

    fine = Ground()
    _, ended = play(place, Part(name="nowhere", promise="-", cases=1, opened=nowhere), fine.part())
    assert "no engine answers" in ended["nowhere"]
    assert fine.played == [0, 1, 2, 3, 4]


def test_the_same_case_draws_the_same_and_another_does_not() -> None:
    assert Case("lock", 1, 7).draw().random() == Case("lock", 1, 7).draw().random()
    others = {Case("lock", 1, 8), Case("lock", 2, 7), Case("kills", 1, 7)}
    assert Case("lock", 1, 7).draw().random() not in {one.draw().random() for one in others}
