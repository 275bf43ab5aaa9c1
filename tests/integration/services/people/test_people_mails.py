"""What arrives? A request to the API, the worker that reads the outbox, and the mail or the file that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from ops.commands.mail import Mail, read_mails
from tests.integration.services.clubs import Club, new_club
from tests.integration.services.services_processes import Process, Services, Web, wait_for

pytestmark = pytest.mark.usefixtures("worker")
T = TypeVar("T")
PASSWORD = "a garden wall of stone"


@pytest.fixture
def club(services: Services, api: Web, worker: Process) -> Iterator[Club]:  # noqa: ARG001 - it sends what is told
    with new_club(services, api) as made:
        yield made


def arrives(club: Club, what: str, ask: Callable[[], T | None]) -> T:
    """Wait for what the worker does; beat, which wakes it every few seconds, does not run here."""

    def woken() -> T | None:
        club.ask("POST", "/tasks")
        return ask()

    return wait_for(what, woken, timeout_s=60)


def mails_to(club: Club, address: str, *, count: int = 1) -> list[Mail]:
    """Return the mails to somebody, the oldest first, as soon as there are so many."""
    folder = Path(club.services.environment["EMAIL_FILE_PATH"])

    def found() -> list[Mail] | None:
        mails = [mail for mail in read_mails(folder) if address in mail.to]
        return mails if len(mails) >= count else None

    return arrives(club, f"{count} mails to {address}", found)


def token_of(mail: Mail, page: str) -> dict[str, str]:
    (link,) = [link for link in mail.links if f"/{page}#" in link]
    return {"token": link.partition("#")[2]}


def guest(club: Club, name: str, shift: int) -> str:
    email = club.email(name.lower())
    answer = club.ask("POST", f"/shifts/{shift}/sign-ups", json={"name": name, "email": email})
    assert answer.status_code == 201
    return email


@pytest.mark.req("D-09")
def test_a_guest_cancels_by_the_mailed_link_and_the_next_one_is_told(club: Club) -> None:
    shift = club.open_shift(capacity=1)
    ada, mo = guest(club, "Ada", shift), guest(club, "Mo", shift)
    (mail,) = mails_to(club, ada)
    mails_to(club, mo)
    link = token_of(mail, "my-sign-up")
    assert club.ask("POST", "/sign-ups/read", json=link).json()["state"] == "confirmed"
    assert club.ask("POST", "/sign-ups/cancel", json=link).status_code == 204
    promoted = mails_to(club, mo, count=2)[-1]
    seen = club.ask("POST", "/sign-ups/read", json=token_of(promoted, "my-sign-up")).json()
    assert (seen["state"], seen["place"]) == ("confirmed", None)
    assert len(mails_to(club, ada, count=2)) == 2


def test_who_is_invited_accepts_by_the_mailed_link(club: Club) -> None:
    email = club.email("new")
    assert (
        club.ask("POST", "~/invitations", club.owner, json={"email": email, "role": "coordinator"}).status_code == 201
    )
    link = token_of(mails_to(club, email)[0], "invitation")
    assert club.ask("POST", "/invitations/read", json=link).json()["role"] == "coordinator"
    session = club.ask("POST", "/invitations/accept", json={**link, "name": "New", "password": PASSWORD}).json()
    assert club.get("~/people", session["access_token"], search=email)["items"][0]["role"] == "coordinator"


def test_an_announcement_reaches_whom_it_is_for(club: Club) -> None:
    event = club.event()
    shift = club.shift(event, capacity=1)
    club.sign_up(shift, club.volunteer)
    club.sign_up(shift, club.owner)
    body = {"subject": "Parking", "body": "Behind the hall.", "event_id": event, "audience": "confirmed"}
    assert club.ask("POST", "~/announcements", club.owner, json=body).status_code == 202
    mails = mails_to(club, club.volunteer.email, count=2)
    assert [mail for mail in mails if "Parking" in mail.subject and "Behind the hall." in mail.text]
    assert club.get("~/announcements", club.owner)["items"][0]["recipients"] == 1


def test_an_export_can_be_opened_safely_and_imported_again(club: Club) -> None:
    club.person('=HYPERLINK("https://evil.example.org";"x")', email=club.email("mallory"))
    made = club.ask("POST", "~/exports", club.coordinator).json()
    path = f"~/exports/{made['id']}"
    ready = arrives(club, "the export", lambda: (seen := club.get(path, club.coordinator))["ready_at"] and seen)
    assert (ready["rows"], ready["error"]) == (4, None)
    file = club.ask("GET", f"{path}/file", club.coordinator).content
    assert b"'=HYPERLINK" in file
    assert b'"=HYPERLINK' not in file
    imported = club.ask("POST", "~/people/import", club.coordinator, content=file, headers={"Content-Type": "text/csv"})
    assert imported.json() == {"created": 0, "updated": 0, "rejected": []}


def test_who_is_removed_gets_one_mail_with_all_that_is_cancelled(club: Club) -> None:
    mo = club.person("Mo")
    for _ in range(2):
        club.sign_up(club.open_shift(), mo)
    assert club.ask("DELETE", f"~/people/{mo.id}", club.owner).status_code == 204
    query = "SELECT count(*) FROM signups_outboxmessage WHERE organization_id = %s AND state = 'pending'"
    arrives(club, "an empty outbox", lambda: club.value(query, club.id) == 0)
    (mail,) = mails_to(club, mo.email)
    assert mail.text.count("Welcome desk") == 2
