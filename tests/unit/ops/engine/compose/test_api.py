from __future__ import annotations

import http.server
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from ops.engine.compose import docker_api
from ops.engine.compose.containers import Containers
from ops.engine.compose.docker_api import DockerApi, DockerRefusedError
from ops.engine.errors import EngineError


class Handler(http.server.BaseHTTPRequestHandler):
    """Answer as the Engine does, once it has cut `Server.cuts` connections."""

    server: Server

    def address_string(self) -> str:
        """Return nothing: a Unix socket has no address."""
        return ""

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""

    def answer(self) -> None:
        """Cut, refuse or answer."""
        if self.server.cuts:
            self.server.cuts -= 1
            return
        self.server.asked.append((self.command, self.path))
        status, body = self.server.answers.get(urlsplit(self.path).path, (404, b'{"message": "No such thing"}'))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the names that http.server looks for


class Server(socketserver.ThreadingUnixStreamServer):
    """An engine on a socket."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), Handler)
        self.cuts = 0
        self.asked: list[tuple[str, str]] = []
        self.answers: dict[str, tuple[int, bytes]] = {}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "docker.sock") as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def engine(server: Server, tmp_path: Path) -> DockerApi:
    assert server.asked == []
    return DockerApi(tmp_path / "docker.sock")


def test_an_answer_is_read_and_a_question_is_written_as_the_engine_wants_it(server: Server, engine: DockerApi) -> None:
    server.answers["/v1.44/containers/json"] = (200, b'[{"Names": ["/b"]}, {"Names": ["/a"]}]')
    assert [row["Names"] for row in Containers(engine).listed("slipway.service=web")] == [["/a"], ["/b"]]
    asked = parse_qs(urlsplit(server.asked[0][1]).query)
    assert asked == {"all": ["true"], "filters": ['{"label": ["slipway.service=web"]}']}


def test_what_the_engine_refuses_is_told_in_its_own_words(engine: DockerApi) -> None:
    with pytest.raises(DockerRefusedError) as raised:
        engine.get("/images/x/json")
    assert (raised.value.status, raised.value.why, raised.value.family) == (404, "No such thing", "host")


def test_a_container_that_is_gone_is_stopped_already(server: Server, engine: DockerApi) -> None:
    Containers(engine).stop("web-1", signal="TERM", grace_s=3)
    words = [(method, urlsplit(target).path.removeprefix("/v1.44/containers/")) for method, target in server.asked]
    assert words == [("GET", "web-1/json"), ("POST", "web-1/stop"), ("DELETE", "web-1")]
    assert parse_qs(urlsplit(server.asked[1][1]).query) == {"signal": ["TERM"], "t": ["3"]}


@pytest.mark.req("D-12")
def test_a_restart_of_the_engine_is_waited_for(server: Server, engine: DockerApi) -> None:
    server.cuts = 2
    server.answers["/v1.44/version"] = (200, b'{"Version": "26.1"}')
    assert engine.get("/version") == {"Version": "26.1"}


def test_an_engine_that_is_not_there_is_named_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_api, "RESTART_TIMEOUT_S", 0.3)
    with pytest.raises(EngineError, match="does not answer") as raised:
        DockerApi(tmp_path / "nothing.sock").get("/version")
    assert raised.value.family == "host"
