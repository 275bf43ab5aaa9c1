"""Can a stranger have this site write to people who never asked for it?"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.services.clubs import Club, Person, new_club
from tests.integration.services.services_processes import Services, Web

TEXT = {"subject": "Buy now", "body": "At https://evil.example", "audience": "everyone"}


@pytest.fixture
def club(services: Services, api: Web) -> Iterator[Club]:
    with new_club(services, api) as made:
        yield made


def send(club: Club, addresses: list[str]) -> httpx.Response:
    content = "name,email\n" + "".join(f"Somebody,{one}\n" for one in addresses)
    headers = {"Content-Type": "text/csv"}
    return club.ask("POST", "~/people/import", club.owner, content=content, headers=headers, timeout=30)


def asked(club: Club) -> int:
    return len(club.outbox("invitation"))


def confirmed(club: Club, email: str) -> bool:
    query = "SELECT confirmed_at IS NOT NULL FROM signups_member WHERE organization_id = %s AND email = %s"
    return bool(club.value(query, club.id, email))


def sent_link(club: Club, email: str) -> str:
    """Return the token of a link that was mailed to somebody who is invited already."""
    club.sql("UPDATE signups_invitation SET revoked_at = now() WHERE organization_id = %s", club.id)
    return club.invitation(email)[1]


@pytest.mark.req("B-17")
def test_three_thousand_strangers_are_not_written_to_by_a_new_organization(club: Club) -> None:
    assert send(club, [f"p{number}@{club.slug}.example" for number in range(3000)]).json()["created"] == 3000
    assert asked(club) == 50 + 3 * 3, "a day's worth of a new organization with three people"
    for _ in range(3):
        club.ask("POST", "~/announcements", club.owner, json=TEXT)
    told = club.sql("SELECT expected FROM signups_announcement WHERE organization_id = %s", club.id)
    assert told == [], "today's mails are used up"
    club.sql("UPDATE signups_invitation SET created_at = now() - interval '25 h' WHERE organization_id = %s", club.id)
    assert club.ask("POST", "~/announcements", club.owner, json=TEXT).status_code == 202
    told = club.sql("SELECT expected FROM signups_announcement WHERE organization_id = %s", club.id)
    assert told == [(3,)], "and on another day only who said yes is told"


@pytest.mark.req("B-17")
def test_a_day_has_so_many_mails_until_the_operator_grants_more(club: Club) -> None:
    send(club, [f"p{number}@{club.slug}.example" for number in range(59)])
    body = {"email": club.email("mo"), "role": "volunteer"}
    refused = club.ask("POST", "~/invitations", club.coordinator, json=body)
    assert (refused.status_code, "retry-after" in refused.headers) == (429, True)
    assert "ask whoever runs this site" in refused.json()["detail"]
    club.sql("UPDATE signups_organization SET daily_mails = 60 WHERE id = %s", club.id)
    assert club.ask("POST", "~/invitations", club.coordinator, json=body).status_code == 201
    assert club.ask("POST", "~/announcements", club.owner, json=TEXT).status_code == 429


@pytest.mark.req("B-17")
def test_who_founds_another_organization_gets_no_more_mails_by_it(club: Club) -> None:
    send(club, [f"p{number}@{club.slug}.example" for number in range(80)])
    slug = f"club-{secrets.token_hex(6)}"
    founded = club.ask("POST", "/organizations", club.owner, json={"name": "Another", "slug": slug})
    try:
        assert founded.status_code == 201
        content = "name,email\n" + "".join(f"Somebody,q{number}@{club.slug}.example\n" for number in range(80))
        path = f"/organizations/{slug}/people/import"
        made = club.ask("POST", path, club.owner, content=content, headers={"Content-Type": "text/csv"})
        invited = club.value("SELECT count(*) FROM signups_invitation WHERE organization_id = %s", founded.json()["id"])
        assert (made.json()["created"], invited) == (80, 0)
    finally:
        for table in ("outboxmessage", "invitation", "member"):
            club.sql(f"DELETE FROM signups_{table} WHERE organization_id = %s", founded.json()["id"])  # noqa: S608 - the words above
        club.sql("DELETE FROM signups_organization WHERE id = %s", founded.json()["id"])


@pytest.mark.req("A-23")
def test_the_worker_asks_the_others_on_the_next_day(club: Club, services: Services) -> None:
    send(club, [f"p{number}@{club.slug}.example" for number in range(100)])
    club.sql("UPDATE signups_invitation SET created_at = now() - interval '25 h' WHERE organization_id = %s", club.id)
    done = services.manage("shell", "-c", "from signups.inviting import invite_waiting; invite_waiting()")
    assert (done.returncode, asked(club)) == (0, 100), done.stderr
    by = "SELECT invited_by_id, count(DISTINCT email) FROM signups_invitation WHERE organization_id = %s GROUP BY 1"
    assert club.sql(by, club.id) == [(club.owner.id, 100)]


def test_who_says_yes_by_the_link_needs_no_account_and_is_told_what_was_done_meanwhile(club: Club) -> None:
    email = club.email("mo")
    made = club.ask("POST", "~/people", club.coordinator, json={"name": "Mo", "email": email}).json()
    assert (made["is_confirmed"], asked(club), confirmed(club, email)) == (False, 1, False)
    club.sign_up(club.open_shift(), Person(made["id"], email))
    club.sql("DELETE FROM signups_outboxmessage WHERE organization_id = %s AND kind = 'signed_up'", club.id)
    link = {"token": sent_link(club, email)}
    assert club.ask("POST", "/invitations/read", json=link).json()["is_listed"] is True
    assert club.ask("POST", "/invitations/confirm", json=link).json() == {"organization_slug": club.slug}
    assert (confirmed(club, email), len(club.outbox("signed_up"))) == (True, 1)
    assert club.ask("POST", "/invitations/confirm", json=link).status_code == 410


def test_whom_nobody_wrote_down_or_who_shall_run_it_needs_an_account(club: Club) -> None:
    known = club.person("Known")
    for email, role in ((club.email("new"), "volunteer"), (known.email, "coordinator")):
        _, token = club.invitation(email, role=role)
        assert club.ask("POST", "/invitations/read", json={"token": token}).json()["is_listed"] is False
        assert club.ask("POST", "/invitations/confirm", json={"token": token}).status_code == 409


@pytest.mark.parametrize("way", ["guest", "account", "invitation"])
def test_whoever_does_something_by_themselves_has_said_yes(club: Club, way: str) -> None:
    email = club.email("mo")
    send(club, [email])
    if way == "guest":
        club.ask("POST", f"/shifts/{club.open_shift()}/sign-ups", json={"name": "Mo", "email": email})
    else:
        user_id = club.account(email)
        mo = Person(0, email, user_id, club.token(user_id))
        if way == "account":
            club.ask("POST", f"/shifts/{club.open_shift()}/sign-ups", mo, json={})
        else:
            club.ask("POST", "/invitations/accept", mo, json={"token": sent_link(club, email)})
    assert confirmed(club, email)


@pytest.mark.req("B-17")
def test_no_endless_row_of_strangers_is_signed_up_as_guests(club: Club) -> None:
    club.sql("UPDATE signups_organization SET daily_mails = 1 WHERE id = %s", club.id)
    path = f"/shifts/{club.open_shift()}/sign-ups"
    guests = [{"name": "Somebody", "email": club.email("guest")} for _ in range(11)]
    seen = [club.ask("POST", path, json=guest).status_code for guest in guests]
    assert seen == [201] * 10 + [429]
    assert club.ask("POST", path, club.volunteer, json={}).status_code == 201, "who has an account is no guest"


def test_who_is_removed_without_having_said_yes_is_not_written_to(club: Club) -> None:
    made = club.ask("POST", "~/people", club.coordinator, json={"name": "Mo", "email": club.email("mo")}).json()
    club.sign_up(club.open_shift(), Person(made["id"], made["email"]))
    assert club.ask("DELETE", f"~/people/{made['id']}", club.owner).status_code == 204
    assert club.outbox("removed") == []


@pytest.mark.parametrize("name", ["Win at evil.example/prize", "https://evil.example", "mo\u202egro.live"])
def test_a_name_is_no_place_for_a_link_and_what_was_there_before_may_stay(club: Club, name: str) -> None:
    for path, body in (
        ("~/people", {"name": name, "email": club.email("mo")}),
        ("/organizations", {"name": name}),
        (f"/shifts/{club.open_shift()}/sign-ups", {"name": name, "email": club.email("mo")}),
        ("/auth/register", {"name": name, "email": club.email("mo")}),
    ):
        who = club.owner if "sign-ups" not in path else None
        answer = club.ask("POST", path, who, json=body)
        assert (path, answer.status_code, answer.json()["errors"][0]["location"]) == (path, 422, ["body", "name"])
    old = club.person(name)
    assert club.ask("PATCH", f"~/people/{old.id}", club.owner, json={"name": name, "phone": "1"}).status_code == 200
    assert club.ask("PATCH", f"~/people/{club.volunteer.id}", club.owner, json={"name": name}).status_code == 422
    club.sql("UPDATE signups_organization SET name = %s WHERE id = %s", name, club.id)
    assert club.ask("PATCH", "~", club.owner, json={"name": name, "description": "New"}).status_code == 200
    assert club.ask("PATCH", "~", club.owner, json={"name": f"{name}x.com"}).status_code == 422
