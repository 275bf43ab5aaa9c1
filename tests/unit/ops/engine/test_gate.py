"""May a replica get visitors only after it was ready three times in a row, and leave only when it has answered all?"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable
from typing import Any

import pytest

from ops.engine.errors import EngineError
from ops.engine.http import Response
from ops.engine.model import Image, Replica, Route, Service
from ops.engine.rollout import gate, steps, watch
from ops.engine.rollout.context import Engine
from ops.engine.waiter import Waiter

READY, BUSY, AWAY = Response(200, b"ok"), Response(503, b"warming up"), Response(0, b"connection refused")
SERVICE = Service(
    name="api",
    image=Image(id="api-1", files={}),
    command=("serve",),
    environment={},
    route=Route(ready="/ready", host="app.example.org", port=8000),
    start_timeout_s=5,
)
REPLICA = Replica(
    name="api-1-0", service="api", fingerprint="f", image_id="api-1", port=8000, state="running", pid=7, started_at=0.0
)


class Played:
    """A replica that gives one answer after the other, the last one for ever; a clock that only waiting moves."""

    def __init__(self, *answers: Response, seen: Iterable[Replica] = (REPLICA,)) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []
        self.now = 0.0
        self._seen = list(seen)

    def fetch(self, url: str, *, host: str = "", timeout_s: float = 2.0) -> Response:
        """Answer."""
        del timeout_s
        self.asked.append((url, host))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def observe(self) -> list[Replica]:
        """Return what runs; each time the next one, if there is one."""
        return [self._seen.pop(0) if len(self._seen) > 1 else self._seen[0]] if self._seen else []

    def address(self, replica: Replica) -> str:
        """Return where it answers."""
        return f"127.0.0.1:{replica.port}"

    def logs(self, name: str, *, lines: int) -> list[str]:
        """Return its last words."""
        return [f"last words of {name}"][:lines]

    def write(self, *_: object, **__: object) -> None:
        """Be a journal that keeps nothing."""


def engine_of(played: Played) -> Engine:
    """Return an engine whose whole world is played."""
    any_part: Any = played
    waiter = Waiter(threading.Event(), now=lambda: played.now, sleep=played.sleep)
    return Engine(runtime=any_part, store=any_part, journal=any_part, waiter=waiter, fetch=played.fetch)


def pass_gate(played: Played) -> int:
    """Wait at the gate; return how often the replica was asked."""
    gate.gate(engine_of(played), SERVICE, REPLICA, step="gate")
    return len(played.asked)


@pytest.mark.req("B-01")
@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([READY], 3),
        ([AWAY, BUSY, READY], 5),
        ([READY, READY, BUSY, READY], 6),
        ([READY, BUSY, READY, BUSY, READY], 7),
    ],
    ids=["at once", "later", "not three in a row", "now and then"],
)
def test_a_replica_is_let_in_after_three_good_answers_in_a_row(answers: list[Response], asked: int) -> None:
    assert pass_gate(Played(*answers)) == asked


@pytest.mark.req("B-01")
def test_a_replica_is_asked_at_its_own_address_for_its_ready_page_by_the_name_of_the_site() -> None:
    played = Played(READY)
    pass_gate(played)
    assert set(played.asked) == {("http://127.0.0.1:8000/ready", "app.example.org")}


@pytest.mark.req("B-02")
def test_a_replica_that_is_never_ready_is_given_up_with_its_last_answer_and_words() -> None:
    played = Played(READY, READY, BUSY)
    with pytest.raises(EngineError, match="api did not become ready") as caught:
        pass_gate(played)
    assert "after 5 s: /ready answered 503: warming up" in caught.value.why
    assert "last words of api-1-0" in caught.value.why
    assert played.now < 8


PATIENT = dataclasses.replace(SERVICE, start_timeout_s=60)


@pytest.mark.req("B-02", "A-28")
@pytest.mark.parametrize(("answers", "service", "after_s", "why"), [
    ([BUSY], PATIENT, 20, "for 20 s it said so itself: /ready answered 503: warming up"),
    ([AWAY] * 100 + [BUSY], PATIENT, 30, "for 20 s it said so itself"),
    ([AWAY], PATIENT, 60, "after 60 s: connection refused"),
    ([BUSY] * 150 + [AWAY], PATIENT, 60, "after 60 s: connection refused"),
    ([BUSY], dataclasses.replace(PATIENT, ready_within_s=40), 40, "after 40 s: /ready answered 503: warming up"),
    ([AWAY], dataclasses.replace(PATIENT, ready_within_s=3), 3, "after 3 s: connection refused"),
], ids=["says no", "begins to say no", "silent", "falls silent", "has more time", "has less time"])  # fmt: skip
def test_who_only_says_no_is_given_up_sooner_than_who_is_silent_and_its_service_may_say_when(
    answers: list[Response], service: Service, after_s: float, why: str
) -> None:
    played = Played(*answers)
    with pytest.raises(EngineError) as caught:
        gate.gate(engine_of(played), service, REPLICA, step="gate")
    assert f"api-1-0: {why}" in caught.value.why
    assert after_s <= played.now < after_s + 3


def test_who_is_ready_in_between_has_started_anew() -> None:
    assert pass_gate_of(PATIENT, Played(*[BUSY] * 190, READY, *[BUSY] * 190, READY)) == 190 + 1 + 190 + 3


def pass_gate_of(service: Service, played: Played) -> int:
    gate.gate(engine_of(played), service, REPLICA, step="gate")
    return len(played.asked)


def test_the_limit_of_a_service_is_no_reason_to_replace_what_runs() -> None:
    assert dataclasses.replace(SERVICE, ready_within_s=40).fingerprint == SERVICE.fingerprint


@pytest.mark.req("B-02")
@pytest.mark.parametrize(
    ("seen", "why"),
    [
        ([REPLICA, Replica(**{**vars(REPLICA), "state": "failed"})], "its process ended;"),
        (
            [REPLICA, Replica(**{**vars(REPLICA), "state": "failed", "exit_code": 3})],
            "its process ended with exit code 3;",
        ),
        (
            [REPLICA, Replica(**{**vars(REPLICA), "state": "failed", "exit_code": 137, "condition": "out-of-memory"})],
            "its process ended because it needed more memory than it may have;",
        ),
        ([REPLICA, Replica(**{**vars(REPLICA), "restarts": 1})], "its process ended and was started again"),
        ([], "its process ended;"),
    ],
    ids=["ended", "ended with a code", "out of memory", "started again", "gone"],
)
def test_a_replica_that_dies_at_the_gate_is_given_up_at_once(seen: list[Replica], why: str) -> None:
    played = Played(BUSY, seen=seen)
    with pytest.raises(EngineError) as caught:
        pass_gate(played)
    assert why in caught.value.why
    assert played.now < 2


@pytest.mark.req("B-02")
def test_the_bounds_of_gate_and_watch_are_those_that_were_thought_about() -> None:
    assert gate.NEEDED_IN_A_ROW == 3
    assert (watch.UNREADY_IN_A_ROW, watch.LEAST_BLAMED, watch.LEAST_SHARE, watch.LOOK_EVERY_S) == (3, 3, 0.02, 0.2)


@pytest.mark.req("B-05")
@pytest.mark.parametrize(
    ("bodies", "asked"),
    [([b'{"in_flight": 2}', b'{"in_flight": 1}', b'{"in_flight": 0}'], 3), ([b"no number"], 1), ([b"[]"], 1)],
    ids=["it counts", "it does not tell", "it says something else"],
)
def test_a_replica_that_leaves_is_asked_until_it_has_answered_its_last_request(bodies: list[bytes], asked: int) -> None:
    played = Played(*(Response(503, body) for body in bodies))
    steps._drain_one(engine_of(played), SERVICE, REPLICA)  # noqa: SLF001 - the step asks many at once
    assert played.asked == [("http://127.0.0.1:8000/ready", "app.example.org")] * asked


@pytest.mark.req("B-05")
def test_a_replica_that_never_has_answered_all_is_waited_for_as_long_as_its_grace() -> None:
    played = Played(Response(503, b'{"in_flight": 1}'))
    steps._drain_one(engine_of(played), SERVICE, REPLICA)  # noqa: SLF001 - the same
    assert SERVICE.stop_grace_s <= played.now < SERVICE.stop_grace_s + 1


@pytest.mark.req("B-02")
@pytest.mark.parametrize(
    ("answers", "borne"), [([BUSY], 2), ([BUSY, BUSY, READY, BUSY], 5)], ids=["at once", "not in a row"]
)
def test_a_watched_replica_is_given_up_at_the_third_bad_answer_in_a_row(answers: list[Response], borne: int) -> None:
    unready: dict[str, int] = {}
    engine = engine_of(Played(*answers))
    for _ in range(borne):
        watch._look_at_readiness(engine, [(SERVICE, REPLICA)], unready)  # noqa: SLF001 - a watch looks as long as it lasts
    with pytest.raises(EngineError, match="the new release of api is not well") as caught:
        watch._look_at_readiness(engine, [(SERVICE, REPLICA)], unready)  # noqa: SLF001 - the same
    assert "it is no longer ready: /ready answered 503" in caught.value.why
