"""What do people read, and do the links in it work?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.shared.tokens import Tokens
from tests.integration.services.outbox.outbox_story import Club, Worker, link_in, text_of
from tests.integration.services.services_processes import Services


@pytest.fixture
def club(services: Services) -> Iterator[Club]:
    club = Club(services)
    yield club
    club.remove()


@pytest.fixture
def worker_of_mails(services: Services, tmp_path: Path) -> Worker:
    return Worker(services, tmp_path / "mail")


def hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def invitation(club: Club, who: str, **columns: Any) -> int:
    inviter = club.member("olga", role="owner")
    names = "".join(f", {name}" for name in columns)
    values = "".join(", now()" for _ in columns)
    return int(
        club.one(
            f"INSERT INTO signups_invitation (organization_id, email, role, invited_by_id, expires_at{names})"  # noqa: S608 - names of columns
            f" VALUES (%s, %s, 'coordinator', %s, now() + interval '7 days'{values}) RETURNING id",
            club.id,
            club.address(who),
            inviter,
        )
    )


def test_who_registers_gets_a_link_that_is_stored_as_a_hash_alone(club: Club, worker_of_mails: Worker) -> None:
    user = club.account("ada")
    message = club.put("register", user_id=user)
    worker_of_mails.deliver()
    [mail] = worker_of_mails.mails(club.address("ada"))
    token = link_in(mail, "/choose-password")
    query = "SELECT user_id, used_at, expires_at > now() + interval '23 hours' FROM signups_onetimetoken"
    assert club.services.sql(f"{query} WHERE token_hash = %s", hashed(token)) == [(user, None, True)]
    stored = club.services.sql("SELECT payload::text || last_error FROM signups_outboxmessage WHERE id = %s", message)
    assert token not in str(stored)


def test_who_has_an_account_and_registers_again_is_told_so_without_a_link(club: Club, worker_of_mails: Worker) -> None:
    club.put("register", user_id=club.account("ada", password="argon2$x"))
    worker_of_mails.deliver()
    [mail] = worker_of_mails.mails(club.address("ada"))
    assert mail["Subject"] == "You already have an account"
    assert "#" not in text_of(mail)


def test_a_forgotten_password_is_written_only_to_an_account_that_exists(club: Club, worker_of_mails: Worker) -> None:
    club.account("ada", password="argon2$x")
    club.put("reset", email=club.address("ada"))
    nobody = club.put("reset", email=club.address("nobody"))
    worker_of_mails.deliver()
    [mail] = worker_of_mails.mails(club.address(""))
    assert mail["To"].addresses[0].addr_spec == club.address("ada")
    assert link_in(mail, "/choose-password")
    assert club.state(nobody)[0] == "dropped"


def test_an_invitation_carries_its_token_in_the_mail_alone(club: Club, worker_of_mails: Worker) -> None:
    asked = invitation(club, "ines")
    club.put("invitation", invitation_id=asked)
    worker_of_mails.deliver()
    [mail] = worker_of_mails.mails(club.address("ines"))
    assert f"Olga from {club.name} invites you to join as a coordinator" in text_of(mail)
    token = link_in(mail, "/invitation")
    assert club.one("SELECT id FROM signups_invitation WHERE token_hash = %s", hashed(token)) == asked


@pytest.mark.parametrize("how", ["accepted_at", "revoked_at"])
def test_an_invitation_that_is_over_is_not_mailed(club: Club, worker_of_mails: Worker, how: str) -> None:
    message = club.put("invitation", invitation_id=invitation(club, "ines", **{how: True}))
    worker_of_mails.deliver()
    assert club.state(message)[0] == "dropped"
    assert worker_of_mails.mails(club.address("")) == []


@pytest.mark.req("D-09")
def test_the_way_of_a_sign_up_from_the_waiting_list_to_the_reminder(club: Club, worker_of_mails: Worker) -> None:
    first, second = club.sign_up(club.member("ada")), club.sign_up(club.member("ben"))
    worker_of_mails.deliver()
    club.services.sql("SELECT signups_cancel(%s)", first)
    worker_of_mails.deliver()
    club.put("reminder", sign_up_id=second)
    club.services.sql("UPDATE signups_event SET state = 'cancelled' WHERE id = %s", club.event)
    club.put("event_cancelled", sign_up_id=second)
    late = club.put("reminder", sign_up_id=second)
    worker_of_mails.deliver()
    read = {who: [str(one["Subject"]) for one in worker_of_mails.mails(club.address(who))] for who in ("ada", "ben")}
    assert read == {
        "ada": ["You are in: Clean-up", "Your sign-up is cancelled: Clean-up"],
        "ben": [
            "You are on the waiting list: Clean-up",
            "A place is free, and it is yours: Clean-up",
            "Cancelled: Clean-up",
        ],
    }
    assert club.state(late)[0] == "dropped"
    assert "you are number 1" in text_of(worker_of_mails.mails(club.address("ben"))[0])


@pytest.mark.req("D-09")
def test_the_mail_of_a_place_has_time_link_and_calendar(club: Club, worker_of_mails: Worker) -> None:
    sign_up = club.sign_up(club.member("ada"))
    worker_of_mails.deliver(DJANGO_TIME_ZONE="Europe/Berlin")
    [mail] = worker_of_mails.mails(club.address("ada"))
    assert "North pier" in text_of(mail)
    assert "(CE" in text_of(mail)  # CET or CEST
    assert f"https://slipway.localhost:8443/events/{club.event}" in text_of(mail)
    tokens = Tokens(club.services.environment["TOKEN_SECRET_KEY"])
    assert tokens.read_manage(link_in(mail, "/my-sign-up")) == sign_up
    [calendar] = list(mail.iter_attachments())
    lines = str(calendar.get_content()).splitlines()
    assert calendar.get_filename() == "shift.ics"
    starts_at = club.one(
        "SELECT to_char(starts_at AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MISS\"Z\"') FROM signups_shift WHERE id = %s",
        club.shift,
    )
    assert {"BEGIN:VCALENDAR", f"DTSTART:{starts_at}", "SUMMARY:Clean-up: Morning"} <= set(lines)


def test_what_people_write_stays_text_and_begins_no_header(club: Club, worker_of_mails: Worker) -> None:
    club.services.sql(
        "UPDATE signups_event SET title = %s WHERE id = %s", "Tea\r\nBcc: eve@example.org\n\n<img src=x>", club.event
    )
    club.services.sql("UPDATE signups_organization SET name = %s WHERE id = %s", "Us\nTo: x@example.org", club.id)
    club.sign_up(club.member("ada", name="Ada\nCc: eve@example.org"))
    worker_of_mails.deliver()
    [mail] = worker_of_mails.mails(club.address("ada"))
    assert (mail["Bcc"], mail["Cc"], len(mail["To"].addresses)) == (None, None, 1)
    assert mail["Subject"] == "You are in: Tea Bcc: eve@example.org <img src=x>"
    assert "&lt;img src=x&gt;" in text_of(mail, "html")
    assert "<img" not in text_of(mail, "html")


@pytest.mark.req("B-17")
def test_no_mail_makes_a_link_of_a_name_that_was_there_before_names_were_looked_at(
    club: Club, worker_of_mails: Worker
) -> None:
    club.services.sql("UPDATE signups_organization SET name = 'Win at evil.example/prize' WHERE id = %s", club.id)
    author = club.member("olga", name="https://evil.example/olga")
    ada = club.member("ada", name="Ada, see http://evil.example/ada")
    announcement = club.one(
        "INSERT INTO signups_announcement (organization_id, author_id, audience, subject, body)"
        " VALUES (%s, %s, 'everyone', 'Storm', 'Read https://weather.example/today & bring boots.') RETURNING id",
        club.id,
        author,
    )
    club.put("announced", announcement_id=announcement, member_id=ada)
    worker_of_mails.deliver()
    [mail] = worker_of_mails.mails(club.address("ada"))
    assert text_of(mail).startswith("Hello there,")
    assert mail["To"].addresses[0].display_name == ""
    page = text_of(mail, "html")
    assert re.findall(r'href="([^"]+)"', page) == ["https://weather.example/today"]
    assert "https://evil.example/olga, Win at evil.example/prize" in page


def test_an_announcement_begins_no_header_whatever_its_organization_is_called(
    club: Club, worker_of_mails: Worker
) -> None:
    club.services.sql("UPDATE signups_organization SET name = %s WHERE id = %s", "Us\nTo: x@example.org", club.id)
    author, ada = club.member("olga", name="Olga\nCc: eve@example.org"), club.member("ada")
    announcement = club.one(
        "INSERT INTO signups_announcement (organization_id, author_id, audience, subject, body)"
        " VALUES (%s, %s, 'everyone', %s, 'Bring boots.') RETURNING id",
        club.id,
        author,
        "Storm\nBcc: eve@example.org",
    )
    club.put("announced", announcement_id=announcement, member_id=ada)
    worker_of_mails.deliver()
    [mail] = worker_of_mails.mails(club.address("ada"))
    assert (mail["Bcc"], mail["Cc"], len(mail["To"].addresses)) == (None, None, 1)
    assert mail["Subject"] == "Storm Bcc: eve@example.org"
    assert mail["From"].addresses[0].display_name == "Us To: x@example.org"
    assert "\nTo: x@example.org" not in text_of(mail)


def test_who_is_taken_off_the_list_reads_which_shifts_went_with_it(club: Club, worker_of_mails: Worker) -> None:
    shift = {"event_title": "Tea", "shift_title": "Cups", "starts_at": "2030-05-04T09:00:00+00:00"}
    club.put("removed", email=club.address("ada"), name="Ada", shifts=[shift])
    worker_of_mails.deliver()
    [mail] = worker_of_mails.mails(club.address("ada"))
    assert "Tea, Cups: Saturday 4 May 2030, 09:00 UTC" in text_of(mail)
