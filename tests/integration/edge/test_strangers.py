"""What can somebody do with requests that are none, and who is let in to the internal entry point?"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ops.engine.http import fetch
from ops.engine.rollout.metrics import read_traffic
from tests.integration.edge.edge_echo import echo_services
from tests.integration.edge.edge_fixtures import DOMAIN, HEADERS, Edge, edge, wait_for

BROKEN = {
    "no chunk": b"Transfer-Encoding: chunked\r\n\r\nZZZ\r\nabc\r\n",
    "a chunk longer than it says": b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
    "a trailer that is none": b"Transfer-Encoding: chunked\r\n\r\n0\r\nno header\r\n\r\n",
}


@pytest.fixture(scope="module")
def watched(local_env: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Run Traefik as while a new release is watched: the old one of the API answers where the new one fails."""
    folder = tmp_path_factory.mktemp("strangers")
    with echo_services() as servers, edge(local_env, folder, servers, fallback={"api": servers["django"]}) as running:
        yield running


def _send(running: Edge, request: bytes) -> bytes:
    plain = socket.create_connection(("127.0.0.1", running.https_port), timeout=10)
    with running.trust.wrap_socket(plain, server_hostname=DOMAIN) as secure:
        secure.sendall(request)
        return secure.recv(65536)


def _counts(running: Edge) -> dict[str, tuple[int, int]]:
    traffic = read_traffic(f"http://127.0.0.1:{running.internal_port}", fetch)
    return {name: (found.answered, found.errors) for name, found in traffic.items() if name.startswith("api")}


@pytest.mark.req("D-01")
@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_body_is_held_against_no_release_that_is_watched(watched: Edge, what: str, method: str) -> None:
    before = _counts(watched)
    head = f"{method} /api/events HTTP/1.1\r\nHost: {DOMAIN}\r\n".encode()
    answer = _send(watched, head + BROKEN[what]).lower()
    assert answer.startswith(b"http/1.1 500 "), "it is Traefik that says so, and nobody behind it was asked"
    assert all(f"{name}: {value}".lower().encode() in answer for name, value in HEADERS.items())
    assert _counts(watched) == before
    assert watched.ask("/api/events", "POST", content=b"{}").status_code == 200
    assert _counts(watched) != before, "the counters do count"


@pytest.mark.req("D-01")
def test_nor_is_one_of_which_only_the_beginning_comes(watched: Edge) -> None:
    before = _counts(watched)
    head = f"POST /api/events HTTP/1.1\r\nHost: {DOMAIN}\r\nContent-Length: 1000\r\n\r\n".encode()
    plain = socket.create_connection(("127.0.0.1", watched.https_port), timeout=10)
    with watched.trust.wrap_socket(plain, server_hostname=DOMAIN) as secure:
        secure.sendall(head + b"x" * 100)
        assert _counts(watched) == before, "nobody behind Traefik was asked yet"
    wait_for("Traefik to notice", lambda: '"RequestMethod":"POST"' in watched.log.read_text().splitlines()[-1])
    assert _counts(watched) == before


@pytest.mark.req("A-14")
@pytest.mark.parametrize("path", ["/api/rawdata", "/dashboard/", "/admin/login/", "/graphql", "/static/app.css"])
def test_the_internal_entry_point_lets_in_this_host_and_nobody_who_shares_a_network_with_traefik(
    watched: Edge, path: str
) -> None:
    def ask(own: str) -> int:
        with httpx.Client(transport=httpx.HTTPTransport(local_address=own)) as client:
            url = f"http://127.0.0.1:{watched.internal_port}{path}"
            return client.get(url, headers={"X-Forwarded-For": "127.0.0.1"}).status_code

    assert (ask("127.0.0.1"), ask("127.0.0.2")) == (200, 404)
