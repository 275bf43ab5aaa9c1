from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.edge.edge_echo import echo_services
from tests.integration.edge.edge_fixtures import DOMAIN, Edge, assert_hardened, edge


@pytest.fixture(scope="module")
def running(local_env: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Run Traefik before echo services; `nginx-static` has no replica, so that it answers 503."""
    with (
        echo_services() as servers,
        edge(local_env, tmp_path_factory.mktemp("edge"), servers | {"nginx-static": []}) as started,
    ):
        yield started


@pytest.mark.req("A-15")
@pytest.mark.parametrize(
    ("path", "service", "seen"),
    [
        ("/", "react-app", "/"),
        ("/events/7?x=1", "react-app", "/events/7?x=1"),
        ("/apiary", "react-app", "/apiary"),
        ("/admin/", "react-app", "/admin/"),
        ("/dashboard/", "react-app", "/dashboard/"),
        ("/metrics", "react-app", "/metrics"),
        ("/ping", "react-app", "/ping"),
        ("/api", "api", "/"),
        ("/api/", "api", "/"),
        ("/api/health", "api", "/health"),
        ("/api/health/", "api", "/health/"),
        ("/api/events?page=2", "api", "/events?page=2"),
        ("/api/api/http/routers", "api", "/api/http/routers"),
    ],
)
def test_a_public_path_reaches_its_service_and_no_other(running: Edge, path: str, service: str, seen: str) -> None:
    told = running.ask(path).json()
    assert (told["service"], told["path"]) == (service, seen)


@pytest.mark.req("A-15")
def test_the_middleware_that_strips_the_prefix_has_its_name(running: Edge) -> None:
    found = running.ask_inside("/api/http/middlewares/strip-api-prefix@file").json()
    assert found["stripPrefix"]["prefixes"] == ["/api"]


@pytest.mark.req("A-17")
@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/", DOMAIN, 200),
        ("/api/health", DOMAIN, 200),
        ("/missing", DOMAIN, 404),
        ("/api/missing", DOMAIN, 404),
        ("/", "elsewhere.example", 404),
        ("/api/health", "127.0.0.1", 404),
        ("/api/hang-up", DOMAIN, 502),
        ("/static/app.css", DOMAIN, 503),
    ],
)
def test_every_answer_carries_the_security_headers(running: Edge, path: str, host: str, status: int) -> None:
    answer = running.ask(path, host=host)
    assert answer.status_code == status
    assert_hardened(answer)


@pytest.mark.req("A-14", "A-17")
def test_head_is_answered_like_get(running: Edge) -> None:
    answer = running.ask("/api/health", "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert_hardened(answer)


@pytest.mark.req("A-18", "A-17")
def test_a_burst_over_the_limit_gets_429_with_retry_after(local_env: Path, tmp_path: Path) -> None:
    limits = {"RATE_LIMIT_API_RPM": "60", "RATE_LIMIT_API_BURST": "5"}
    with echo_services() as servers, edge(local_env, tmp_path, servers, settings=limits) as limited:
        answers = [limited.ask("/api/events") for _ in range(12)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert [answer.status_code for answer in answers[:5]] == [200] * 5
        assert len(refused) >= 5
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
        assert_hardened(refused[0])
        assert limited.ask("/").status_code == 200, "only the API is limited"


@pytest.mark.req("A-18")
def test_a_spoofed_address_does_not_escape_the_limit(local_env: Path, tmp_path: Path) -> None:
    limits = {"RATE_LIMIT_API_RPM": "60", "RATE_LIMIT_API_BURST": "2"}
    with echo_services() as servers, edge(local_env, tmp_path, servers, settings=limits) as limited:
        codes = [
            limited.ask("/api/", headers={"X-Forwarded-For": f"10.0.0.{number}"}).status_code for number in range(8)
        ]
    assert 429 in codes


@pytest.mark.req("A-18")
def test_a_limit_of_zero_is_no_limit(running: Edge) -> None:
    assert {running.ask("/api/").status_code for _ in range(30)} == {200}


@pytest.mark.req("A-14")
@pytest.mark.parametrize(("method", "status"), [("GET", 301), ("HEAD", 308), ("POST", 308)])
def test_http_redirects_to_https_at_its_port(running: Edge, method: str, status: int) -> None:
    answer = running.ask_plain("/events/7?x=1", method, host=f"{DOMAIN}:{running.http_port}")
    assert answer.status_code == status
    assert answer.headers["location"] == f"https://{DOMAIN}:{running.https_port}/events/7?x=1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" not in answer.headers, "HSTS means nothing over plain HTTP"


@pytest.mark.req("A-14")
@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1", f"evil.{DOMAIN}", f"{DOMAIN}.evil.example"])
def test_http_redirects_nobody_to_a_name_that_is_not_ours(running: Edge, host: str) -> None:
    answer = running.ask_plain("/events", host=host)
    assert (answer.status_code, answer.headers.get("location")) == (404, None)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert running.ask_plain("/x", host=f"www.{DOMAIN}").headers["location"].startswith(f"https://www.{DOMAIN}")


@pytest.mark.req("A-14")
def test_the_redirect_names_no_port_where_https_is_on_443(local_env: Path, tmp_path: Path) -> None:
    with edge(local_env, tmp_path, {"api": []}, settings={"HTTPS_PORT": "443"}) as usual:
        assert usual.ask_plain("/x", host=DOMAIN).headers["location"] == f"https://{DOMAIN}/x"


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Real-Ip", "Forwarded", "X-Original-Url",
             "X-Rewrite-Url", "X_Forwarded_For", "X_Forwarded_Proto"],
)  # fmt: skip
def test_a_client_may_not_say_who_it_is(running: Edge, name: str) -> None:
    told = running.ask("/api/", headers={name: "203.0.113.9"}).json()
    assert "203.0.113.9" not in json.dumps(told["headers"])
    assert told["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert told["headers"]["X-Forwarded-Proto"] == "https"
    assert told["headers"]["X-Forwarded-Prefix"] == "/api"
    assert told["headers"]["Host"] == DOMAIN


def test_a_path_that_two_programs_could_read_differently_is_refused(running: Edge) -> None:
    assert running.ask("/api/a%2Fb").status_code == 400
    assert running.ask("/api/..%5Cadmin").status_code == 400


def test_a_large_upload_passes_whole_and_one_that_nobody_would_take_is_refused(running: Edge) -> None:
    assert running.ask("/api/upload", "POST", content=b"x" * 2_000_000).json()["bytes"] == 2_000_000
    assert running.ask("/api/upload", "POST", content=b"x" * 2_100_000).status_code == 413


@pytest.mark.req("A-21", "A-20")
@pytest.mark.parametrize(
    ("path", "service"), [("/admin/login/", "django"), ("/health", "django"), ("/ready/", "django")]
)
def test_django_is_reached_at_the_internal_entry_point(running: Edge, path: str, service: str) -> None:
    assert running.ask_inside(path).json()["service"] == service


@pytest.mark.req("C-12")
def test_the_internal_entry_point_answers_ping_and_metrics(running: Edge) -> None:
    assert running.ask_inside("/ping").text == "OK"
    assert "traefik_entrypoint_requests_total" in running.ask_inside("/metrics").text


@pytest.mark.req("A-14")
def test_a_web_page_cannot_reach_the_internal_entry_point_under_its_own_name(running: Edge) -> None:
    assert running.ask_inside("/api/rawdata", host="rebound.example").status_code == 404
    assert running.ask_inside("/admin/", host="rebound.example").status_code == 404


@pytest.mark.req("A-12", "B-14")
def test_the_access_log_is_json_without_query_or_credentials(running: Edge) -> None:
    running.ask("/api/health?token=canary-query", headers={"Authorization": "Bearer canary-header"})
    lines = [json.loads(line) for line in running.log.read_text().splitlines()]
    assert any(line.get("RequestPath", "").startswith("/api/health") for line in lines)
    assert "canary" not in running.log.read_text()


def test_many_clients_at_once_are_all_answered(running: Edge) -> None:
    codes: list[int] = []

    def ask_often() -> None:
        with httpx.Client(verify=running.trust, headers={"Host": DOMAIN}, timeout=10) as client:
            for _ in range(50):
                url = f"https://127.0.0.1:{running.https_port}/api/"
                codes.append(client.get(url, extensions={"sni_hostname": DOMAIN}).status_code)

    clients = [threading.Thread(target=ask_often) for _ in range(8)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert codes == [200] * 400


def test_a_large_answer_of_the_api_is_compressed(running: Edge) -> None:
    assert running.ask("/api/events", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in running.ask("/api/events", headers={"Accept-Encoding": "identity"}).headers
