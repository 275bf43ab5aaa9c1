from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from ops.targets.droplet.edge import htpasswd_line
from tests.integration.edge.edge_echo import SERVICES, Echo, echo_services
from tests.integration.edge.edge_fixtures import (
    ADMIN,
    AUTH,
    DOMAIN,
    EXPOSED,
    FLOWER,
    PASSWORD,
    USER,
    WWW,
    Edge,
    assert_hardened,
    edge,
)

INSIDE = [(ADMIN, "/admin/"), (ADMIN, "/"), (ADMIN, "/static/admin/base.css"), (FLOWER, "/"), (FLOWER, "/api/workers")]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, list[str]]]:
    with echo_services((*SERVICES, "flower")) as started:
        yield started


@pytest.fixture(scope="module")
def running(
    local_env: Path, servers: Mapping[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Edge]:
    """Run Traefik with both names exposed to this machine."""
    with edge(local_env, tmp_path_factory.mktemp("guarded"), servers, settings=EXPOSED) as started:
        yield started


def unlock(password: str = PASSWORD) -> dict[str, str]:
    """Return the header that a browser sends once the password was typed."""
    return {"Authorization": "Basic " + base64.b64encode(f"{USER}:{password}".encode()).decode()}


def broken_routers(edge: Edge) -> list[str]:
    """Return what Traefik's API calls an error."""
    return [one["name"] for one in edge.ask_inside("/api/http/routers?per_page=1000").json() if one.get("error")]


def assert_closed(edge: Edge, *hosts: str) -> None:
    """Fail unless these hosts answer as any host that is not ours, also to whoever knows the password."""
    stranger = edge.ask("/", host="elsewhere.example")
    for host, path in INSIDE:
        if host in hosts:
            answer = edge.ask(path, host=host, headers=unlock())
            assert (answer.status_code, answer.text) == (404, stranger.text), (host, path)
            assert "www-authenticate" not in answer.headers
            assert_hardened(answer)
    assert broken_routers(edge) == []


@pytest.mark.req("A-21", "A-22", "A-17")
@pytest.mark.parametrize(("host", "path"), INSIDE)
@pytest.mark.parametrize("headers", [{}, unlock("wrong"), {"Authorization": "Bearer canary"}])
def test_without_the_password_the_answer_is_401(running: Edge, host: str, path: str, headers: dict[str, str]) -> None:
    Echo.seen.clear()
    answer = running.ask(path, host=host, headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="operators"')
    assert_hardened(answer)
    assert Echo.seen == [], "no service was asked"


@pytest.mark.req("A-21", "A-22", "A-17")
@pytest.mark.parametrize(
    ("host", "path", "service"),
    [
        (ADMIN, "/admin", "django"),
        (ADMIN, "/admin/login/?next=/admin/", "django"),
        (ADMIN, "/static/admin/base.css", "nginx-static"),
        (FLOWER, "/", "flower"),
        (FLOWER, "/worker/celery@one", "flower"),
        (FLOWER, "/api/workers", "flower"),
        (FLOWER, "/static/js/flower.js", "flower"),
    ],
)
def test_an_operator_reaches_the_service_which_never_sees_the_password(
    running: Edge, host: str, path: str, service: str
) -> None:
    answer = running.ask(path, host=host, headers=unlock())
    told = answer.json()
    assert (told["service"], told["path"]) == (service, path)
    assert "Authorization" not in told["headers"]
    assert told["headers"]["Host"] == host
    assert told["headers"]["X-Forwarded-Proto"] == "https"
    assert_hardened(answer)


@pytest.mark.req("A-21", "A-22")
def test_the_line_that_a_deploy_makes_opens_the_lock(
    local_env: Path, servers: Mapping[str, list[str]], tmp_path: Path
) -> None:
    made = EXPOSED | {"OPERATOR_AUTH": htpasswd_line(USER, PASSWORD, key="k" * 50)}
    with edge(local_env, tmp_path, servers, settings=made) as running:
        assert running.ask("/admin/", host=ADMIN, headers=unlock()).status_code == 200
        assert running.ask("/admin/", host=ADMIN, headers=unlock("wrong")).status_code == 401


@pytest.mark.req("A-21")
def test_the_root_of_the_admins_name_leads_to_the_admin(running: Edge) -> None:
    answer = running.ask("/", host=ADMIN, headers=unlock())
    assert (answer.status_code, answer.headers["location"]) == (302, f"https://{ADMIN}/admin/")


@pytest.mark.req("A-21", "A-17")
@pytest.mark.parametrize("path", ["/health", "/ready", "/api/health", "/administrator", "/admin/../health", "/metrics"])
def test_the_admins_name_serves_nothing_but_the_admin(running: Edge, path: str) -> None:
    Echo.seen.clear()
    answer = running.ask(path, host=ADMIN, headers=unlock())
    assert answer.status_code == 404
    assert_hardened(answer)
    assert Echo.seen == []


@pytest.mark.req("A-22", "A-17")
@pytest.mark.parametrize(
    "path",
    ["/metrics", "/metrics/", "/healthcheck", "/healthcheck?x=1", "//metrics", "/x/../metrics", "/%6detrics",
     "/./healthcheck"],
)  # fmt: skip
def test_flowers_own_metrics_are_closed_also_to_operators(running: Edge, path: str) -> None:
    Echo.seen.clear()
    url = httpx.URL(f"https://127.0.0.1:{running.https_port}").copy_with(raw_path=path.encode())
    with httpx.Client(verify=running.trust) as client:
        answer = client.get(url, headers={"Host": FLOWER, **unlock()}, extensions={"sni_hostname": DOMAIN})
    assert answer.status_code == 404
    assert_hardened(answer)
    assert Echo.seen == []


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 404), ("same-site", 404), ("same-origin", 200), ("none", 200), ("", 200)]
)
def test_another_site_cannot_make_an_operators_browser_act_on_flower(running: Edge, site: str, status: int) -> None:
    headers = unlock() | ({"Sec-Fetch-Site": site} if site else {})
    answer = running.ask("/api/worker/shutdown/celery@one", "POST", host=FLOWER, headers=headers)
    assert answer.status_code == status
    assert running.ask("/", host=FLOWER, headers=headers).status_code == 200, "a link may lead there"


@pytest.mark.req("A-21", "A-22", "A-17")
def test_another_address_is_refused_before_it_is_asked_for_a_password(
    local_env: Path, servers: Mapping[str, list[str]], tmp_path: Path
) -> None:
    elsewhere = EXPOSED | {"OPERATOR_NETWORKS": "203.0.113.0/24"}
    with edge(local_env, tmp_path, servers, settings=elsewhere) as locked:
        for host, path in INSIDE:
            answer = locked.ask(path, host=host, headers={**unlock(), "X-Forwarded-For": "203.0.113.9"})
            assert answer.status_code == 403, (host, path)
            assert_hardened(answer)


@pytest.mark.req("A-21", "A-22")
@pytest.mark.parametrize(
    ("settings", "closed"),
    [
        ({}, (ADMIN, FLOWER)),
        (EXPOSED | {"EXPOSE_ADMIN": "false"}, (ADMIN,)),
        (EXPOSED | {"EXPOSE_FLOWER": "false"}, (FLOWER,)),
        (EXPOSED | {"ENVIRONMENT": "production"}, (ADMIN,)),
        (EXPOSED | {"ENVIRONMENT": ""}, (ADMIN,)),
        (EXPOSED | {"OPERATOR_AUTH": ""}, (ADMIN, FLOWER)),
        (EXPOSED | {"OPERATOR_NETWORKS": ""}, (ADMIN, FLOWER)),
    ],
    ids=["nothing said", "no admin", "no flower", "production", "no environment", "no password", "no network"],
)
def test_what_is_not_exposed_is_not_there(
    local_env: Path, tmp_path: Path, servers: Mapping[str, list[str]], settings: dict[str, str], closed: tuple[str, ...]
) -> None:
    deployed = {name: urls for name, urls in servers.items() if name != "flower" or FLOWER not in closed}
    with edge(local_env, tmp_path, deployed, settings=settings) as running:
        assert_closed(running, *closed)
        for host, path in {(ADMIN, "/admin/"), (FLOWER, "/")}:
            assert (running.ask(path, host=host, headers=unlock()).status_code == 200) is (host not in closed)


@pytest.mark.req("A-17")
@pytest.mark.parametrize(("method", "status"), [("GET", 301), ("POST", 308)])
def test_www_redirects_to_the_domain_at_the_same_port(running: Edge, method: str, status: int) -> None:
    answer = running.ask("/events/7?x=1", method, host=f"{WWW}:{running.https_port}")
    assert answer.status_code == status
    assert answer.headers["location"] == f"https://{DOMAIN}:{running.https_port}/events/7?x=1"
    assert_hardened(answer)


def test_a_domain_that_begins_with_www_gets_no_second_one(local_env: Path, tmp_path: Path) -> None:
    with echo_services() as servers, edge(local_env, tmp_path, servers, settings={"WEBSITE_DOMAIN": WWW}) as running:
        with httpx.Client(verify=running.trust) as client:
            url, headers = f"https://127.0.0.1:{running.https_port}/", {"Host": WWW}
            assert client.get(url, headers=headers, extensions={"sni_hostname": WWW}).json()["service"] == "react-app"
        names = [one["name"] for one in running.ask_inside("/api/http/routers?per_page=1000").json()]
    assert "www@file" not in names


@pytest.mark.req("A-12")
def test_the_password_is_in_no_log(running: Edge) -> None:
    running.ask("/admin/", host=ADMIN, headers=unlock())
    assert PASSWORD not in running.log.read_text()
    assert unlock()["Authorization"] not in running.log.read_text()
    assert AUTH.partition(":")[2] not in running.log.read_text()
