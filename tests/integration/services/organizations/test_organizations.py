from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.services.clubs import Club, new_club
from tests.integration.services.planning import with_moments
from tests.integration.services.services_processes import Services, Web


@pytest.fixture
def club(services: Services, api: Web) -> Iterator[Club]:
    with new_club(services, api) as made:
        yield made


@pytest.fixture
def name(services: Services) -> Iterator[str]:
    """Return a name that nobody has; what is founded under it is removed."""
    made = f"Founded {secrets.token_hex(5)}"
    yield made
    services.sql(
        "DELETE FROM signups_member WHERE organization_id IN (SELECT id FROM signups_organization WHERE name LIKE %s)",
        made + "%",
    )
    services.sql("DELETE FROM signups_organization WHERE name LIKE %s", made + "%")


def found(club: Club, **body: Any) -> Any:
    return club.ask("POST", "/organizations", club.volunteer, json=body)


def test_who_founds_an_organization_owns_it(club: Club, name: str) -> None:
    answer = found(club, name=name, description="For all.")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["slug"] == name.lower().replace(" ", "-")
    assert with_moments(club.get(f"/organizations/{made['slug']}")) == with_moments(made)
    own = club.get("/me", club.volunteer)["organizations"]
    (membership,) = [one for one in own if one["slug"] == made["slug"]]
    assert (membership["name"], membership["role"]) == (name, "owner")
    query = "SELECT email, user_id FROM signups_member WHERE organization_id = %s"
    assert club.sql(query, made["id"]) == [(club.volunteer.email, club.volunteer.user_id)]
    changed = club.ask("PATCH", f"/organizations/{made['slug']}", club.volunteer, json={"description": ""})
    assert changed.json() == made | {"description": ""}


def test_the_same_name_gets_another_slug(club: Club, name: str) -> None:
    slugs = [found(club, name=name).json()["slug"] for _ in range(12)]
    assert len(set(slugs)) == 12
    assert slugs[1:9] == [f"{slugs[0]}-{number}" for number in range(2, 10)]


def test_a_slug_that_is_taken_is_a_conflict(club: Club, name: str) -> None:
    slug = f"own-{secrets.token_hex(4)}"
    assert found(club, name=name, slug=slug).json()["slug"] == slug
    again = found(club, name=name, slug=slug)
    assert (again.status_code, again.headers["content-type"]) == (409, "application/problem+json")


def test_founding_twice_with_one_key_founds_once(club: Club, name: str) -> None:
    once = {"Idempotency-Key": secrets.token_hex(8)}
    body = {"name": name}
    first, second = (club.ask("POST", "/organizations", club.volunteer, json=body, headers=once) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert club.value("SELECT count(*) FROM signups_organization WHERE name = %s", name) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "a" * 201}, "name"),
        ({"name": "Fine", "slug": "Not Fine"}, "slug"),
        ({"name": "Fine", "id": 1}, "id"),
    ],
)
def test_what_no_organization_can_be_is_refused(club: Club, body: dict[str, Any], field: str) -> None:
    answer = found(club, **body)
    assert answer.status_code == 422
    assert [error["location"] for error in answer.json()["errors"]] == [["body", field]]


@pytest.mark.req("B-17")
def test_an_organization_is_public_and_changed_by_its_owners_alone(club: Club) -> None:
    seen = club.get("~")
    assert seen["name"] == f"The {club.slug}"
    asked = [club.ask("PATCH", "~", who, json={"name": "Mine"}).status_code for who in (None, club.coordinator)]
    assert asked == [401, 403]
    with new_club(club.services, club.web) as other:
        assert club.ask("PATCH", "~", other.owner, json={"name": "Mine"}).status_code == 403
    assert club.get("~") == seen
    changed = club.ask("PATCH", "~", club.owner, json={"name": "Renamed", "description": None})
    assert with_moments(changed.json()) == with_moments(seen | {"name": "Renamed"})
    refused = club.ask("PATCH", "~", club.owner, json={"slug": "other-slug"})
    assert refused.status_code == 422


@pytest.mark.parametrize(("path", "status"), [("/organizations/no-such-club", 404), ("/organizations/No%00", 422)])
def test_an_organization_that_is_not_there(api: Web, path: str, status: int) -> None:
    assert api.get(path).status_code == status
    assert api.get(path + "/events").status_code == status
