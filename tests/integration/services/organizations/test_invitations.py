"""How does somebody get a role by a mailed invitation, and who can give it?"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.services.clubs import Club, Person, new_club
from tests.integration.services.services_processes import Services, Web

PASSWORD = "a garden wall of stone"


@pytest.fixture
def club(services: Services, api: Web) -> Iterator[Club]:
    with new_club(services, api) as made:
        yield made


def stranger(club: Club, name: str = "mo") -> Person:
    email = club.email(name)
    user_id = club.account(email)
    return Person(0, email, user_id, club.token(user_id))


def role(club: Club, email: str) -> tuple[object, ...]:
    query = "SELECT role, user_id IS NOT NULL FROM signups_member WHERE organization_id = %s AND email = %s"
    ((found, has_account),) = club.sql(query, club.id, email)
    return found, has_account


def accept(club: Club, token: str, who: Person | None = None, **more: str) -> tuple[int, dict[str, object]]:
    answer = club.ask("POST", "/invitations/accept", who, json={"token": token, **more})
    body: dict[str, object] = answer.json()
    return answer.status_code, body


def test_an_invitation_is_mailed_and_listed(club: Club) -> None:
    made = club.ask("POST", "~/invitations", club.coordinator, json={"email": "MO@example.org", "role": "volunteer"})
    assert made.status_code == 201
    assert made.json().items() >= {"email": "mo@example.org", "role": "volunteer", "state": "pending"}.items()
    assert club.outbox("invitation") == [{"invitation_id": made.json()["id"]}]
    assert club.get("~/invitations", club.coordinator)["items"] == [made.json()]
    again = club.ask("POST", "~/invitations", club.coordinator, json={"email": "mo@example.org"})
    assert again.status_code == 409


def test_every_state_is_listed_the_newest_first(club: Club) -> None:
    ids = [
        club.invitation("a@example.org", accepted_at="2026-01-01")[0],
        club.invitation("a@example.org", revoked_at="2026-01-01")[0],
        club.invitation("a@example.org", expires_at="2026-01-01")[0],
        club.invitation("b@example.org")[0],
    ]
    pages = club.pages("~/invitations", club.coordinator, limit=3)
    seen = [(one["id"], one["state"]) for page in pages for one in page]
    assert seen == list(zip(reversed(ids), ["pending", "expired", "revoked", "accepted"], strict=True))


def test_an_invitation_that_ran_out_makes_room_for_another(club: Club) -> None:
    club.invitation("a@example.org", expires_at="2026-01-01")
    assert club.ask("POST", "~/invitations", club.owner, json={"email": "a@example.org"}).status_code == 201


def test_who_has_the_role_already_is_not_invited(club: Club) -> None:
    for person, given, status in (
        (club.coordinator, "volunteer", 409),
        (club.coordinator, "coordinator", 409),
        (club.volunteer, "coordinator", 201),
        (club.person("no account"), "volunteer", 201),
    ):
        answer = club.ask("POST", "~/invitations", club.owner, json={"email": person.email, "role": given})
        assert answer.status_code == status, (person, given)


@pytest.mark.parametrize("given", ["owner", "coordinator"])
def test_only_owners_give_and_take_back_the_higher_roles(club: Club, given: str) -> None:
    body = {"email": "mo@example.org", "role": given}
    assert club.ask("POST", "~/invitations", club.coordinator, json=body).status_code == 403
    made = club.ask("POST", "~/invitations", club.owner, json=body)
    path = f"~/invitations/{made.json()['id']}"
    assert made.status_code == 201
    assert club.ask("DELETE", path, club.coordinator).status_code == 403
    assert [club.ask("DELETE", path, club.owner).status_code for _ in range(2)] == [204, 204]
    assert club.get("~/invitations", club.owner)["items"][0]["state"] == "revoked"


def test_a_link_tells_what_it_invites_to(club: Club) -> None:
    mo = stranger(club)
    for email, has_account in ((mo.email, True), (club.email("new"), False)):
        _, token = club.invitation(email, role="coordinator")
        assert club.ask("POST", "/invitations/read", json={"token": token}).json() == {
            "organization_name": f"The {club.slug}",
            "organization_slug": club.slug,
            "role": "coordinator",
            "email": email,
            "has_account": has_account,
            "is_listed": False,
        }


@pytest.mark.parametrize("column", ["accepted_at", "revoked_at", "expires_at"])
def test_a_link_that_was_used_or_taken_back_or_is_old_is_gone(club: Club, column: str) -> None:
    _, token = club.invitation(club.email("mo"), **{column: "2026-01-01"})
    for path in ("/invitations/read", "/invitations/accept"):
        assert club.ask("POST", path, json={"token": token}).status_code == 410
    assert club.ask("POST", "/invitations/read", json={"token": "made-up"}).status_code == 404


def test_who_has_an_account_accepts_signed_in_as_nobody_else(club: Club) -> None:
    mo = stranger(club)
    _, token = club.invitation(mo.email, role="coordinator")
    for who in (None, club.volunteer, club.owner):
        assert accept(club, token, who, name="Mallory", password=PASSWORD)[0] == 401
    assert accept(club, token, mo) == (200, {"organization_slug": club.slug})
    assert role(club, mo.email) == ("coordinator", True)
    assert accept(club, token, mo)[0] == 410, "a link is used once"
    assert club.get("~/people", mo, role="coordinator")["items"]


def test_who_has_none_gets_an_account_and_is_signed_in(club: Club) -> None:
    email = club.email("new")
    known = club.person("Written down", email=email)
    _, token = club.invitation(email, role="coordinator")
    assert accept(club, token)[0] == 422
    assert accept(club, token, name="New")[0] == 422
    assert accept(club, token, name="New", password="0123456789")[0] == 422, "it is among those that are guessed first"
    answer = club.ask("POST", "/invitations/accept", json={"token": token, "name": "New", "password": PASSWORD})
    assert answer.status_code == 200
    assert "HttpOnly" in answer.headers["set-cookie"]
    session = answer.json()
    assert session["organization_slug"] == club.slug
    assert session["me"]["organizations"][0].items() >= {"slug": club.slug, "role": "coordinator"}.items()
    assert session["me"]["organizations"][0]["member_id"] == known.id
    assert club.get("/me", session["access_token"])["email"] == email
    login = club.ask("POST", "/auth/login", json={"email": email, "password": PASSWORD})
    assert login.status_code == 200


@pytest.mark.parametrize("has_account", [True, False])
def test_a_link_that_is_used_twice_at_once_is_used_once(club: Club, *, has_account: bool) -> None:
    who = stranger(club) if has_account else None
    email = who.email if who else club.email("new")
    _, token = club.invitation(email)
    gate = threading.Barrier(4, timeout=20)

    def use(number: int) -> int:
        gate.wait()
        return accept(club, token, who, name=f"New {number}", password=PASSWORD)[0]

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(use, range(4))) == [200, 410, 410, 410]
    assert role(club, email) == ("volunteer", True)


def test_an_account_that_was_only_asked_for_is_made_real_by_the_link(club: Club) -> None:
    email = club.email("asked")
    club.add("user", email=email, name="Asked", password="!" + "x" * 40)
    _, token = club.invitation(email)
    assert club.ask("POST", "/invitations/read", json={"token": token}).json()["has_account"] is False
    assert accept(club, token, name="Asked", password=PASSWORD)[0] == 200
    assert role(club, email) == ("volunteer", True)


def test_accepting_raises_a_role_and_never_lowers_it(club: Club) -> None:
    for person, given, expected in (
        (club.volunteer, "coordinator", "coordinator"),
        (club.owner, "volunteer", "owner"),
        (club.coordinator, "volunteer", "coordinator"),
        (club.coordinator, "owner", "owner"),
    ):
        _, token = club.invitation(person.email, role=given)
        assert accept(club, token, person)[0] == 200
        assert role(club, person.email) == (expected, True)


def test_another_site_cannot_accept_in_a_browser(club: Club) -> None:
    _, token = club.invitation(club.email("mo"))
    headers = {"Sec-Fetch-Site": "cross-site"}
    body = {"token": token, "name": "Mo", "password": PASSWORD}
    assert club.ask("POST", "/invitations/accept", json=body, headers=headers).status_code == 403
