from __future__ import annotations

import json
import socket
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from ops.engine.http import own_loopback
from ops.verification.http import Prober, connect, each, prober
from tests.unit.ops.verification.https_server import DOMAIN, Handler, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Server:
    """A real HTTPS server of this process, with the requests that it has seen."""

    def __init__(self, port: int, ca_file: Path, handler: type[Handler]) -> None:
        self.port = port
        self.ca_file = str(ca_file)
        self.handler = handler

    def url(self, path: str, *, domain: str = DOMAIN) -> str:
        """Return the address of a path under a name."""
        return f"https://{domain}:{self.port}{path}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(DOMAIN).configure_cert(context)
    handler = type("Fresh", (Handler,), {"seen": [], "left": {"limited": 0}})
    with serve(handler, context) as port:
        yield Server(port, tmp_path / "ca.pem", handler)


@pytest.fixture
def asking(server: Server) -> Iterator[Prober]:
    with prober(address="127.0.0.1", ca_file=server.ca_file) as opened:
        yield opened


def test_a_name_that_does_not_resolve_is_asked_at_the_stated_address(server: Server, asking: Prober) -> None:
    answer = asking.get(server.url("/api/health"))
    assert (answer.status, answer.error) == (200, "")
    assert server.handler.seen == [("GET", "/api/health", f"{DOMAIN}:{server.port}")]
    assert json.loads(answer.body_head) == {"path": "/api/health"}
    assert answer.url == server.url("/api/health")
    assert answer.header("x-seen") == "Yes"


def test_the_certificate_is_verified_and_kept(server: Server, asking: Prober) -> None:
    certificate = asking.get(server.url("/")).certificate
    assert certificate is not None
    assert certificate.names == (DOMAIN,)
    assert certificate.protocol.startswith("TLSv1.")


@pytest.mark.req("A-14")
def test_a_certificate_for_another_name_is_an_error(server: Server, asking: Prober) -> None:
    assert asking.get(server.url("/")).status == 200  # the verified connection must not serve another name
    answer = asking.get(server.url("/", domain="other.localhost"))
    assert answer.status == 0
    assert "certificate" in answer.error.lower()


def test_a_certificate_of_an_unknown_authority_is_an_error(server: Server) -> None:
    with prober(address="127.0.0.1") as asking:
        answer = asking.get(server.url("/"))
    assert answer.status == 0
    assert "certificate" in answer.error.lower()


def test_any_certificate_will_do_where_nothing_should_answer(server: Server, asking: Prober) -> None:
    answer = asking.ask("GET", server.url("/", domain="admin.slipway.localhost"), any_certificate=True)
    assert answer.status == 200
    assert server.handler.seen[-1][2].startswith("admin.slipway.localhost")


def test_a_missing_authority_is_said_instead_of_raised(tmp_path: Path) -> None:
    with prober(address="127.0.0.1", ca_file=str(tmp_path / "no.pem")) as asking:
        answer = asking.get("https://slipway.localhost/")
    assert "no.pem" in answer.error


@pytest.mark.req("A-09")
def test_a_closed_port_is_an_answer_that_says_so() -> None:
    with prober(address="127.0.0.1") as asking:
        answer = asking.get(f"http://slipway.localhost:{closed_port()}/")
    assert answer.status == 0
    assert "refused" in answer.error.lower()


def test_a_url_that_is_none_is_an_answer_too(asking: Prober) -> None:
    assert asking.get("https://[::1").error


@pytest.mark.req("A-14")
def test_a_server_that_drips_is_cut_at_the_limit(server: Server) -> None:
    with prober(address="127.0.0.1", ca_file=server.ca_file, limit_s=0.3) as asking:
        answer = asking.get(server.url("/drip"))
    assert "in time" in answer.error
    assert 0.2 < answer.seconds < 2


@pytest.mark.req("A-14")
def test_requests_come_from_the_stated_address_of_this_machine(server: Server) -> None:
    address = own_loopback() or "127.0.0.1"
    with prober(address="127.0.0.1", ca_file=server.ca_file, source=address) as asking:
        answer = asking.get(server.url("/"))
    assert (answer.status, answer.header("x-client")) == (200, address)


def test_head_has_headers_and_no_body(server: Server, asking: Prober) -> None:
    answer = asking.head(server.url("/"))
    assert (answer.method, answer.status, answer.body_head) == ("HEAD", 200, "")


def test_a_post_carries_its_body(server: Server, asking: Prober) -> None:
    answer = asking.ask("POST", server.url("/"), body={"a": 1})
    assert (answer.status, json.loads(answer.body_head)) == (202, {"a": 1})


def test_a_429_is_asked_once_more_after_its_time(server: Server, asking: Prober) -> None:
    assert asking.get(server.url("/limited")).status == 429
    assert len(server.handler.seen) == 2


def test_several_routes_are_asked_at_once_under_their_names(server: Server, asking: Prober) -> None:
    answers = each(asking, {"home": ("GET", server.url("/")), "health": ("HEAD", server.url("/health"))})
    assert {name: answer.method for name, answer in answers.items()} == {"home": "GET", "health": "HEAD"}


@pytest.mark.req("A-14")
def test_a_connection_tells_open_from_closed(server: Server) -> None:
    assert connect("127.0.0.1", server.port).is_open
    assert not connect("127.0.0.1", closed_port()).is_open


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_of_the_operator_is_not_used(
    server: Server, asking: Prober, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    assert asking.get(server.url("/")).status == 200


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
