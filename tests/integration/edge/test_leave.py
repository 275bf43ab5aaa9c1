"""Does Traefik let a slow download finish when it is told to stop, and does nginx tell of one that it cuts?"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.edge import edge_fixtures
from tests.integration.edge.edge_fixtures import DOMAIN, edge, nginx, wait_for

SIZE_BYTES = 64 << 20  # more than lies in the sockets' buffers
FILM = "/media/film.mp4"
HEADERS = {"Host": DOMAIN, "X-Request-Id": "film-12345678"}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Lay out a big file; return the settings that name its folder."""
    (tmp_path / "media").mkdir()
    with (tmp_path / "media" / "film.mp4").open("wb") as film:
        film.truncate(SIZE_BYTES)
    return {"STATIC_ROOT": str(tmp_path), "MEDIA_ROOT": f"{tmp_path}/media"}


@contextlib.contextmanager
def download(client: httpx.Client, url: str) -> Iterator[Iterator[int]]:
    """Begin to read the film, and no more than its beginning; yield the sizes of its parts, the first too."""
    with client.stream("GET", url, headers=HEADERS, extensions={"sni_hostname": DOMAIN}) as answer:
        parts = map(len, answer.iter_raw())
        first = next(parts)
        yield (size for source in ([first], parts) for size in source)


def pid_of(folder: Path) -> int:
    return int((folder / "nginx.pid").read_text(encoding="ascii"))


def is_closed(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.req("B-05")
def test_nginx_logs_the_download_that_it_cuts(
    local_env: Path, tmp_path: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, fill_in = tmp_path / "nginx", edge_fixtures.fill_in
    monkeypatch.setattr(
        edge_fixtures, "fill_in", lambda *given: fill_in(*given).replace("timeout 30s;  #", "timeout 1s; #")
    )
    with (
        nginx(local_env, folder, "static.conf.template", files) as address,
        httpx.Client() as client,
        download(client, f"http://{address}{FILM}") as parts,
    ):
        os.kill(pid_of(folder), signal.SIGQUIT)
        wait_for("nginx to go", lambda: not (folder / "nginx.pid").exists(), timeout_s=5)
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            sum(parts)
    assert logged(folder) == [("warning", "request cut", "film-12345678")]


def logged(folder: Path) -> list[tuple[str, str, str]]:
    entries = [json.loads(line) for line in (folder / "nginx.log").read_text(encoding="utf-8").splitlines()]
    return [(entry["level"], entry["event"], entry["request_id"]) for entry in entries if entry["path"] == FILM]


@pytest.mark.req("B-05")
def test_traefik_finishes_a_slow_download(local_env: Path, tmp_path: Path, files: dict[str, str]) -> None:
    (tmp_path / "edge").mkdir()
    with (
        nginx(local_env, tmp_path / "nginx", "static.conf.template", files) as address,
        edge(local_env, tmp_path / "edge", {"api": [], "nginx-static": [address]}) as running,
        httpx.Client(verify=running.trust) as client,
        download(client, f"https://127.0.0.1:{running.https_port}{FILM}") as parts,
    ):
        os.kill(running.pid, signal.SIGTERM)
        wait_for("the port to close", lambda: is_closed(running.https_port))
        assert sum(parts) == SIZE_BYTES
