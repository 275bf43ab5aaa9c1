from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.graph.graph_fixtures import PAGE, Account, Asking, Tenant, queries_of
from tests.integration.services.services_processes import Services, Web

EVENT = "query ($id: ID!) { event(id: $id) { title state shifts { title signUps { state member { name email } } } } }"
OWN_PAGE = PAGE.replace("people { name email role hasAccount }", "")
COUNTED = {"owner": 9, "volunteer": 7}


@pytest.fixture(scope="module")
def asking(services: Services, django_web: Web) -> Asking:
    return Asking(services, django_web)


@pytest.fixture(scope="module")
def tenant(services: Services) -> Iterator[Tenant]:
    made = Tenant(services)
    yield made
    made.remove()


@pytest.mark.req("C-08")
@pytest.mark.parametrize("role", COUNTED)
def test_the_page_of_an_organization_costs_the_same_queries_whatever_its_size(
    services: Services, tenant: Tenant, asking: Asking, role: str
) -> None:
    large = Tenant(services)
    large.fill(events=6, shifts=4, people=8)
    try:
        requests = [_page(asking, one, getattr(one, role), whole=role == "owner") for one in (tenant, large)]
        small_cost, large_cost = queries_of(services, *requests)
    finally:
        large.remove()
    assert len(small_cost) == len(large_cost) == COUNTED[role]


@pytest.mark.req("C-08")
@pytest.mark.parametrize(
    "events",
    [
        "events { ...E } drafts: events(state: DRAFT, first: 3) { ...E title }",
        "events(first: 5) { shifts { signUps { a: member { name } b: member { email } } } }",
        "events { shifts { free ... on Shift { signUps(pagination: {limit: 2}) { id } } } }",
        "events { ...E shifts { ...S } }",
    ],
)
def test_fragments_and_limits_bring_no_queries_for_each_row(
    services: Services, tenant: Tenant, asking: Asking, events: str
) -> None:
    fragments = "fragment E on Event { shifts { id ...S } } fragment S on Shift { signUps { member { hasAccount } } }"
    used = fragments if "...E" in events else ""
    query = f"query ($slug: String!) {{ organization(slug: $slug) {{ {events} }} }} {used}"
    large = Tenant(services)
    large.fill(events=4, shifts=3, people=4)
    try:
        small_cost, large_cost = queries_of(
            services, *({**_page(asking, one, one.owner), "query": query} for one in (tenant, large))
        )
    finally:
        large.remove()
    assert len(small_cost) == len(large_cost)


@pytest.mark.req("C-08")
def test_a_coordinator_sees_everyone_with_their_addresses(tenant: Tenant, asking: Asking) -> None:
    page = asking.ask(PAGE, tenant.coordinator, slug=tenant.slug)["organization"]
    assert {event["state"] for event in page["events"]} == {"DRAFT", "PUBLISHED"}
    known = {person["email"] for person in page["people"]}
    everyone = (tenant.owner, tenant.coordinator, tenant.volunteer, tenant.other)
    assert known == {one.email for one in everyone}
    (published,) = (event for event in page["events"] if event["state"] == "PUBLISHED")
    (sign_up,) = published["shifts"][0]["signUps"]
    assert sign_up == {
        "state": "CONFIRMED",
        "member": {"name": tenant.other.email, "email": tenant.other.email, "phone": ""},
    }


@pytest.mark.req("C-08")
def test_a_volunteer_sees_published_events_and_no_sign_up_but_their_own(tenant: Tenant, asking: Asking) -> None:
    others, own = (asking.ask(OWN_PAGE, who, slug=tenant.slug) for who in (tenant.volunteer, tenant.other))
    for page in (others, own):
        assert [event["state"] for event in page["organization"]["events"]] == ["PUBLISHED"]
    assert others["organization"]["events"][0]["shifts"][0]["signUps"] == []
    (sign_up,) = own["organization"]["events"][0]["shifts"][0]["signUps"]
    assert sign_up["member"]["email"] == tenant.other.email
    assert asking.refused(PAGE, tenant.volunteer, slug=tenant.slug) == "FORBIDDEN"


@pytest.mark.req("C-08")
def test_the_public_sees_published_events_without_people(tenant: Tenant, asking: Asking) -> None:
    event = asking.ask(EVENT, id=tenant.event_id)["event"]
    assert event["title"] == f"published of {tenant.slug}"
    assert [shift["signUps"] for shift in event["shifts"]] == [[]]
    (only,) = asking.ask(OWN_PAGE, slug=tenant.slug)["organization"]["events"]
    assert only["title"] == event["title"]
    assert asking.refused(EVENT, id=tenant.draft) == "NOT_FOUND"
    assert asking.refused(PAGE, slug=tenant.slug) == "UNAUTHENTICATED"


@pytest.mark.req("C-08")
def test_a_draft_is_found_in_its_organization_by_coordinators_alone(tenant: Tenant, asking: Asking) -> None:
    query = "query ($slug: String!, $id: ID!) { organization(slug: $slug) { event(id: $id) { state } } }"
    variables: dict[str, Any] = {"slug": tenant.slug, "id": tenant.draft}
    assert asking.ask(query, tenant.owner, **variables) == {"organization": {"event": {"state": "DRAFT"}}}
    assert asking.ask(query, tenant.volunteer, **variables) == {"organization": {"event": None}}
    assert asking.ask(query, **variables) == {"organization": {"event": None}}


@pytest.mark.req("C-08")
def test_me_is_the_account_of_the_token_or_nobody(tenant: Tenant, asking: Asking) -> None:
    query = "{ me { id email organizations { slug role memberId } } }"
    for role in ("volunteer", "coordinator", "owner"):
        account = getattr(tenant, role)
        me = asking.ask(query, account)["me"]
        assert (me["id"], me["email"]) == (str(account.user_id), account.email)
        membership = {"slug": tenant.slug, "role": role.upper(), "memberId": str(account.member_id)}
        assert me["organizations"] == [membership]
    assert asking.ask(query) == {"me": None}


@pytest.mark.req("C-08")
def test_lists_are_read_page_by_page_without_a_gap(services: Services, asking: Asking) -> None:
    own = Tenant(services)
    own.fill(events=5, shifts=1, people=4)
    query = """query ($slug: String!, $event: ID, $person: ID) { organization(slug: $slug) {
        events(first: 3, after: $event) { id } people(first: 3, after: $person) { id } } }"""
    seen: dict[str, list[str]] = {"events": [], "people": []}
    after: dict[str, Any] = {}
    try:
        whole = asking.ask(query.replace("first: 3", "first: 100"), own.owner, slug=own.slug)["organization"]
        for _ in range(3):
            page = asking.ask(query, own.owner, slug=own.slug, **after)["organization"]
            for name, rows in page.items():
                seen[name] += [row["id"] for row in rows]
            after = {"event": seen["events"][-1], "person": seen["people"][-1]}
    finally:
        own.remove()
    assert seen == {name: [row["id"] for row in rows] for name, rows in whole.items()}
    assert [len(rows) for rows in seen.values()] == [7, 8]


@pytest.mark.req("C-08")
def test_people_are_found_by_name_address_and_role(tenant: Tenant, asking: Asking) -> None:
    query = """query ($slug: String!, $search: String!, $role: Role) {
        organization(slug: $slug) { people(search: $search, role: $role) { email } } }"""

    def found(**wanted: str) -> list[str]:
        answer = asking.ask(query, tenant.owner, slug=tenant.slug, **wanted)
        return [person["email"] for person in answer["organization"]["people"]]

    assert found(search=tenant.other.email[:20].upper()) == [tenant.other.email]
    assert found(search="", role="OWNER") == [tenant.owner.email]
    assert found(search="%") == []
    assert found(search=uuid.uuid4().hex) == []


def _page(asking: Asking, tenant: Tenant, account: Account, *, whole: bool = True) -> dict[str, object]:
    return {
        "query": PAGE if whole else OWN_PAGE,
        "variables": {"slug": tenant.slug},
        "headers": asking.token(account),
    }
