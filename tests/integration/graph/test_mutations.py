from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.graph.graph_fixtures import Account, Asking, Tenant, add_account
from tests.integration.services.services_processes import Services, Web

CREATE = """mutation ($slug: String!, $event: EventInput!) { createEvent(organization: $slug, event: $event)
    { id title state capacity free shifts { id title capacity free } } }"""
PUBLISH = "mutation ($slug: String!, $id: ID!) { publishEvent(organization: $slug, id: $id) { state } }"
SIGN_UP = "mutation ($id: ID!) { signUp(shiftId: $id) { place signUp { id state member { email } } } }"
CANCEL = "mutation ($id: ID!) { cancelSignUp(id: $id) { state } }"
ATTEND = "mutation ($id: ID!, $attended: Boolean) { setAttendance(id: $id, attended: $attended) { attended } }"


@pytest.fixture(scope="module")
def asking(services: Services, django_web: Web) -> Asking:
    return Asking(services, django_web)


@pytest.fixture
def tenant(services: Services) -> Iterator[Tenant]:
    made = Tenant(services)
    yield made
    made.remove()


def event_input(*capacities: int, **other: object) -> dict[str, Any]:
    begin = datetime.now(UTC) + timedelta(days=3)
    times = {"startsAt": begin.isoformat(), "endsAt": (begin + timedelta(hours=2)).isoformat()}
    shifts = [{"title": f"Shift {n}", "capacity": n, **times} for n in capacities]
    return {"title": "Tree planting", **times, "shifts": shifts} | other


@pytest.mark.req("C-08")
def test_a_coordinator_makes_an_event_and_publishes_it(tenant: Tenant, asking: Asking) -> None:
    made = asking.ask(CREATE, tenant.coordinator, slug=tenant.slug, event=event_input(3, 4))["createEvent"]
    assert (made["state"], made["capacity"], made["free"]) == ("DRAFT", 7, 7)
    assert [shift["capacity"] for shift in made["shifts"]] == [3, 4]
    published = asking.ask(PUBLISH, tenant.coordinator, slug=tenant.slug, id=made["id"])
    again = asking.ask(PUBLISH, tenant.coordinator, slug=tenant.slug, id=made["id"])
    assert published == again == {"publishEvent": {"state": "PUBLISHED"}}


@pytest.mark.req("C-08")
def test_an_event_without_a_shift_is_not_published(tenant: Tenant, asking: Asking) -> None:
    made = asking.ask(CREATE, tenant.owner, slug=tenant.slug, event=event_input())["createEvent"]
    assert asking.refused(PUBLISH, tenant.owner, slug=tenant.slug, id=made["id"]) == "CONFLICT"


@pytest.mark.req("C-08")
@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "x" * 201},
        {"title": "NUL \0 in it"},
        {"description": "x" * 5001},
        {"startsAt": "2026-01-01T10:00:00"},
        {"endsAt": "2020-01-01T10:00:00Z"},
        {"shifts": event_input(*[1] * 51)["shifts"]},
        {"shifts": event_input(0)["shifts"]},
        {"shifts": event_input(10_001)["shifts"]},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_an_event_that_cannot_be_is_refused_and_leaves_nothing(
    services: Services, tenant: Tenant, asking: Asking, wrong: dict[str, Any]
) -> None:
    count = "SELECT count(*) FROM signups_event WHERE organization_id = %s"
    before = services.sql(count, tenant.id)
    assert asking.refused(CREATE, tenant.owner, slug=tenant.slug, event=event_input(1) | wrong) == "BAD_INPUT"
    assert services.sql(count, tenant.id) == before


@pytest.mark.req("C-08", "D-09")
def test_who_signs_up_has_a_place_or_waits_and_is_promoted_when_one_frees(tenant: Tenant, asking: Asking) -> None:
    first = asking.ask(SIGN_UP, tenant.volunteer, id=tenant.shift_id)["signUp"]
    waiting = asking.ask(SIGN_UP, tenant.owner, id=tenant.shift_id)["signUp"]
    again = asking.ask(SIGN_UP, tenant.owner, id=tenant.shift_id)["signUp"]
    assert (first["place"], first["signUp"]["state"]) == (None, "CONFIRMED")
    assert (waiting["place"], waiting["signUp"]["state"]) == (1, "WAITING")
    assert again == waiting
    assert asking.ask(CANCEL, tenant.volunteer, id=first["signUp"]["id"]) == {"cancelSignUp": {"state": "CANCELLED"}}
    assert asking.ask(SIGN_UP, tenant.owner, id=tenant.shift_id)["signUp"]["signUp"]["state"] == "CONFIRMED"


@pytest.mark.req("C-08")
def test_a_stranger_who_signs_up_becomes_a_volunteer_there(services: Services, tenant: Tenant, asking: Asking) -> None:
    email = f"newcomer@{tenant.slug}.example"
    newcomer = Account(add_account(services, email), 0, email)
    answer = asking.ask(SIGN_UP, newcomer, id=tenant.shift_id)["signUp"]["signUp"]
    assert (answer["state"], answer["member"]["email"]) == ("CONFIRMED", email)
    (membership,) = asking.ask("{ me { organizations { slug role } } }", newcomer)["me"]["organizations"]
    assert membership == {"slug": tenant.slug, "role": "VOLUNTEER"}


@pytest.mark.req("C-08")
def test_a_person_whom_the_organization_knows_by_address_stays_the_same_person(
    services: Services, tenant: Tenant, asking: Asking
) -> None:
    email = f"known@{tenant.slug}.example"
    member_id = tenant.add("member", organization_id=tenant.id, name="Known", email=email)
    known = Account(add_account(services, email), member_id, email)
    asking.ask(SIGN_UP, known, id=tenant.shift_id)
    found = services.sql("SELECT id, user_id FROM signups_member WHERE email = %s", email)
    assert found == [(member_id, known.user_id)]


@pytest.mark.req("C-08")
def test_a_draft_takes_no_sign_ups(tenant: Tenant, asking: Asking) -> None:
    assert asking.refused(SIGN_UP, tenant.volunteer, id=tenant.draft_shift) == "NOT_FOUND"
    assert asking.refused(SIGN_UP, id=tenant.shift_id) == "UNAUTHENTICATED"


@pytest.mark.req("C-08")
def test_a_shift_that_is_over_takes_no_sign_ups_and_what_else_was_asked_is_done(
    services: Services, tenant: Tenant, asking: Asking
) -> None:
    ended, over = tenant.event("published", shifts=1)
    for table in ("event", "shift"):
        key = "id" if table == "event" else "event_id"
        past = "starts_at = now() - interval '2 days', ends_at = now() - interval '1 day'"
        services.sql(f"UPDATE signups_{table} SET {past} WHERE {key} = %s", ended)  # noqa: S608 - our own words
    both = (
        "mutation ($a: ID!, $b: ID!) { a: signUp(shiftId: $a) { place } b: signUp(shiftId: $b) { signUp { state } } }"
    )
    answer = asking.send(both, tenant.volunteer, a=over, b=tenant.shift_id).json()
    assert answer["data"] == {"a": None, "b": {"signUp": {"state": "CONFIRMED"}}}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["CONFLICT"]


@pytest.mark.req("C-08")
def test_attendance_is_noted_by_coordinators_alone(tenant: Tenant, asking: Asking) -> None:
    for attended in (True, False, None):
        answer = asking.ask(ATTEND, tenant.coordinator, id=tenant.sign_up_id, attended=attended)
        assert answer == {"setAttendance": {"attended": attended}}
    assert asking.refused(ATTEND, tenant.other, id=tenant.sign_up_id, attended=True) == "FORBIDDEN"
    assert asking.refused(ATTEND, tenant.volunteer, id=tenant.sign_up_id, attended=True) == "NOT_FOUND"


@pytest.mark.req("C-08")
def test_a_volunteer_cannot_do_what_coordinators_do(tenant: Tenant, asking: Asking) -> None:
    assert asking.refused(CREATE, tenant.volunteer, slug=tenant.slug, event=event_input(1)) == "FORBIDDEN"
    assert asking.refused(PUBLISH, tenant.volunteer, slug=tenant.slug, id=tenant.draft) == "FORBIDDEN"
    assert asking.refused(CANCEL, tenant.volunteer, id=tenant.sign_up_id) == "NOT_FOUND"
    assert asking.ask(CANCEL, tenant.owner, id=tenant.sign_up_id) == {"cancelSignUp": {"state": "CANCELLED"}}
