"""Can anyone reach into another organization through GraphQL? Every field of the schema is tried."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.graph.graph_fixtures import Account, Asking, Tenant, add_account, answers_without_first_wall
from tests.integration.services.services_processes import Services, Web

Attempt = tuple[str, Callable[[Tenant], dict[str, Any]], str]  # a document, its variables, the code of the refusal
EVENT: dict[str, Any] = {"title": "Theirs", "startsAt": "2030-01-01T10:00:00Z", "endsAt": "2030-01-01T11:00:00Z"}
SEEN = ""  # answered, and looked through for what is not public
SCHEMA = """{ __schema { types { kind name fields { name args { name } type { ...T } } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }"""
OURS = ("Query", "Mutation")


def of_slug(tenant: Tenant) -> dict[str, Any]:
    return {"slug": tenant.slug}


# What each field that takes an argument, or stands at the root, is asked for by somebody of another organization.
# `*` stands for every field of what comes back.
ATTEMPTS: dict[str, Attempt] = {
    "Query.me": ("{ me * }", lambda _: {}, SEEN),
    "Query.organization": ("query ($slug: String!) { organization(slug: $slug) * }", of_slug, SEEN),
    "Query.event": ("query ($id: ID!) { event(id: $id) * }", lambda one: {"id": one.draft}, "NOT_FOUND"),
    "Organization.events": (
        "query ($slug: String!) { organization(slug: $slug) { events(state: DRAFT) * past: events(past: true) * } }",
        of_slug,
        SEEN,
    ),
    "Organization.event": (
        "query ($slug: String!, $id: ID!) { organization(slug: $slug) { event(id: $id) * } }",
        lambda one: {"slug": one.slug, "id": one.draft},
        SEEN,
    ),
    "Organization.people": (
        "query ($slug: String!) { organization(slug: $slug) { people * } }",
        of_slug,
        "FORBIDDEN",
    ),
    "Event.shifts": (
        "query ($id: ID!) { event(id: $id) { shifts(pagination: {limit: 100}) * } }",
        lambda one: {"id": one.event_id},
        SEEN,
    ),
    "Shift.signUps": (
        "query ($id: ID!) { event(id: $id) { shifts { signUps(pagination: {limit: 100}) * } } }",
        lambda one: {"id": one.event_id},
        SEEN,
    ),
    "Mutation.createEvent": (
        "mutation ($slug: String!, $event: EventInput!) { createEvent(organization: $slug, event: $event) * }",
        lambda one: {"slug": one.slug, "event": EVENT},
        "FORBIDDEN",
    ),
    "Mutation.publishEvent": (
        "mutation ($slug: String!, $id: ID!) { publishEvent(organization: $slug, id: $id) * }",
        lambda one: {"slug": one.slug, "id": one.draft},
        "FORBIDDEN",
    ),
    "Mutation.signUp": (
        "mutation ($id: ID!) { signUp(shiftId: $id) * }",
        lambda one: {"id": one.draft_shift},
        "NOT_FOUND",
    ),
    "Mutation.cancelSignUp": (
        "mutation ($id: ID!) { cancelSignUp(id: $id) * }",
        lambda one: {"id": one.sign_up_id},
        "NOT_FOUND",
    ),
    "Mutation.setAttendance": (
        "mutation ($id: ID!) { setAttendance(id: $id, attended: true) * }",
        lambda one: {"id": one.sign_up_id},
        "NOT_FOUND",
    ),
}


class Fields:
    """The schema's own types and their fields, as introspection tells them."""

    def __init__(self, told: dict[str, Any]) -> None:
        objects = [one for one in told["__schema"]["types"] if one["kind"] == "OBJECT" and one["name"][:2] != "__"]
        self.of = {one["name"]: one["fields"] for one in objects}

    def to_try(self) -> set[str]:
        """Name the fields that must be in the table."""
        return {f"{name}.{one['name']}" for name in self.of for one in self.of[name] if one["args"] or name in OURS}

    def everything(self, name: str) -> str:
        """Write the selection of all fields of a type and below, but those with an attempt of their own."""
        parts = []
        for one in self.of[name]:
            below = _named(one["type"])
            if {arg["name"] for arg in one["args"]} <= {"pagination"}:
                parts.append(one["name"] + (f" {self.everything(below)}" if below in self.of else ""))
        return "{ " + " ".join(parts) + " }"

    def written(self, document: str, where: str) -> str:
        """Fill in what `*` stands for."""
        parent, name = where.split(".")
        (returned,) = (_named(one["type"]) for one in self.of[parent] if one["name"] == name)
        return document.replace("*", self.everything(returned))


@pytest.fixture(scope="module")
def asking(services: Services, django_web: Web) -> Asking:
    return Asking(services, django_web)


@pytest.fixture(scope="module")
def theirs(services: Services) -> Iterator[Tenant]:
    made = Tenant(services)
    yield made
    made.remove()


@pytest.fixture(scope="module")
def own(services: Services) -> Iterator[Tenant]:
    made = Tenant(services)
    yield made
    made.remove()


@pytest.fixture(scope="module")
def fields(asking: Asking) -> Fields:
    return Fields(asking.ask(SCHEMA))


@pytest.fixture(params=["owner of another", "volunteer of another", "in none", "nobody"])
def stranger(request: pytest.FixtureRequest, services: Services, own: Tenant) -> Account | None:
    if request.param == "in none":
        email = f"alone-{request.node.name[-30:-1].lower().replace(' ', '')}@{own.slug}.example"
        return Account(add_account(services, email), 0, email)
    return {"owner of another": own.owner, "volunteer of another": own.volunteer, "nobody": None}[request.param]


@pytest.mark.req("C-08", "B-17")
def test_every_field_of_the_schema_is_tried(fields: Fields) -> None:
    assert fields.to_try() == set(ATTEMPTS)


@pytest.mark.req("C-08", "B-17")
@pytest.mark.parametrize("where", ATTEMPTS)
def test_a_stranger_gets_nothing_of_another_organization_and_changes_nothing(
    asking: Asking, theirs: Tenant, fields: Fields, stranger: Account | None, where: str
) -> None:
    document, variables, code = ATTEMPTS[where]
    before = stored(theirs)
    answer = asking.send(fields.written(document, where), stranger, **variables(theirs))
    assert not found_secrets(answer.text, theirs)
    told = [error["extensions"]["code"] for error in answer.json().get("errors", ())]
    wanted = "UNAUTHENTICATED" if stranger is None and (code == "FORBIDDEN" or where.startswith("Mutation")) else code
    assert told == ([wanted] if wanted else []), answer.text
    assert stored(theirs) == before


@pytest.mark.req("C-08", "B-17")
def test_the_attempts_would_succeed_from_within(asking: Asking, theirs: Tenant, fields: Fields) -> None:
    for where in ("Organization.people", "Organization.event", "Shift.signUps"):
        document, variables, _ = ATTEMPTS[where]
        answer = asking.send(fields.written(document, where), theirs.coordinator, **variables(theirs))
        assert found_secrets(answer.text, theirs), where


@pytest.mark.req("C-08", "B-17")
def test_where_the_first_wall_is_missing_the_database_gives_nothing_either(
    services: Services, asking: Asking, theirs: Tenant, own: Tenant, fields: Fields
) -> None:
    before = stored(theirs)
    requests: list[dict[str, object]] = [
        {"query": fields.written(document, where), "variables": variables(theirs), "headers": asking.token(own.owner)}
        for where, (document, variables, _) in ATTEMPTS.items()
    ]
    answers = answers_without_first_wall(services, *requests)
    assert len(answers) == len(ATTEMPTS)
    for where, answer in zip(ATTEMPTS, answers, strict=True):
        assert not found_secrets(json.dumps(answer), theirs), where
    assert stored(theirs) == before
    bare = answers_without_first_wall(services, *requests[:8], role="slipway")  # nor the second: reads alone
    assert found_secrets(json.dumps(bare), theirs)


def found_secrets(text: str, tenant: Tenant) -> list[str]:
    """Name what stands in a text and is not public: addresses, names of people, drafts."""
    people = (tenant.owner, tenant.coordinator, tenant.volunteer, tenant.other)
    return [secret for secret in (*(one.email for one in people), f"draft of {tenant.slug}") if secret in text]


def stored(tenant: Tenant) -> list[Any]:
    """Return all rows of an organization."""
    tables = ("event", "shift", "signup", "member", "invitation", "announcement", "export", "outboxmessage")
    query = (
        "SELECT coalesce(json_agg(one ORDER BY one.id), '[]')::text FROM signups_{} AS one WHERE organization_id = %s"
    )
    return [tenant.services.sql(query.format(table), tenant.id) for table in tables]


def _named(kind: dict[str, Any]) -> str:
    return _named(kind["ofType"]) if kind.get("ofType") else str(kind["name"])
