from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from api.shared.tokens import Tokens
from tests.integration.graph.graph_fixtures import Asking, Tenant
from tests.integration.services.services_processes import DJANGO, Services, Web

ME = "{ me { email } }"
INTROSPECTION = "{ __schema { types { name } } }"


@pytest.fixture(scope="module")
def asking(services: Services, django_web: Web) -> Asking:
    return Asking(services, django_web)


@pytest.fixture(scope="module")
def tenant(services: Services) -> Iterator[Tenant]:
    made = Tenant(services)
    yield made
    made.remove()


@pytest.mark.req("C-08")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_a_post_is_taken(asking: Asking, method: str) -> None:
    answer = asking.web.client.request(method, "/graphql", params={"query": ME})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.req("C-08")
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (json.dumps({"query": ME}), "text/plain", 415),
        (json.dumps({"query": ME}), "application/x-www-form-urlencoded", 415),
        (
            '--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{}\r\n--x--',
            "multipart/form-data; boundary=x",
            415,
        ),
        (json.dumps([{"query": ME}, {"query": ME}]), "application/json", 400),
        ("{", "application/json", 400),
        ("[" * 60_000, "application/json", 400),
        ("\xff\xfe", "application/json", 400),
        (json.dumps({}), "application/json", 400),
        (json.dumps({"query": 7}), "application/json", 400),
        (json.dumps({"query": ME, "variables": []}), "application/json", 200),
        (json.dumps({"query": ME, "variables": [1]}), "application/json", 400),
        (json.dumps({"query": ME, "operationName": "Other"}), "application/json", 400),
        (json.dumps({"query": ""}), "application/json", 400),
        (json.dumps({"query": "subscription { me { email } }"}), "application/json", 400),
        (json.dumps({"query": "{ me { unknown } }"}), "application/json", 400),
        (json.dumps({"query": "{" + "me{" * 5000}), "application/json", 400),
        (json.dumps({"query": ME, "more": "x" * 66_000}), "application/json", 413),
    ],
)
def test_what_is_no_request_of_ours_is_refused_without_a_stack_trace(
    asking: Asking, body: str, kind: str, status: int
) -> None:
    answer = asking.web.client.post("/graphql", content=body.encode("latin-1"), headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    assert "Traceback" not in answer.text
    assert ".py" not in answer.text


@pytest.mark.req("C-08")
def test_a_body_without_a_length_has_the_same_limit(asking: Asking) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"query": "{ me { email } }", "more": "'
        yield from (b"x" * 10_000 for _ in range(10))
        yield b'"}'

    answer = asking.web.client.post("/graphql", content=chunks(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.req("C-08")
def test_a_token_that_is_not_good_is_refused(asking: Asking, tenant: Tenant, services: Services) -> None:
    good = asking.token(tenant.volunteer)["Authorization"].removeprefix("Bearer ")
    key = services.environment["TOKEN_SECRET_KEY"]
    claims: dict[str, Any] = jwt.decode(good, options={"verify_signature": False})
    unsigned = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "none", "typ": "JWT"}, claims)
    )
    bad = {
        "nothing": "",
        "another scheme": "Basic dXNlcjpwYXNz",
        "unsigned": f"Bearer {unsigned}.",
        "another key": f"Bearer {jwt.encode(claims, 'x' * 40, algorithm='HS256')}",
        "expired": f"Bearer {jwt.encode(claims | {'exp': 1}, key, algorithm='HS256')}",
        "another purpose": f"Bearer {Tokens(key).issue_manage(tenant.sign_up_id, claims['exp'])}",
        "of nobody": f"Bearer {Tokens(key).issue_access(2**60, 0)}",
        "void": asking.token(tenant.volunteer, version=1)["Authorization"],
    }
    for why, header in bad.items():
        answer = asking.web.client.post("/graphql", json={"query": ME}, headers={"Authorization": header})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), why
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.req("C-08")
def test_an_account_that_was_locked_has_no_token_any_more(asking: Asking, tenant: Tenant, services: Services) -> None:
    account = tenant.join("volunteer")
    assert asking.send(ME, account).status_code == 200
    services.sql("UPDATE signups_user SET is_active = false WHERE id = %s", account.user_id)
    assert asking.send(ME, account).status_code == 401


@pytest.mark.req("C-08")
def test_a_session_cookie_counts_for_nothing(asking: Asking, services: Services) -> None:
    email = "graph-admin@example.org"
    script = (
        "from django.contrib.auth import authenticate, login; from django.http import HttpRequest;"
        "from django.contrib.sessions.backends.db import SessionStore; from signups.models import User;"
        "r = HttpRequest(); r.session = SessionStore();"
        "login(r, User.objects.get(email='graph-admin@example.org'),"
        " 'django.contrib.auth.backends.ModelBackend'); r.session.save(); print(r.session.session_key)"
    )
    assert (
        services.manage("seed", DJANGO_ADMIN_EMAIL=email, DJANGO_ADMIN_PASSWORD="canary-of-graph-admin").returncode == 0
    )
    session = services.manage("shell", "-v", "0", "-c", script).stdout.strip()
    try:
        cookie = {"Cookie": f"sessionid={session}"}
        assert asking.web.get("/admin/", headers=cookie).status_code == 200
        answer = asking.web.client.post("/graphql", json={"query": ME}, headers=cookie)
        assert answer.json() == {"data": {"me": None}}
    finally:
        services.sql("DELETE FROM signups_user WHERE email = %s", email)


@pytest.mark.req("C-08")
@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("{ me { " + " ".join(f"a{n}: name" for n in range(20)) + " } }", "20 aliases (at most 15)"),
        # The application's own tree is not that deep: of a field that there is not, only the depth may be told.
        ("{ me { organizations { slug } } " + "unknown { " * 10 + "slug" + " }" * 11, "11 levels deep (at most 8)"),
        (
            '{ organization(slug: "a") { events(first: 99) { shifts(pagination: {limit: 99}) { signUps { id } } } } }',
            "objects at worst",
        ),
        (
            '{ organization(slug: "abc") { events { a: shifts { id } b: shifts { title } } } }',
            "`shifts` takes no alias",
        ),
        ("{ me { name } " + " ".join(f"...F{n}" for n in range(500)) + " }", "more than 1000 tokens"),
        (
            "{ ...F0 } "
            + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(80))
            + " fragment F80 on Query { a: me { name } }",
            f"{2**80} aliases",
        ),
    ],
    ids=["aliases", "depth", "objects", "a list twice", "tokens", "fragments"],
)
def test_what_asks_for_too_much_is_refused_before_anything_is_looked_up(asking: Asking, query: str, why: str) -> None:
    answer = asking.send(query)
    assert answer.status_code == 400
    assert answer.json()["data"] is None
    assert any(why in error["message"] for error in answer.json()["errors"]), answer.text


@pytest.mark.req("C-08")
@pytest.mark.parametrize("id_", ["0", "-1", "x", "", "1.5", "9" * 30, str(2**63), "1\0", "\u0661"])
def test_an_id_that_cannot_be_one_is_not_found(asking: Asking, id_: str) -> None:
    assert asking.refused("query ($id: ID!) { event(id: $id) { title } }", id=id_) == "NOT_FOUND"


@pytest.mark.req("C-08")
def test_a_value_that_cannot_be_stored_is_the_caller_s_mistake(asking: Asking, tenant: Tenant) -> None:
    query = "query ($slug: String!, $text: String!) { organization(slug: $slug) { people(search: $text) { id } } }"
    answer = asking.send(query, tenant.owner, slug=tenant.slug, text="\0").json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_INPUT"]
    first = "query ($slug: String!) { organization(slug: $slug) { events(first: 101) { id } } }"
    assert asking.refused(first, tenant.owner, slug=tenant.slug) == "BAD_INPUT"
    assert asking.refused('{ organization(slug: "\\u0000") { id } }') == "BAD_INPUT"


@pytest.mark.req("C-08")
def test_in_production_the_schema_is_told_to_nobody(services: Services, asking: Asking) -> None:
    assert "Organization" in asking.send(INTROSPECTION).text
    with services.web("config.asgi:application", cwd=DJANGO, ready=False, ENVIRONMENT="production") as web:
        closed = Asking(services, web)
        for query in (INTROSPECTION, '{ __type(name: "Person") { name } }', "{ organisation { name } }"):
            answer = closed.send(query)
            assert answer.status_code == 400
            assert "rganization" not in answer.text
        assert closed.ask("{ __typename me { email } }") == {"__typename": "Query", "me": None}


@pytest.mark.req("C-08")
def test_no_page_is_served_to_type_queries_in(asking: Asking) -> None:
    answer = asking.web.get("/graphql", headers={"Accept": "text/html"})
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert asking.web.get("/graphql/").status_code == 404
