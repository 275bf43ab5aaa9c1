from __future__ import annotations

import pytest

from api.shared.throttle import COUNT, GIVE_BACK, LOOK, OwnCounts


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.mark.req("D-09")
def test_a_replica_counts_by_itself_as_redis_does() -> None:
    clock = Clock()
    counts = OwnCounts(now=clock)
    assert [counts.ask(COUNT, "one", 60_000)[0] for _ in range(3)] == [1, 2, 3]
    assert counts.ask(COUNT, "other", 60_000) == (1, 60_000)
    clock.now += 20
    assert counts.ask(LOOK, "one") == (3, 40_000)
    counts.ask(GIVE_BACK, "one")
    assert counts.ask(LOOK, "one") == (2, 40_000)
    clock.now += 41
    assert counts.ask(LOOK, "one") == (0, 0)
    assert counts.ask(COUNT, "one", 60_000) == (1, 60_000)


def test_nothing_is_given_back_that_was_not_counted() -> None:
    counts = OwnCounts()
    counts.ask(GIVE_BACK, "one")
    assert counts.ask(COUNT, "one", 1000)[0] == 1


def test_it_remembers_no_more_than_it_may_and_forgets_who_came_first() -> None:
    counts = OwnCounts(most_keys=3)
    for key in "abcd":
        counts.ask(COUNT, key, 60_000)
    assert [counts.ask(LOOK, key)[0] for key in "abcd"] == [0, 1, 1, 1]
