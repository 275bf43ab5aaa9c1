"""Does the host ask its own edge for a name, and stop a burst in time?"""

from __future__ import annotations

import contextlib
import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from ops.engine.ask import ask, burst, place_from
from ops.engine.cli import main
from ops.engine.http import own_loopback
from ops.verification.engine_answers import answers_from, burst_from
from tests.unit.ops.verification.https_server import DOMAIN, Handler, serve


class Edge:
    """A real HTTPS server, where it listens, and what it was asked."""

    def __init__(self, port: int, handler: type[Handler]) -> None:
        self.at = ("127.0.0.1", port)
        self.handler = handler

    def url(self, path: str) -> str:
        """Return the address of a path."""
        return f"https://{DOMAIN}:{self.at[1]}{path}"


@pytest.fixture
def edge() -> Iterator[Edge]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(DOMAIN).configure_cert(context)
    handler = type("Fresh", (Handler,), {"seen": [], "left": {"limited": 20}})
    with serve(handler, context) as port:
        yield Edge(port, handler)


def test_a_name_that_does_not_resolve_is_asked_at_the_stated_address_whatever_its_certificate(edge: Edge) -> None:
    told = ask(edge.at, [("GET", edge.url("/api/health?a=b")), ("HEAD", edge.url("/"))], limit_s=5)
    health, head = answers_from({"answers": told})
    assert (health.status, json.loads(health.body_head), health.error) == (200, {"path": "/api/health?a=b"}, "")
    assert (head.method, head.status, head.body_head, head.header("X-Seen")) == ("HEAD", 200, "", "Yes")
    assert edge.handler.seen[0] == ("GET", "/api/health?a=b", f"{DOMAIN}:{edge.at[1]}")


def test_an_edge_that_does_not_answer_is_an_answer_that_says_so(edge: Edge) -> None:
    [drip, refused] = answers_from(
        {
            "answers": [
                *ask(edge.at, [("GET", edge.url("/drip"))], limit_s=0.3),
                *ask(("127.0.0.1", 1), [("GET", edge.url("/"))], limit_s=1),
            ]
        }
    )
    assert (drip.status, bool(drip.error)) == (0, True)
    assert "refused" in refused.error.lower()


@pytest.mark.req("A-14")
def test_a_burst_ends_at_the_first_429_or_when_it_has_asked_enough(edge: Edge) -> None:
    met = burst_from({"burst": burst(edge.at, edge.url("/limited"), most=300, limit_s=5)})
    assert (met.asked, met.others) == (21, 0)
    assert met.refused is not None
    assert met.refused.header("retry-after") == "0"
    free = burst_from({"burst": burst(edge.at, edge.url("/"), most=12, limit_s=5)})
    assert (free.asked, free.refused) == (12, None)


def test_an_edge_that_does_not_answer_a_burst_ends_it_with_the_reason(edge: Edge) -> None:
    told = burst_from({"burst": burst(("127.0.0.1", 1), edge.url("/"), most=3, limit_s=1)})
    assert (told.asked, told.others) == (0, 0)
    assert "refused" in told.why.lower()


def test_where_nobody_takes_connections_the_container_of_the_edge_is_asked(edge: Edge) -> None:
    listening = f"127.0.0.1:{edge.at[1]}"
    assert place_from(listening, otherwise="http://172.18.0.9:8081") == edge.at
    assert place_from("127.0.0.1:1", otherwise="http://172.18.0.9:8081") == ("172.18.0.9", 1)
    assert place_from("127.0.0.1:1", otherwise="") == ("127.0.0.1", 1)


def test_this_host_asks_from_an_address_that_nobody_else_asks_from() -> None:
    drawn = {own_loopback() for _ in range(20)}
    assert len(drawn) > 15 or drawn == {""}  # macOS has one
    assert all(address.startswith("127.") and address != "127.0.0.1" for address in drawn - {""})


def test_a_host_with_one_loopback_address_asks_from_that(monkeypatch: pytest.MonkeyPatch) -> None:
    class One:
        def bind(self, _: object) -> None:
            raise OSError("cannot assign requested address")

    monkeypatch.setattr("ops.engine.http.socket.socket", lambda *_: contextlib.nullcontext(One()))
    assert own_loopback() == ""


def test_the_engine_prints_answers_and_burst(edge: Edge, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = f"127.0.0.1:{edge.at[1]}"
    questions = json.dumps([["GET", edge.url("/one")]])
    words = ["ask", "--root", str(tmp_path), "--at", at, "--questions", questions]
    assert main([*words, "--burst", edge.url("/limited"), "--most", "50"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert answers_from(told)[0].status == 200
    assert burst_from(told).asked == 21
