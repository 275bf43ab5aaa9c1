from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from tests.integration.edge.edge_echo import Echo, echo_services
from tests.integration.edge.edge_fixtures import DOMAIN, Edge, assert_hardened, edge

JSON = {"Content-Type": "application/json"}
BODY = b'{"query": "{ me { name } }"}'
NEARLY = ["/graphql/", "/graphql/x", "/graphiql", "/GraphQL", "/x/graphql", "/graphql.json", "/graphql;x"]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, list[str]]]:
    with echo_services() as started:
        yield started


@pytest.fixture(scope="module")
def running(
    local_env: Path, servers: Mapping[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Edge]:
    """Run Traefik with GraphQL exposed."""
    with edge(local_env, tmp_path_factory.mktemp("graphql"), servers, settings={"EXPOSE_GRAPHQL": "true"}) as started:
        yield started


@pytest.mark.req("C-08", "A-17")
def test_an_exposed_graphql_gets_the_path_alone_with_its_token(running: Edge) -> None:
    answer = running.ask("/graphql?x=1", "POST", headers={**JSON, "Authorization": "Bearer canary"}, content=BODY)
    told = answer.json()
    assert (told["service"], told["method"], told["path"], told["bytes"]) == (
        "django",
        "POST",
        "/graphql?x=1",
        len(BODY),
    )
    assert told["headers"]["Authorization"] == "Bearer canary"
    assert told["headers"]["Host"] == DOMAIN
    assert_hardened(answer)


@pytest.mark.req("C-08")
@pytest.mark.parametrize("path", [*NEARLY, "/admin/", "/ready", "/health"])
def test_nothing_else_of_django_is_public(running: Edge, path: str) -> None:
    Echo.seen.clear()
    running.ask(path, "POST", headers=JSON, content=BODY)
    assert "django" not in {service for service, _, _ in Echo.seen}


@pytest.mark.req("C-08")
@pytest.mark.parametrize("host", [f"admin.{DOMAIN}", f"www.{DOMAIN}", "elsewhere.example", "127.0.0.1"])
def test_another_name_has_no_graphql(running: Edge, host: str) -> None:
    Echo.seen.clear()
    answer = running.ask("/graphql", "POST", host=host, headers=JSON, content=BODY)
    assert answer.status_code in {301, 308, 404}
    assert Echo.seen == []


@pytest.mark.req("C-08", "A-17")
@pytest.mark.parametrize("has_length", [True, False])
def test_a_body_over_the_limit_is_refused_before_django_gets_it(running: Edge, *, has_length: bool) -> None:
    Echo.seen.clear()

    def parts() -> Iterator[bytes]:
        yield from (b"x" * 8192 for _ in range(9))

    with httpx.Client(verify=running.trust, timeout=10) as client:
        answer = client.post(
            f"https://127.0.0.1:{running.https_port}/graphql",
            content=b"x" * 65_537 if has_length else parts(),
            headers={"Host": DOMAIN, **JSON},
            extensions={"sni_hostname": DOMAIN},
        )
    assert answer.status_code == 413
    assert_hardened(answer)
    assert Echo.seen == []
    assert running.ask("/graphql", "POST", headers=JSON, content=b"x" * 65_536).json()["bytes"] == 65_536


@pytest.mark.req("C-08", "A-17")
def test_a_burst_over_the_limit_gets_429(local_env: Path, servers: Mapping[str, list[str]], tmp_path: Path) -> None:
    limits = {"EXPOSE_GRAPHQL": "true", "RATE_LIMIT_API_RPM": "60", "RATE_LIMIT_API_BURST": "5"}
    with edge(local_env, tmp_path, servers, settings=limits) as limited:
        answers = [limited.ask("/graphql", "POST", headers=JSON, content=BODY) for _ in range(12)]
    assert [answer.status_code for answer in answers[:5]] == [200] * 5
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert_hardened(answers[-1])


@pytest.mark.req("C-08")
@pytest.mark.parametrize("said", ["false", "", "TRUE", "1", None])
def test_what_is_not_exposed_is_inside_alone(
    local_env: Path, servers: Mapping[str, list[str]], tmp_path: Path, said: str | None
) -> None:
    settings = {} if said is None else {"EXPOSE_GRAPHQL": said}
    with edge(local_env, tmp_path, servers, settings=settings) as closed:
        assert closed.ask("/graphql", "POST", headers=JSON, content=BODY).json()["service"] == "react-app"
        assert closed.ask_inside("/graphql").json()["service"] == "django"
        for path in NEARLY:
            assert closed.ask_inside(path).status_code in {400, 404}, path
        assert closed.ask_inside("/graphql", host="evil.example").status_code == 404
