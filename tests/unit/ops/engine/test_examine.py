"""Does one question to the engine bring everything that a verification wants, whatever part of it fails?"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.engine.errors import EngineError
from ops.engine.examine import examine
from ops.engine.host.state import State, Store
from ops.engine.http import Response
from ops.engine.model import Edge, Service
from ops.engine.runtime import Line, Listener, LogQuery
from ops.verification.engine_answers import examined_from
from tests.simulation.runtime import SimulatedRuntime
from tests.simulation.world import release, world

PARTS = {"status", "listeners", "static_config", "rawdata", "environment", "logs", "problems"}
PARTS |= {"seconds", "now", "uptime"}  # how long each took; the host's clock, and for how long it is up


class SeeingRuntime(SimulatedRuntime):
    """A runtime that has something to show."""

    def listeners(self) -> tuple[Listener, ...]:  # type: ignore[override]  # the simulated host listens nowhere
        """Show Traefik's port."""
        return (Listener(address="::", port=443, protocol="udp", pid=7, process="docker-proxy", owner="traefik"),)

    def static_config(self) -> str:
        """Show a file."""
        return "entryPoints: {}\n"

    def read_lines(self, query: LogQuery) -> Iterator[Line]:
        """Yield as many lines as are wanted."""
        (name,) = query.services
        yield from (Line(at=float(n), service=name, replica=f"{name}-1", text=f"line {n}") for n in range(query.lines))


class BlindRuntime(SimulatedRuntime):
    """A runtime that can show nothing of Traefik."""

    def listeners(self) -> None:
        """Fail in an unforeseen way."""
        raise OSError("ss: not found")

    def run_once(self, service: Service, command: tuple[str, ...], *, timeout_s: float) -> tuple[int, str]:
        """Refuse."""
        del command, timeout_s
        raise EngineError("the image is gone", why=f"{service.name} was pruned", fix="invoke deploy")

    def edge_url(self, edge: Edge) -> str:
        """Have no edge."""
        del edge
        return ""


def from_memory(url: str, *, host: str = "", timeout_s: float = 2.0) -> Response:
    """Response as Traefik's API does."""
    del host, timeout_s
    return Response(200, f'{{"asked": "{url}"}}'.encode())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder in which a release is live."""
    store = Store(tmp_path)
    store.save_release(release())
    store.write(State(release=release().id))
    return tmp_path


@pytest.mark.req("A-14")
def test_one_answer_has_everything(root: Path) -> None:
    raw = examine(root, SeeingRuntime(world().host), from_memory, log_lines=3)
    seen = examined_from(raw)
    assert raw.keys() == PARTS
    assert seen.problems == {}
    assert [(one.owner, one.port, one.protocol) for one in seen.listeners or ()] == [("traefik", 443, "udp")]
    assert seen.rawdata.body_head == '{"asked": "http://127.0.0.1:8081/api/rawdata"}'
    assert seen.logs == {name: f"{name}-1 | line 0\n{name}-1 | line 1\n{name}-1 | line 2\n" for name in seen.logs}
    assert (seen.environment.exit_code, seen.static_config) == (0, "entryPoints: {}\n")
    assert {(one.service, one.healthy) for one in seen.services} >= {("api", False), ("traefik", False)}


@pytest.mark.req("A-09")
def test_a_part_that_fails_keeps_no_other_part_from_being_seen(root: Path) -> None:
    raw = examine(root, BlindRuntime(world().host), from_memory, log_lines=3)
    assert raw["status"]["release"] == release().id
    assert raw["problems"].keys() == {"listeners", "environment", "rawdata"}
    assert "ss: not found" in raw["problems"]["listeners"]
    assert raw["problems"]["environment"] == "the image is gone: traefik was pruned"
    assert raw["problems"]["rawdata"] == "Traefik's API was not asked: Traefik does not run"


@pytest.mark.req("A-07")
def test_where_nothing_is_live_that_is_what_is_seen(tmp_path: Path) -> None:
    raw = examine(tmp_path, SimulatedRuntime(world().host), from_memory, log_lines=3)
    assert (raw["status"]["release"], raw["status"]["services"], raw["listeners"]) == (None, [], None)
    assert raw["problems"].keys() == {"rawdata", "environment"}


@pytest.mark.req("A-14")
def test_a_part_that_hangs_is_left_behind(root: Path) -> None:
    end = threading.Event()

    class HangingRuntime(SeeingRuntime):
        def static_config(self) -> str:
            end.wait(30)
            return ""

    raw = examine(root, HangingRuntime(world().host), from_memory, log_lines=3, limit_s=0.5)
    end.set()
    assert raw["problems"] == {"static_config": "it did not end within 0.5 s"}
    assert raw["rawdata"]["status"] == 200
