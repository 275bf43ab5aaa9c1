"""Is a request that a watched release failed asked again only where that cannot do it twice?"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import httpx
import pytest

from ops.engine.http import fetch
from ops.engine.rollout.metrics import Counts, read_traffic
from tests.integration.edge.edge_echo import Echo, echo_services
from tests.integration.edge.edge_fixtures import Edge, edge, wait_for
from tests.ports import free_port
from tests.quiet_server import QuietServer

KEY = {"Idempotency-Key": "an-attempt-of-mine"}
LOOKED_AT = 10  # times a look of Traefik may come in between
WINDOW_S = 2.1  # for as long Traefik remembers a failure (routes.py: PASSIVE)
KEYED = ("/api/organizations", "/api/organizations/one/events", "/api/organizations/one/shifts/7/sign-ups")


class Answering(Echo):
    """Says that it is ready, and answers everything else with one status."""

    status: ClassVar[int] = 200
    looks: ClassVar[int] = 0

    def do_GET(self) -> None:  # noqa: N802 - http.server looks for this name
        """Answer any method."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_question = self.path == "/ready"
        if is_question:
            type(self).looks += 1
        else:
            self.seen.append((self.service, self.command, self.path))
        answer = json.dumps({"service": self.service, "bytes": len(body)}).encode()
        self.send_response(200 if is_question else self.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - http.server looks for these


@dataclass(frozen=True)
class Two:
    """Traefik before a new release of the API and the old one."""

    edge: Edge
    new: type[Answering]
    old: type[Answering]

    def ask(
        self, path: str, method: str, *, headers: Mapping[str, str] | None = None, content: bytes = b"{}"
    ) -> tuple[httpx.Response, str]:
        """Ask once; return the answer, and who was asked, in order."""
        for one in (self.new, self.old):
            one.seen.clear()
        answer = self.edge.ask(path, method, headers=headers, content=content if method != "GET" else b"")
        return answer, " ".join([*(name for name, _, _ in self.new.seen), *(name for name, _, _ in self.old.seen)])

    def counts(self) -> dict[str, Counts]:
        """Return what Traefik counted."""
        return read_traffic(f"http://127.0.0.1:{self.edge.internal_port}", fetch)


@contextlib.contextmanager
def watched(local_env: Path, folder: Path, *, is_new_gone: bool) -> Iterator[Two]:
    """Run Traefik as while a release of the API is watched, of which there may be nobody who could be reached."""
    handlers = [type("Handler", (Answering,), {"service": name, "seen": []}) for name in ("new", "old")]
    with contextlib.ExitStack() as closing:
        new, old = ([closing.enter_context(serving(handler))] for handler in handlers)
        new = [f"127.0.0.1:{free_port()}"] if is_new_gone else new
        others = closing.enter_context(echo_services())
        running = closing.enter_context(edge(local_env, folder, {**others, "api": new}, fallback={"api": old}))
        yield Two(running, handlers[0], handlers[1])


@contextlib.contextmanager
def serving(handler: type[Answering]) -> Iterator[str]:
    """Run a server until the block ends; yield its address."""
    server = QuietServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def both(local_env: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Run Traefik before both releases."""
    with watched(local_env, tmp_path_factory.mktemp("once"), is_new_gone=False) as made:
        yield made


@pytest.fixture
def two(both: Two) -> Two:
    """Return both releases; the new one fails whatever it is asked from now on."""
    both.new.status = 200
    wait_for("the new one to be asked", lambda: both.ask("/api/events", "POST")[1] == "new")
    both.new.status = 500
    return both


@pytest.fixture
def gone(local_env: Path, tmp_path: Path) -> Iterator[Two]:
    """Run Traefik before a new release that cannot be reached."""
    with watched(local_env, tmp_path, is_new_gone=True) as made:
        yield made


@pytest.mark.req("B-02")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_only_reads_is_answered_by_the_old_release_where_the_new_one_fails(two: Two, method: str) -> None:
    answer, asked = two.ask("/api/events", method)
    assert (answer.status_code, asked) == (200, "new old")


@pytest.mark.req("B-02", "D-12")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_may_change_something_is_asked_once_and_its_error_is_seen_and_counted(two: Two, method: str) -> None:
    before = two.counts()
    answer, asked = two.ask("/api/organizations", method)
    assert (answer.status_code, asked) == (500, "new")
    now = two.counts()
    assert now["api-new"].since(before["api-new"]) == Counts(1, 1, 1, 1)
    assert now.get("api-old") == before.get("api-old")


@pytest.mark.req("D-12")
@pytest.mark.parametrize("path", KEYED)
def test_a_post_with_a_key_is_asked_again_where_the_api_honours_it(two: Two, path: str) -> None:
    answer, asked = two.ask(path, "POST", headers=KEY)
    assert (answer.status_code, answer.json()["service"], answer.json()["bytes"], asked) == (200, "old", 2, "new old")


@pytest.mark.req("D-12")
@pytest.mark.parametrize(("path", "headers", "content"), [
    ("/api/auth/login", KEY, b"{}"),
    ("/api/organizations/one/people", KEY, b"{}"),
    ("/api/organizations/one/events/7", KEY, b"{}"),
    ("/api/organizations", {"Idempotency-Key": "short"}, b"{}"),
    ("/api/organizations", KEY, b"x" * 100_000),
    ("/graphql", KEY, b"{}"),
], ids=["a log-in", "people", "an event", "no key of the API's", "too long to keep", "GraphQL"])  # fmt: skip
def test_a_key_that_nobody_honours_makes_nothing_repeatable(
    two: Two, path: str, headers: dict[str, str], content: bytes
) -> None:
    answer, asked = two.ask(path, "POST", headers=headers, content=content)
    assert asked == "new" if path.startswith("/api") else answer.status_code == 200
    assert answer.status_code == (500 if path.startswith("/api") else 200)


@pytest.mark.req("B-01", "B-02")
def test_a_request_that_nobody_could_get_is_asked_of_the_old_release_whatever_it_does(gone: Two) -> None:
    began = time.monotonic()
    seen = [(gone.ask("/api/organizations", method)) for method in ("POST", "GET", "PUT")]
    assert [(answer.status_code, asked) for answer, asked in seen] == [(200, "old")] * 3
    assert time.monotonic() - began < 1.5


def five_between_looks(two: Two) -> list[str]:
    """Ask five times right after a look of Traefik's; nobody where it looked again meanwhile."""
    wait_for("the new one to be in", lambda: two.ask("/api/organizations", "POST")[1] == "new")
    time.sleep(WINDOW_S)  # nothing that failed before counts any more
    before = two.new.looks
    wait_for("a look", lambda: two.new.looks > before)
    looks = two.new.looks
    seen = [two.ask("/api/organizations", "POST")[1] for _ in range(5)]
    return seen if two.new.looks == looks else []


@pytest.mark.req("B-02")
def test_a_release_that_fails_three_in_a_row_is_out_until_it_is_looked_at_again(two: Two) -> None:
    # A look of Traefik's in between brings it in again, and five questions may last a second on a busy machine.
    attempts = (five_between_looks(two) for _ in range(LOOKED_AT))
    seen = next(seen for seen in attempts if seen)
    assert seen == ["new", "new", "new", "old", "old"]
    wait_for("the new one to be in again", lambda: two.ask("/api/organizations", "POST")[1] == "new")
