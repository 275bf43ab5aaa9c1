"""What do people read when a shift has moved, and does their calendar move with it?"""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

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


def move(club: Club, hours: int, place: str = "North pier") -> None:
    """Move shift and event by so many hours, and let what tells of it be due."""
    later = f"(starts_at + interval '{hours} h', ends_at + interval '{hours} h')"
    club.services.sql(f"UPDATE signups_shift SET (starts_at, ends_at) = {later} WHERE id = %s", club.shift)  # noqa: S608 - the line above
    club.services.sql("UPDATE signups_event SET location = %s WHERE id = %s", place, club.event)
    club.services.sql("UPDATE signups_outboxmessage SET due_at = now() WHERE organization_id = %s", club.id)


def calendar_of(mail: EmailMessage) -> dict[str, str]:
    [calendar] = list(mail.iter_attachments())
    return dict(line.split(":", 1) for line in str(calendar.get_content()).splitlines() if ":" in line)


def told_as(club: Club, column: str) -> str:
    """Return a time of the shift as a mail in UTC has it."""
    return str(
        club.one(
            f"SELECT to_char({column} AT TIME ZONE 'UTC', 'FMDay FMDD FMMonth YYYY, HH24:MI') FROM signups_shift"  # noqa: S608 - a column
            " WHERE id = %s",
            club.shift,
        )
    )


def test_who_signed_up_reads_the_old_and_the_new_time_and_place(club: Club, worker_of_mails: Worker) -> None:
    sign_up, before = club.sign_up(club.member("ada")), told_as(club, "starts_at")
    club.services.sql("UPDATE signups_signup SET created_at = created_at - interval '1 day' WHERE id = %s", sign_up)
    club.services.sql(
        "UPDATE signups_outboxmessage SET created_at = created_at - interval '1 day' WHERE organization_id = %s",
        club.id,
    )
    worker_of_mails.deliver()
    move(club, 48, "South pier")
    worker_of_mails.deliver()
    first, mail = worker_of_mails.mails(club.address("ada"))
    assert mail["Subject"] == "New time and place: Clean-up"
    text = text_of(mail)
    assert f"New time: {told_as(club, 'starts_at')} to " in text
    assert f"Before: {before} to " in text
    assert "New place: South pier\nBefore: North pier\n" in text
    tokens = Tokens(club.services.environment["TOKEN_SECRET_KEY"])
    assert tokens.read_manage(link_in(mail, "/my-sign-up")) == sign_up
    old, new = calendar_of(first), calendar_of(mail)
    assert (old["UID"], old["SEQUENCE"], old["LOCATION"]) == (new["UID"], "0", "North pier")
    assert int(new["SEQUENCE"]) >= 24 * 3600
    assert (new["LOCATION"], new["DTSTAMP"] > old["DTSTAMP"], new["DTSTART"] > old["DTSTART"]) == (
        "South pier",
        True,
        True,
    )


def test_who_waits_reads_of_the_move_and_of_the_place_in_the_list(club: Club, worker_of_mails: Worker) -> None:
    for who in ("ada", "ben"):
        club.sign_up(club.member(who))
    worker_of_mails.deliver()
    move(club, 2)
    worker_of_mails.deliver()
    mail = worker_of_mails.mails(club.address("ben"))[-1]
    assert mail["Subject"] == "New time: Clean-up"
    assert "a shift that you wait for has moved" in text_of(mail)
    assert "you are number 1" in text_of(mail)
    assert "New place" not in text_of(mail)
    assert list(mail.iter_attachments()) == []


def test_what_moved_back_or_does_not_take_place_is_not_mailed(club: Club, worker_of_mails: Worker) -> None:
    first, second = club.sign_up(club.member("ada")), club.sign_up(club.member("ben"))
    worker_of_mails.deliver()
    move(club, 5, "South pier")
    move(club, -5)
    worker_of_mails.deliver()
    move(club, 6)
    club.services.sql("SELECT signups_cancel(%s)", first)
    club.services.sql("UPDATE signups_event SET state = 'cancelled' WHERE id = %s", club.event)
    worker_of_mails.deliver()
    ended = "SELECT payload ->> 'sign_up_id', state, last_error FROM signups_outboxmessage WHERE kind = 'moved'"
    assert club.services.sql(f"{ended} AND organization_id = %s ORDER BY id", club.id) == [
        (str(first), "dropped", "it is where it was before"),
        (str(second), "dropped", "it is where it was before"),
        (str(first), "dropped", "the sign-up has changed since"),
        (str(second), "dropped", "the shift is over, or does not take place"),
    ]


def test_a_reminder_that_was_not_sent_before_its_shift_moved_away_is_dropped(
    club: Club, worker_of_mails: Worker
) -> None:
    message = club.put("reminder", sign_up_id=club.sign_up(club.member("ada")))  # in three days
    worker_of_mails.deliver()
    assert club.state(message)[0] == "dropped"
