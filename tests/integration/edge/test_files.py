from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.edge.edge_fixtures import Edge, edge, nginx, wait_for
from tests.ports import free_ports

IMMUTABLE = "public, max-age=31536000, immutable"
PAGE = "<!doctype html><title>page</title>"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Lay out a built front-end, collected static files and uploaded media; return the settings that name them."""
    root = tmp_path_factory.mktemp("site.d")
    files = {
        "web/index.html": PAGE,
        "web/favicon.svg": "<svg/>",
        "web/assets/app-Bx1.js": "let a = 1;" * 500,
        "web/.env": "SECRET=1",
        "static/admin/base.css": "p{}" * 1000,
        "static/admin/base.0123456789ab.css": "p{}" * 1000,
        "static/.git/config": "secret",
        "media/photo.jpg": "jpeg",
        "media/page.html": "<script>1</script>",
        "media/drawing.svg": "<svg onload='1'/>",
        "media/tool.exe": "MZ",
        "secret.txt": "outside of every root",
    }
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return {"WEB_ROOT": f"{root}/web", "STATIC_ROOT": f"{root}/static", "MEDIA_ROOT": f"{root}/media"}


@pytest.fixture(scope="module")
def running(local_env: Path, site: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Run Traefik before nginx as the front-end and nginx as file server."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "edge").mkdir()
    with (
        nginx(local_env, folder / "web", "react-app.conf.template", site) as web,
        nginx(local_env, folder / "files", "static.conf.template", site) as files,
        edge(local_env, folder / "edge", {"api": [], "react-app": [web], "nginx-static": [files]}) as started,
    ):
        yield started


@pytest.mark.req("A-15")
@pytest.mark.parametrize("path", ["/", "/events/7", "/events/7/", "/events/v1.2", "/events/?from=mail", "/index.html"])
def test_a_deep_link_survives_a_reload(running: Edge, path: str) -> None:
    answer = running.ask(path)
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.req("A-17")
@pytest.mark.parametrize(
    "path",
    ["/assets/gone.js", "/assets/", "/favicon.ico", "/wp-login.php", "/.env", "/.git/config", "/static/", "/media/",
     "/static/none.css", "/static/.git/config", "/media/none.jpg", "/static/../secret.txt", "/media/%2e%2e/secret.txt"],
)  # fmt: skip
def test_what_is_not_there_or_not_for_you_is_404(running: Edge, path: str) -> None:
    answer = running.ask(path)
    assert answer.status_code in {403, 404} if path.endswith("/") else answer.status_code == 404
    assert "immutable" not in answer.headers.get("cache-control", "")
    assert "nginx/" not in answer.text, "no version"
    assert "server" not in answer.headers
    assert answer.headers["strict-transport-security"]


@pytest.mark.req("C-07")
@pytest.mark.parametrize(
    ("path", "cache", "kind"),
    [
        ("/assets/app-Bx1.js", IMMUTABLE, "text/javascript; charset=utf-8"),
        ("/favicon.svg", "no-cache", "image/svg+xml"),
        ("/static/admin/base.css", "public, max-age=300", "text/css; charset=utf-8"),
        ("/static/admin/base.0123456789ab.css", IMMUTABLE, "text/css; charset=utf-8"),
        ("/media/photo.jpg", "private, max-age=300", "image/jpeg"),
    ],
)
def test_a_file_has_its_type_and_is_cached_as_long_as_its_name_allows(
    running: Edge, path: str, cache: str, kind: str
) -> None:
    answer = running.ask(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, cache)
    assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == (kind, "nosniff")


@pytest.mark.req("C-07")
@pytest.mark.parametrize("path", ["/assets/app-Bx1.js", "/static/admin/base.css"])
def test_text_is_compressed(running: Edge, path: str) -> None:
    answer = running.ask(path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["vary"]
    assert int(answer.headers.get("content-length") or 0) < 1500 < len(answer.content)


@pytest.mark.req("C-07")
def test_an_unchanged_file_is_not_sent_again(running: Edge) -> None:
    tag = running.ask("/static/admin/base.css", headers={"Accept-Encoding": "identity"}).headers["etag"]
    again = running.ask("/static/admin/base.css", headers={"If-None-Match": tag, "Accept-Encoding": "identity"})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.req("C-07")
@pytest.mark.parametrize(
    ("path", "disposition"),
    [("photo.jpg", None), ("page.html", "attachment"), ("drawing.svg", "attachment"), ("tool.exe", "attachment")],
)
def test_what_people_uploaded_never_runs_as_a_page(running: Edge, path: str, disposition: str | None) -> None:
    answer = running.ask(f"/media/{path}")
    assert answer.headers.get("content-disposition") == disposition
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'self'; sandbox"
    if disposition:
        assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.req("C-07")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE"])
def test_files_are_only_read(running: Edge, method: str) -> None:
    assert running.ask("/media/photo.jpg", method).status_code == 405


@pytest.mark.req("A-19")
def test_the_check_fails_when_nginx_is_not_there(local_env: Path) -> None:
    environment = {"NGINX_PORT": str(free_ports(1)[0])}
    done = _entry_point(local_env, "check", environment=environment)
    assert done[0] == 1
    assert "no answer on 127.0.0.1" in done[1]


def test_a_missing_configuration_is_said_in_one_line(local_env: Path, tmp_path: Path) -> None:
    status, said = _entry_point(local_env, "serve", str(tmp_path / "none.conf"), environment={})
    assert (status, said.strip()) == (1, f"nginx: no configuration at {tmp_path}/none.conf")


@pytest.mark.req("B-05")
def test_sigquit_lets_the_answer_under_way_finish(local_env: Path, site: dict[str, str], tmp_path: Path) -> None:
    large = Path(site["MEDIA_ROOT"]) / "large.mp4"
    large.write_bytes(b"x" * 40_000_000)
    with nginx(local_env, tmp_path / "files", "static.conf.template", site) as address:
        host, port = address.split(":")
        with socket.create_connection((host, int(port)), timeout=10) as reader:
            reader.sendall(b"GET /media/large.mp4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            received = len(reader.recv(1000))
            os.kill(int((tmp_path / "files/nginx.pid").read_text()), signal.SIGQUIT)
            wait_for("nginx to stop listening", lambda: not _listens(address))
            while chunk := reader.recv(1_000_000):
                received += len(chunk)
    assert received > 40_000_000


def _listens(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}/healthz").is_success
    except httpx.TransportError:
        return False


def _entry_point(local_env: Path, *words: str, environment: dict[str, str]) -> tuple[int, str]:
    program = Path(__file__).parents[3] / "nginx/entrypoint.py"
    done = subprocess.run(
        (str(local_env / "bin/python"), str(program), *words),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    return done.returncode, done.stderr
