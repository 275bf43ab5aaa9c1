"""What does Traefik do with a replica that says it is not well, and with a request that died in one?"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.edge.edge_echo import Echo
from tests.integration.edge.edge_fixtures import Edge, edge, wait_for
from tests.quiet_server import QuietServer

OUT_WITHIN_S = 10.0


class Moody(Echo):
    """Answers 500 on /ready while it is sick, and drops every request while it is dying."""

    is_sick = False
    is_dying = False

    def do_GET(self) -> None:  # noqa: N802 - http.server looks for this name
        """Answer any method."""
        if self.is_dying and self.path != "/ready":
            type(self).seen.append((self.service, self.command, self.path))
            self.close_connection = True
        elif self.is_sick and self.path == "/ready":
            self.send_error(500)
        else:
            super().do_GET()

    do_POST = do_GET  # noqa: N815 - http.server looks for this name


Pair = tuple[Edge, type[Moody]]


@pytest.fixture(scope="module")
def pair(local_env: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run Traefik before two replicas of the API; yield it, and the first of them."""
    handlers = [type("Handler", (Moody,), {"service": name, "seen": []}) for name in ("first", "second")]
    servers = [QuietServer(("127.0.0.1", 0), handler) for handler in handlers]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    addresses = [f"127.0.0.1:{server.server_port}" for server in servers]
    with contextlib.ExitStack() as closing:
        for server in servers:
            closing.callback(server.server_close)
            closing.callback(server.shutdown)
        yield (
            closing.enter_context(edge(local_env, tmp_path_factory.mktemp("failing"), {"api": addresses})),
            handlers[0],
        )


def in_rotation(running: Edge) -> int:
    status = running.ask_inside("/api/http/services/api@file").json().get("serverStatus", {})
    return list(status.values()).count("UP")


def answers(running: Edge, method: str = "GET", *, count: int = 20) -> Counter[str | int]:
    """Ask many times; count who answered, or the status when nobody did."""
    asked = [running.ask("/api/events", method) for _ in range(count)]
    return Counter(answer.json()["service"] if answer.is_success else answer.status_code for answer in asked)


@pytest.mark.req("B-07")
def test_a_replica_that_is_not_ready_is_out_of_rotation_soon_and_back_when_well(pair: Pair) -> None:
    running, first = pair
    wait_for("both replicas", lambda: in_rotation(running) == 2)
    first.is_sick, began = True, time.monotonic()
    wait_for("it to be out", lambda: in_rotation(running) == 1, timeout_s=OUT_WITHIN_S)
    print(f"500 on /ready: out after {time.monotonic() - began:.1f} s")  # noqa: T201 - a measurement
    assert answers(running) == {"second": 20}
    first.is_sick, began = False, time.monotonic()
    wait_for("it to be back", lambda: in_rotation(running) == 2, timeout_s=OUT_WITHIN_S)
    print(f"well again: back after {time.monotonic() - began:.1f} s")  # noqa: T201 - a measurement
    assert answers(running) == {"first": 10, "second": 10}


@pytest.mark.req("B-07", "B-01")
def test_a_get_that_died_with_its_replica_is_asked_of_another_and_a_post_never_twice(pair: Pair) -> None:
    running, first = pair
    wait_for("both replicas", lambda: in_rotation(running) == 2)
    first.is_dying = True
    try:
        gets, posts = answers(running), answers(running, "POST")
    finally:
        first.is_dying = False
    died = Counter(method for _, method, _ in first.seen)
    assert gets == {"second": 20}
    assert posts["second"] + posts[502] == 20
    assert posts[502] == died["POST"] > 0
