"""Does a verification look again where what it saw may pass, and does it stop looking?"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any, cast

import pytest

from ops.errors import HostError
from ops.verification import RULES, evaluate
from ops.verification import looks as module
from ops.verification.looks import Verified, look_until_it_stands
from ops.verification.observations import Answer, Burst, Observations, ObservedHost, Port, Site
from tests.unit.ops.runs.evidence_fixtures import DROPLET, SITE, blocked, cut, on_droplet, sound, with_answer


class Host:
    """A host whose replicas are well after some questions; None: it does not answer that one."""

    def __init__(self, *well: bool | None) -> None:
        self.well = list(well)

    def engine(self, verb: str, *_: str) -> Any:
        """Say how the replicas are."""
        assert verb == "status"
        answer = self.well.pop(0)
        if answer is None:
            raise HostError("it does not answer", why="it restarts", fix="wait")
        return {"services": [{"service": "api", "healthy": answer}]}


class Clock:
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


class Shown:
    """What is to be seen, look after look; the last one again and again."""

    def __init__(self, *seen: Observations, site: Site = SITE) -> None:
        self.seen = itertools.chain(seen, itertools.repeat(seen[-1]))
        self.site = site
        self.asked: list[tuple[float, bool]] = []

    def __call__(self, *, limit_s: float, burst: Burst | None) -> Verified:
        """Look once."""
        self.asked.append((limit_s, burst is not None))
        seen = next(self.seen)
        return Verified(checks=evaluate(seen, self.site, RULES), seen=seen)


def found(shown: Shown, host: Host | None = None) -> tuple[set[str], set[str], list[str]]:
    """Return which checks fail in the end, which are slow, and what was said meanwhile."""
    said: list[str] = []
    last = look_until_it_stands(shown, cast("ObservedHost", host or Host()), shown.site, say=said.append)
    failed = {one.id for one in last.checks if not one.ok}
    return failed, {one.id for one in last.checks if one.slow}, said


LATE = with_answer("home", seconds=7.0)
BROKEN = with_answer("static-file", status=404)
SICK = replace(sound().services[0], state="starting", healthy=False)
STARTING = replace(sound(), services=(SICK, *sound().services[1:]))


def test_a_sound_stack_is_looked_at_once() -> None:
    shown = Shown(sound())
    assert found(shown) == (set(), set(), [])
    assert shown.asked == [(5.0, False)]


@pytest.mark.req("A-14")
def test_what_was_late_once_is_asked_again_with_more_time_and_no_new_burst() -> None:
    shown = Shown(LATE, sound())
    assert found(shown)[:2] == (set(), set())
    assert shown.asked == [(5.0, False), (15.0, True)]


@pytest.mark.req("A-14")
def test_what_is_late_twice_is_slow_and_no_failure() -> None:
    shown = Shown(LATE)
    failed, slow, said = found(shown)
    assert (failed, slow, len(shown.asked)) == (set(), {"home-page", "headers-home", "certificate"}, 2)
    assert "took long: asking again, with more time" in said[0]


@pytest.mark.req("B-02")
def test_what_fails_once_alone_is_no_failure_and_what_fails_twice_is() -> None:
    assert found(Shown(BROKEN, sound()))[0] == set()
    twice = Shown(BROKEN)
    assert found(twice)[0] == {"static-file"}
    assert len(twice.asked) == 2


def test_another_failure_than_before_is_asked_again_too() -> None:
    shown = Shown(BROKEN, with_answer("home", status=502), sound())
    assert found(shown)[0] == set()
    assert len(shown.asked) == 3


@pytest.mark.req("B-02")
def test_what_starts_is_waited_for_and_said() -> None:
    shown, host = Shown(STARTING, sound()), Host(False, False, True)
    failed, _, said = found(shown, host)
    assert (failed, host.well) == (set(), [])
    assert said == ["still starting: `api-0a1b2c3d4e5f-0`"]


def test_what_never_starts_has_failed_after_its_time(clock: Clock) -> None:
    failed, _, said = found(Shown(STARTING), Host(*[False] * 100))
    assert failed == {"services-healthy"}
    assert 90 <= clock.now < 120
    assert "waiting for 90 s at most" in said[1]


@pytest.mark.req("B-02")
def test_a_droplet_that_restarts_in_the_middle_is_waited_for_and_asked_again() -> None:
    shown = Shown(cut(blocked_everywhere()), on_droplet(), site=DROPLET)
    host = Host(None, None, True)
    failed, _, said = found(shown, host)
    assert (failed, host.well, len(shown.asked)) == (set(), [], 2)
    assert said == ["neither the site nor its host answers: it may be restarting"]


def test_a_droplet_that_does_not_come_back_has_failed_after_three_minutes(clock: Clock) -> None:
    failed, _, _ = found(Shown(cut(blocked_everywhere()), site=DROPLET), Host(*[None] * 200))
    assert "home-page" in failed
    assert 180 <= clock.now < 200


@pytest.mark.req("A-07")
def test_a_network_that_blocks_is_not_waited_for() -> None:
    shown = Shown(blocked(on_droplet()), site=DROPLET)
    assert "home-page" in found(shown)[0]
    assert len(shown.asked) == 1


def blocked_everywhere() -> Observations:
    seen = blocked(on_droplet())
    outside = tuple(Port(host=one.host, port=one.port, is_open=False) for one in seen.outside)
    return replace(seen, outside=outside, answers={n: Answer(url=a.url, error="cut") for n, a in seen.answers.items()})
