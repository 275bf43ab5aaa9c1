"""Which role may use which route about people, and whose rows does it reach?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.services.clubs import Club, Person, new_club
from tests.integration.services.services_processes import Services, Web

TAGS = {"sign-ups", "people", "invitations", "announcements", "exports"}
NOBODY = Person(0, "")
CSV = {"content": "name,email\n", "headers": {"Content-Type": "text/csv"}}
BOTH, OWN = {"coordinator", "owner"}, {"owner"}


@dataclass(frozen=True)
class Use:
    """One use of a route: who may, what is sent, and what makes the row that the path names, if it names one."""

    method: str
    path: str
    roles: set[str]
    row: Callable[[Club], int] | None = None
    body: Callable[[Club], dict[str, Any]] = lambda _: {}
    status: int = 200

    def id(self) -> str:
        """Name it in the list of tests."""
        return f"{self.method} {self.path} {'+'.join(sorted(self.roles))}"


def sent(**body: Any) -> Callable[[Club], dict[str, Any]]:
    return lambda _: {"json": body}


def volunteer(club: Club) -> int:
    return club.person("Somebody").id


def coordinator(club: Club) -> int:
    return club.person("Somebody", role="coordinator").id


def sign_up(club: Club) -> int:
    return club.sign_up(club.open_shift(), club.person("Somebody"))


def invited(role: str) -> Callable[[Club], int]:
    return lambda club: club.invitation(club.email("somebody"), role=role)[0]


def export(club: Club) -> int:
    return club.add("export", organization_id=club.id, content=b"a")


def invitation_of(role: str) -> Callable[[Club], dict[str, Any]]:
    return lambda club: {"json": {"email": club.email("somebody"), "role": role}}


USES = [
    Use("GET", "/events/{event_id}/sign-ups", BOTH, Club.event),
    Use(
        "POST",
        "/shifts/{shift_id}/sign-ups",
        BOTH,
        Club.open_shift,
        lambda club: {"json": {"member_id": volunteer(club)}},
        201,
    ),
    Use("DELETE", "/sign-ups/{sign_up_id}", BOTH, sign_up, status=204),
    Use("PUT", "/sign-ups/{sign_up_id}/attendance", BOTH, sign_up, sent(attended=True)),
    Use("GET", "/people", BOTH),
    Use("POST", "/people", BOTH, None, lambda club: {"json": {"name": "A", "email": club.email("a")}}, 201),
    Use("PATCH", "/people/{person_id}", BOTH, volunteer, sent(name="New")),
    Use("PATCH", "/people/{person_id}", OWN, coordinator, sent(name="New")),
    Use("PATCH", "/people/{person_id}", OWN, volunteer, sent(role="coordinator")),
    Use("DELETE", "/people/{person_id}", BOTH, volunteer, status=204),
    Use("DELETE", "/people/{person_id}", OWN, coordinator, status=204),
    Use("POST", "/people/import", BOTH, None, lambda _: CSV),
    Use("GET", "/invitations", BOTH),
    Use("POST", "/invitations", BOTH, None, invitation_of("volunteer"), 201),
    Use("POST", "/invitations", OWN, None, invitation_of("coordinator"), 201),
    Use("DELETE", "/invitations/{invitation_id}", BOTH, invited("volunteer"), status=204),
    Use("DELETE", "/invitations/{invitation_id}", OWN, invited("owner"), status=204),
    Use("GET", "/announcements", BOTH),
    Use("POST", "/announcements", BOTH, None, sent(subject="Hello", body="All"), 202),
    Use("GET", "/exports", BOTH),
    Use("POST", "/exports", BOTH, None, status=202),
    Use("GET", "/exports/{export_id}", BOTH, export),
    Use("GET", "/exports/{export_id}/file", BOTH, export),
]


@pytest.fixture(scope="module")
def clubs(services: Services, api: Web) -> Iterator[tuple[Club, Club]]:
    """Return two organizations that know nothing of each other."""
    with new_club(services, api) as one, new_club(services, api) as other:
        yield one, other


def ask(use: Use, club: Club, who: Person, *, rows_of: Club) -> int:
    row = use.row(rows_of) if use.row else 0
    name = use.path.partition("{")[2].partition("}")[0]
    path = use.path.replace(f"{{{name}}}", str(row)) if name else use.path
    return club.ask(use.method, "~" + path, who, **use.body(club)).status_code


@pytest.mark.req("B-17")
@pytest.mark.parametrize("use", USES, ids=Use.id)
def test_a_route_is_open_to_its_roles_and_to_nobody_else(use: Use, clubs: tuple[Club, Club]) -> None:
    club, other = clubs
    everybody = {"owner": club.owner, "coordinator": club.coordinator, "volunteer": club.volunteer}
    seen = {role: ask(use, club, who, rows_of=club) for role, who in everybody.items()}
    assert seen == {role: use.status if role in use.roles else 403 for role in everybody}
    assert ask(use, club, NOBODY, rows_of=club) == 401
    assert ask(use, club, other.owner, rows_of=club) == 403, "who owns another organization is nobody here"


@pytest.mark.req("B-17")
@pytest.mark.parametrize("use", [use for use in USES if use.row], ids=Use.id)
def test_a_row_of_another_organization_is_not_there(use: Use, clubs: tuple[Club, Club]) -> None:
    club, other = clubs
    assert ask(use, club, club.owner, rows_of=other) == 404


@pytest.mark.req("B-17")
def test_a_person_of_another_organization_is_signed_up_nowhere(clubs: tuple[Club, Club]) -> None:
    club, other = clubs
    body = {"member_id": volunteer(other)}
    assert club.ask("POST", f"~/shifts/{club.open_shift()}/sign-ups", club.owner, json=body).status_code == 404


@pytest.mark.req("B-17")
def test_the_table_above_has_every_route_of_an_organization(api: Web) -> None:
    paths = api.get("/openapi.json").json()["paths"]
    offered = {
        (method.upper(), path.removeprefix("/organizations/{slug}"))
        for path, methods in paths.items()
        for method, route in methods.items()
        if path.startswith("/organizations/{slug}") and TAGS & set(route.get("tags", ()))
    }
    assert offered == {(use.method, use.path) for use in USES}


def test_a_link_or_an_account_opens_what_has_no_organization_in_its_path(clubs: tuple[Club, Club]) -> None:
    club, _ = clubs
    assert club.ask("GET", "/me/sign-ups").status_code == 401
    assert club.ask("DELETE", "/me/sign-ups/1").status_code == 401
    links = {"sign-ups": ("read", "cancel"), "invitations": ("read", "accept", "confirm")}
    for path in (f"/{noun}/{verb}" for noun, verbs in links.items() for verb in verbs):
        assert club.ask("POST", path, json={"token": "x"}).status_code in {404, 410}
        assert club.ask("POST", path, json={}).status_code == 422
