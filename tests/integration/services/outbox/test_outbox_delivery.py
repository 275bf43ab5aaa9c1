"""Is every message done, and each once, whatever happens to workers and mail servers?"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.services.outbox.outbox_story import Club, Worker, link_in, text_of
from tests.integration.services.services_processes import PASSWORD, Services
from tests.integration.services.smtp_server import MailServer, mail_server
from tests.ports import free_port

WAITS_S = "SELECT extract(epoch FROM due_at - now()) FROM signups_outboxmessage WHERE id = %s"


@pytest.fixture
def club(services: Services) -> Iterator[Club]:
    club = Club(services)
    yield club
    club.remove()


@pytest.fixture
def player(services: Services, tmp_path: Path) -> Worker:
    return Worker(services, tmp_path / "mail")


@pytest.fixture
def smtp(services: Services, tmp_path: Path) -> Iterator[MailServer]:
    Worker(services, tmp_path / "of others").deliver()  # what other tests left is not for this server
    with mail_server() as server:
        yield server


def register(club: Club, who: str) -> int:
    return club.put("register", user_id=club.account(who))


def test_two_workers_at_once_send_each_mail_once(club: Club, player: Worker) -> None:
    for number in range(60):
        club.member(f"person-{number}")
    club.put("announcement", announcement_id=announcement(club))
    player.deliver()
    club.services.sql("UPDATE signups_outboxmessage SET due_at = now() WHERE organization_id = %s", club.id)
    both = [player.start(), player.start()]
    done = [player.end(process) for process in both]
    mails = player.mails(club.address(""))
    assert len(mails) == len({str(mail["To"]) for mail in mails}) == 60
    assert len({str(mail["Message-ID"]) for mail in mails}) == 60
    assert sum(one.get("sent", 0) for one in done) >= 40  # the first ones may have been due with the announcement


def invite(club: Club, who: str) -> int:
    wanted = club.one(
        "INSERT INTO signups_invitation (organization_id, email, role, expires_at)"
        " VALUES (%s, %s, 'volunteer', now() + interval '7 days') RETURNING id",
        club.id,
        club.address(who),
    )
    return club.put("invitation", invitation_id=wanted)


@pytest.mark.parametrize(
    ("put", "page", "table"),
    [(register, "/choose-password", "onetimetoken"), (invite, "/invitation", "invitation")],
    ids=["password", "invitation"],
)
def test_the_link_in_a_mail_works_before_the_mail_server_has_answered(
    club: Club, player: Worker, smtp: MailServer, put: Callable[[Club, str], int], page: str, table: str
) -> None:
    message = put(club, "ada")
    smtp.may_answer.clear()
    process = player.start(**smtp.environment())
    assert smtp.has_mail.wait(30)
    hashed = hashlib.sha256(link_in(smtp.mails[0], page).encode()).digest()
    assert club.one(f"SELECT count(*) FROM signups_{table} WHERE token_hash = %s", hashed) == 1  # noqa: S608 - ours
    smtp.may_answer.set()
    assert player.end(process) == {"sent": 1}
    assert club.state(message) == ("sent", 1, "")


def test_a_worker_killed_after_sending_sends_the_same_mail_again(club: Club, player: Worker, smtp: MailServer) -> None:
    message = register(club, "ada")
    smtp.may_answer.clear()
    process = player.start(**smtp.environment())
    assert smtp.has_mail.wait(30)
    process.kill()
    process.communicate(timeout=30)
    smtp.may_answer.set()
    assert club.state(message)[0] == "pending"
    assert player.deliver(**smtp.environment()) == {"sent": 1}
    first, second = smtp.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert link_in(first, "/choose-password") == link_in(second, "/choose-password")
    tokens = "SELECT count(*) FROM signups_onetimetoken JOIN signups_user u ON u.id = user_id WHERE u.email = %s"
    assert club.one(tokens, club.address("ada")) == 1


def test_without_a_mail_server_a_message_is_tried_again_later(club: Club, player: Worker, smtp: MailServer) -> None:
    first, second = register(club, "ada"), register(club, "ben")
    assert player.deliver(EMAIL_URL=f"smtp://user:{PASSWORD}@127.0.0.1:{free_port()}", EMAIL_FILE_PATH="") == {
        "unreachable": 1
    }
    assert club.state(first) == ("pending", 1, "ConnectionRefusedError: Connection refused")
    assert club.state(second) == ("pending", 0, "")  # it would not have got through either
    assert 5 < club.one(WAITS_S, first) < 20
    token = "SELECT t.id FROM signups_onetimetoken t JOIN signups_user u ON u.id = t.user_id WHERE u.email = %s"
    stored = club.one(token, club.address("ada"))
    club.services.sql("UPDATE signups_onetimetoken SET expires_at = now() WHERE id = %s", stored)
    club.services.sql("UPDATE signups_outboxmessage SET due_at = now() WHERE id = %s", first)
    assert player.deliver(**smtp.environment()) == {"sent": 2}
    assert (club.state(first), club.state(second)) == (("sent", 2, ""), ("sent", 1, ""))
    left = "SELECT extract(epoch FROM expires_at - now()) / 3600 FROM signups_onetimetoken WHERE id = %s"
    assert 23 < club.one(left, stored) <= 24  # it counts from when the mail went


def test_an_address_refused_for_good_is_given_up_and_one_refused_for_now_is_not(
    club: Club, player: Worker, smtp: MailServer
) -> None:
    smtp.refuse.update({"gone@": "550 no such user", "busy@": "451 greylisted"})
    gone, busy, fine = register(club, "gone"), register(club, "busy"), register(club, "fine")
    assert player.deliver(**smtp.environment()) == {"failed": 1, "pending": 1, "sent": 1}
    assert club.state(gone) == ("failed", 1, "SMTPRecipientsRefused: 550 no such user")
    assert club.state(busy) == ("pending", 1, "SMTPRecipientsRefused: 451 greylisted")
    assert club.state(fine)[0] == "sent"
    assert [str(mail["To"]) for mail in smtp.mails] == [f"Fine <{club.address('fine')}>"]


def test_a_message_is_given_up_after_ten_attempts(club: Club, player: Worker) -> None:
    wanted = club.one("INSERT INTO signups_export (organization_id) VALUES (%s) RETURNING id", club.id)
    message = club.put("export", export_id=wanted)
    club.services.sql("UPDATE signups_outboxmessage SET attempts = 9 WHERE id = %s", message)
    # Not what the worker expects, so that the export fails by itself.
    club.services.sql("ALTER TABLE signups_member RENAME COLUMN phone TO phone_away")
    try:
        assert player.deliver()["failed"] == 1
    finally:
        club.services.sql("ALTER TABLE signups_member RENAME COLUMN phone_away TO phone")
    assert club.state(message) == ("failed", 10, "UndefinedColumn")
    assert "could not be made" in club.one("SELECT error FROM signups_export WHERE id = %s", wanted)


def test_one_bad_message_holds_up_no_other(club: Club, player: Worker) -> None:
    unknown, torn, fine = club.put("of-tomorrow"), club.put("register"), register(club, "ada")
    player.deliver()
    assert club.state(unknown) == ("pending", 1, "UnknownKindError")
    assert club.state(torn) == ("pending", 1, "KeyError")
    assert club.state(fine)[0] == "sent"


def announcement(
    club: Club, *, audience: str = "everyone", event: int | None = None, body: str = "Bring boots."
) -> int:
    query = (
        "INSERT INTO signups_announcement (organization_id, event_id, author_id, audience, subject, body)"
        " VALUES (%s, %s, %s, %s, 'Storm', %s) RETURNING id"
    )
    author = club.one("SELECT min(id) FROM signups_member WHERE organization_id = %s", club.id)
    return int(club.one(query, club.id, event, author, audience, body))


@pytest.mark.parametrize(
    ("audience", "of_event", "whom"),
    [
        ("everyone", False, {"ada", "ben", "cleo"}),
        ("everyone", True, {"ada", "ben"}),
        ("confirmed", True, {"ada"}),
        ("waiting", True, {"ben"}),
        ("waiting", False, {"ben"}),
    ],
)
def test_an_announcement_reaches_its_audience_once(
    club: Club,
    player: Worker,
    audience: str,
    of_event: bool,  # noqa: FBT001 - a parameter of the table
    whom: set[str],
) -> None:
    for who in ("ada", "ben"):
        club.sign_up(club.member(who))
    club.member("cleo")
    player.deliver()
    made = announcement(club, audience=audience, event=club.event if of_event else None, body="<b>Boots</b>\n\nplease")
    for _ in range(2):  # the second one finds everything done
        club.put("announcement", announcement_id=made)
    player.deliver()
    club.services.sql("UPDATE signups_outboxmessage SET due_at = now() WHERE organization_id = %s", club.id)
    player.deliver()
    mails = [mail for mail in player.mails(club.address("")) if mail["Subject"] == "Storm"]
    assert sorted(str(mail["To"]) for mail in mails) == sorted(f"{who.title()} <{club.address(who)}>" for who in whom)
    assert club.one("SELECT recipients FROM signups_announcement WHERE id = %s", made) == len(whom)
    assert str(mails[0]["Reply-To"]) == club.address("ada")
    assert "<b>Boots</b>" in text_of(mails[0])
    assert "&lt;b&gt;Boots&lt;/b&gt;" in text_of(mails[0], "html")


@pytest.mark.req("B-17")
def test_nothing_but_an_invitation_reaches_who_has_not_said_yes(club: Club, player: Worker) -> None:
    ada, ben = club.member("ada"), club.member("ben")
    club.services.sql("UPDATE signups_member SET confirmed_at = NULL WHERE id = %s", ada)
    for one in (ada, ben):
        club.services.sql("SELECT signups_cancel(%s)", club.sign_up(one))
        club.sign_up(one)
    club.put("announcement", announcement_id=announcement(club))
    invitation = club.one(
        "INSERT INTO signups_invitation (organization_id, email, expires_at)"
        " VALUES (%s, %s, now() + interval '7 days') RETURNING id",
        club.id,
        club.address("ada"),
    )
    club.put("invitation", invitation_id=invitation)
    player.deliver()
    club.services.sql("UPDATE signups_outboxmessage SET due_at = now() WHERE organization_id = %s", club.id)
    player.deliver()
    mails = player.mails(club.address(""))
    to_ada = [mail for mail in mails if club.address("ada") in str(mail["To"])]
    assert ["invites you to join" in str(mail["Subject"]) for mail in to_ada] == [True]
    assert "You need no account for it" in text_of(to_ada[0])
    assert len(mails) - len(to_ada) >= 3, "Ben heard of all of it"
    left = club.services.sql(
        "SELECT count(*) FROM signups_outboxmessage WHERE organization_id = %s AND state NOT IN ('sent', 'dropped')",
        club.id,
    )
    assert left == [(0,)]


def test_an_export_holds_the_organizations_people_and_no_formula(club: Club, player: Worker) -> None:
    club.sign_up(club.member("ada", name='=HYPERLINK("x")'))
    wanted = club.one("INSERT INTO signups_export (organization_id) VALUES (%s) RETURNING id", club.id)
    club.put("export", export_id=wanted)
    player.deliver()
    ((content, rows, error),) = club.services.sql(
        "SELECT content, rows, error FROM signups_export WHERE id = %s", wanted
    )
    [row] = csv.DictReader(io.StringIO(bytes(content).decode("utf-8-sig")))
    assert (rows, error) == (1, None)
    assert row["name"] == '\'=HYPERLINK("x")'
    assert (row["email"], row["role"], row["sign_ups"]) == (club.address("ada"), "volunteer", "1")


def run_task(services: Services, name: str) -> Any:
    code = f"import json, sys; from signups import {name}; sys.stdout.write(json.dumps({name}.{NAMES[name]}()))"
    done = services.manage("shell", "-v", "0", "-c", code)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


NAMES = {"reminders": "remind", "purging": "purge"}


@pytest.mark.req("D-10")
def test_a_reminder_is_written_once_to_whom_has_a_place_within_a_day(club: Club) -> None:
    sign_up = club.sign_up(club.member("ada"))
    club.sign_up(club.member("ben"))  # waits
    club.services.sql("UPDATE signups_signup SET created_at = now() - interval '3 hours' WHERE id = %s", sign_up)
    written = "SELECT count(*) FROM signups_outboxmessage WHERE organization_id = %s AND kind = 'reminder'"
    run_task(club.services, "reminders")
    assert club.one(written, club.id) == 0  # the shift begins in three days
    club.services.sql("UPDATE signups_shift SET starts_at = now() + interval '23 hours' WHERE id = %s", club.shift)
    for _ in range(2):
        run_task(club.services, "reminders")
    assert club.one(written, club.id) == 1
    assert club.one("SELECT reminded_at IS NOT NULL FROM signups_signup WHERE id = %s", sign_up)
    for hours in (48, 23):  # held another day, and that day comes near
        times = f"now() + interval '{hours} hours', now() + interval '{hours + 2} hours'"
        club.services.sql(f"UPDATE signups_shift SET (starts_at, ends_at) = ({times}) WHERE id = %s", club.shift)  # noqa: S608 - the line above
        run_task(club.services, "reminders")
    assert club.one(written, club.id) == 2


def test_a_purge_takes_what_is_over_and_nothing_else(club: Club) -> None:
    old, new = club.put("register"), club.put("register")
    club.services.sql(
        "UPDATE signups_outboxmessage SET state = 'sent', done_at = now() - interval '31 days' WHERE id = %s", old
    )
    kept, gone = club.account("kept"), club.account("gone")
    club.services.sql(
        "UPDATE signups_user SET confirmed_at = NULL, date_joined = now() - interval '8 days' WHERE id = ANY (%s)",
        [kept, gone],
    )
    club.member("kept")
    club.services.sql("UPDATE signups_member SET user_id = %s WHERE email = %s", kept, club.address("kept"))
    for days in (-1, 1):
        club.services.sql(
            "INSERT INTO signups_onetimetoken (user_id, token_hash, expires_at)"
            " VALUES (%s, %s, now() + %s * interval '1 day')",
            kept,
            f"{club.name}{days}".encode(),
            days,
        )
    run_task(club.services, "purging")
    assert club.services.sql("SELECT id FROM signups_outboxmessage WHERE organization_id = %s", club.id) == [(new,)]
    assert club.services.sql("SELECT id FROM signups_user WHERE id = ANY (%s)", [kept, gone]) == [(kept,)]
    assert club.one("SELECT count(*) FROM signups_onetimetoken WHERE user_id = %s", kept) == 1
