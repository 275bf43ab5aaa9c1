"""Is a new release that is not well found out while the old one still answers, and no other one blamed?"""

from __future__ import annotations

import pytest

from ops.engine import service_roles
from ops.engine.errors import EngineError
from ops.engine.http import Fetch, Response
from ops.engine.rollout.metrics import Counts, Traffic, parse_traffic, read_traffic
from ops.engine.rollout.watch import counted
from tests.simulation import runtime
from tests.simulation.faults import Fault, WorldFault
from tests.simulation.world import World, release, world

METRICS = """# HELP traefik_service_requests_total How many HTTP requests processed on a service
# TYPE traefik_service_requests_total counter
traefik_service_requests_total{code="200",method="GET",protocol="http",service="api-new@file"} 90
traefik_service_requests_total{code="201",method="POST",protocol="http",service="api-new@file"} 1e+01
traefik_service_requests_total{code="502",method="GET",protocol="http",service="api-new@file"} 5
traefik_service_requests_total{code="404",method="GET",protocol="http",service="api-old@file"} 5
traefik_service_request_duration_seconds_sum{code="200",service="api-new@file"} 0.5
"""


def deployed(*, visitors_per_s: float = 50.0) -> World:
    made = world()
    made.host.traefik.visitors_per_s = visitors_per_s
    assert made.deploy(release())[0] == "success"
    made.host.begin_run()
    return made


def test_requests_are_counted_by_service_and_only_5xx_are_errors() -> None:
    assert parse_traffic(METRICS) == {"api-new": Counts(105, 5, 10, 0), "api-old": Counts(5, 0, 0, 0)}


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (Counts(10, 2, 5, 2), Counts(4, 1, 3, 0), Counts(6, 1, 2, 2)),
        (Counts(10, 2), Counts(10, 2), Counts(0, 0)),
        (Counts(3, 1), Counts(90, 5), Counts(3, 1)),
    ],
    ids=["more", "no more", "Traefik counts from zero again"],
)
def test_what_came_since_is_told_also_when_counts_begin_anew(now: Counts, before: Counts, expected: Counts) -> None:
    assert now.since(before) == expected


def always(answer: Response) -> Fetch:
    """Make a Traefik that has one answer."""

    def fetch(url: str, *, host: str = "", timeout_s: float = 2.0) -> Response:
        del url, host, timeout_s
        return answer

    return fetch


@pytest.mark.parametrize("answer", [Response(0, b"connection refused"), Response(404, b"no"), Response(200, b"\xff{")])
def test_where_nothing_is_counted_there_is_no_traffic(answer: Response) -> None:
    assert read_traffic("http://traefik", always(answer)) == {}
    assert read_traffic("", always(Response(200, METRICS.encode()))) == {}


BLAME: list[tuple[str, Traffic, tuple[int, int]]] = [
    ("the old one answered them all", {"api-new": Counts(100, 9), "api-old": Counts(9, 0)}, (100, 9)),
    ("the old one failed them too", {"api-new": Counts(100, 9), "api-old": Counts(9, 9)}, (100, 0)),
    ("the old one failed some of them", {"api-new": Counts(100, 9), "api-old": Counts(9, 4)}, (100, 5)),
    ("the new one was out meanwhile", {"api-new": Counts(100, 3), "api-old": Counts(43, 0)}, (140, 43)),
    ("and the old one failed as well", {"api-new": Counts(100, 3), "api-old": Counts(43, 43)}, (140, 0)),
    ("only writes fail", {"api-new": Counts(100, 9, 20, 9)}, (100, 9)),
    (
        "writes fail, and reads that the old one answers",
        {"api-new": Counts(100, 19, 20, 9), "api-old": Counts(10, 0)},
        (100, 19),
    ),
    (
        "writes fail, and reads that the old one fails too",
        {"api-new": Counts(100, 19, 20, 9), "api-old": Counts(10, 10)},
        (100, 0),
    ),
    (
        "writes fail, and reads of which the old one fails half",
        {"api-new": Counts(100, 18, 20, 8), "api-old": Counts(10, 5)},
        (100, 9),
    ),
    (
        "writes with a key fail, and are asked again",
        {"api-new": Counts(100, 9, 20, 9), "api-old": Counts(9, 9, 9, 9)},
        (100, 0),
    ),
    ("nobody came", {}, (0, 0)),
]


@pytest.mark.req("D-01")
@pytest.mark.parametrize(("now", "expected"), [case[1:] for case in BLAME], ids=[case[0] for case in BLAME])
def test_only_what_the_old_release_could_answer_is_held_against_the_new_one(
    now: Traffic, expected: tuple[int, int]
) -> None:
    assert counted("api", now, {}) == expected


@pytest.mark.req("B-02")
@pytest.mark.parametrize("given", [2.0, 5.0, 50.0])
def test_a_release_that_answers_visitors_with_errors_is_undone(given: float) -> None:
    made = deployed(visitors_per_s=given)
    new = release(api=2)
    made.host.flaws.failing.add(new.service("api").fingerprint)
    outcome, error = made.deploy(new)
    if given < 3:  # too few to tell
        assert outcome == "success"
        return
    assert (outcome, error and error.what) == ("rolled_back", "the new release of api is not well")
    assert error is not None
    assert "that the release before answered, or would have" in error.why
    assert made.running() == service_roles.wanted_names(release())
    assert made.store.read().past == ()


def test_of_a_process_that_ended_the_end_is_told_and_not_the_requests_that_it_failed() -> None:
    made, new = deployed(), release(api=2)
    name = service_roles.replica_names(new.service("api"))[0]
    fetch = made.host.traefik.answer

    def answer(path: str) -> Response:
        found = fetch(path)  # it ends between the look at the processes and the look at the requests
        if path == "/metrics" and made.host.traefik.visitors_per_s < 1e6:
            made.host.traefik.visitors_per_s = 1e6
            return found
        if path == "/metrics" and made.host.replicas[name].state == "running":
            made.host.die(name)
            made.host.clock.sleep(0.01)
            return fetch(path)
        return found

    made.host.traefik.answer = answer  # type: ignore[method-assign]
    outcome, error = made.deploy(new)
    assert outcome == "rolled_back"
    assert error is not None
    assert "its process ended" in error.why


@pytest.mark.req("D-01")
def test_errors_that_both_releases_have_undo_nothing() -> None:
    made = deployed()
    new = release(api=2)
    made.host.flaws.failing |= {of.service("api").fingerprint for of in (release(), new)}
    assert made.deploy(new) == ("success", None)


@pytest.mark.parametrize(("kind", "why"), [
    ("die", "its process ended after it had been ready"),
    ("die and return", "its process ended after it had been ready"),
    ("unready", "it is no longer ready: /ready answered 503"),
])  # fmt: skip
@pytest.mark.req("B-02")
def test_a_replica_that_is_no_longer_well_undoes_its_release(kind: WorldFault, why: str) -> None:
    made = deployed(visitors_per_s=0.0)
    new = release(api=2)
    made.host.begin_run(Fault(5, kind, delay_s=0.3, pick=0.2))  # the second of all names: the new api
    outcome, error = made.deploy(new)
    assert outcome == "rolled_back"
    assert error is not None
    assert why in error.why
    made.host.clock.sleep(10)
    assert made.running() == service_roles.wanted_names(release())


def test_a_process_that_was_started_again_between_two_looks_is_seen() -> None:
    made = deployed()
    new = release(worker=2)
    name = service_roles.replica_names(new.service("worker"))[0]

    def restart() -> None:
        made.host.die(name)
        made.host.come_back(name)

    def restart_in_a_moment() -> None:
        if made.host.did[-1] == "write routes" and name in made.host.replicas and not made.host.flaws.harmed_ports:
            made.host.later(0.1, restart)

    made.host.watch = restart_in_a_moment
    outcome, error = made.deploy(new)
    assert outcome == "rolled_back"
    assert error is not None
    assert "was started again" in error.why


@pytest.mark.parametrize("seconds", [0.0, 1.0, 3.0])
def test_the_old_release_answers_beside_the_new_for_as_long_as_that_is_watched(seconds: float) -> None:
    made = deployed()
    new = release(api=2)
    beside: list[float] = []

    def note() -> None:
        if any(served.fallback for served in made.host.traefik.wanted().values()):
            beside.append(made.host.clock.time)

    made.host.watch = note
    assert made.deploy(new.__class__(**{**vars(new), "watch_s": seconds}))[0] == "success"
    length = max(beside) - min(beside) if beside else 0.0
    assert seconds <= length < seconds + 3 if seconds else not beside


def test_a_first_release_is_not_watched_because_nobody_could_answer_instead() -> None:
    made = world()
    assert made.deploy(release())[0] == "success"
    assert made.steps()["watch"] == "skipped"


def test_a_replica_that_ends_before_visitors_are_sent_to_it_gets_none() -> None:
    made = deployed()
    new = release(api=2, worker=2)
    name = service_roles.replica_names(new.service("api"))[0]

    def die() -> None:
        if made.host.did[-1].startswith("start worker") and name in made.host.replicas:
            made.host.die(name)

    made.host.watch = die
    outcome, error = made.deploy(new.__class__(**{**vars(new), "watch_s": 0.0}))
    assert (outcome, error and error.what) == ("rolled_back", "the new release of api is not well")
    assert isinstance(error, EngineError)
    assert name in error.why


@pytest.mark.req("A-13")
def test_the_last_words_are_read_to_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    made = deployed()
    new = release(api=2)
    name = service_roles.replica_names(new.service("api"))[0]
    said = iter(
        [["Traceback:"], ["Traceback:", "  in load_app"], ["Traceback:", "  in load_app", "RuntimeError: broken"]]
    )
    words: list[str] = []

    def logs(_: object, _name: str, *, lines: int) -> list[str]:
        words[:] = next(said, words)
        return words[-lines:]

    def die() -> None:
        if name in made.host.replicas:
            made.host.die(name)

    monkeypatch.setattr(runtime.SimulatedRuntime, "logs", logs)
    made.host.watch = die
    _, error = made.deploy(new)
    assert isinstance(error, EngineError)
    assert error.why.endswith("RuntimeError: broken")
