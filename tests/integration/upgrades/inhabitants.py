"""What do people leave in a stack before it is upgraded? Accounts, clubs, events and mails, by API and by admin."""

from __future__ import annotations

import contextlib
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from dotenv import dotenv_values

from ops.commands.mail import read_mails
from tests.integration.front_end.admin_browser import Staff
from tests.integration.upgrades.callers import PASSWORD, Caller
from tests.integration.upgrades.ledger import read_value
from tests.stack import Stack

PATIENCE_S = 60.0
ADDED = "was added successfully"
UNSENT = "SELECT count(*) FROM signups_outboxmessage WHERE state = 'pending'"
T = TypeVar("T")


@dataclass(frozen=True)
class Inhabited:
    """Who has to find things as they were left."""

    owner: str  # her e-mail address
    slug: str  # of her club
    event: int
    manage_token: str  # of the mail to a guest who has signed up
    admin: Staff  # an administrator, logged in


@contextlib.contextmanager
def inhabit(stack: Stack) -> Iterator[Inhabited]:
    """Fill the stack as the first months of a club would, and wait until every mail is out."""
    email, guest = address("owner"), address("hanna")
    with Caller(stack) as owner, Caller(stack) as visitor, _internal(stack) as browser:
        owner.send("/auth/register", {"name": "Olga Owner", "email": email})
        token = _mailed(stack, email, "/choose-password#")
        owner.enter(owner.send("/auth/password", {"token": token, "password": PASSWORD}))
        slug = owner.send("/organizations", {"name": f"Harbour Club {secrets.token_hex(3)}"})["slug"]
        event = _plan(owner, slug)
        for other in (guest, address("ivo"), address("jonna")):
            sign_up = {"name": other.partition("-")[0].title(), "email": other}
            visitor.send(f"/shifts/{event['shifts'][0]['id']}/sign-ups", sign_up)
        _run_the_club(owner, slug, event)
        admin = _administrator(stack, browser)
        _keep_house(admin)
        manage = _mailed(stack, guest, "/my-sign-up#")
        wait_for("every mail to be sent", lambda: read_value(stack, UNSENT) == 0)
        yield Inhabited(email, slug, event["id"], manage, admin)


def address(name: str) -> str:
    """Return an e-mail address that nobody had before."""
    return f"{name}-{secrets.token_hex(4)}@example.org"


def new_event(title: str, *capacities: int, state: str = "published") -> dict[str, Any]:
    """Return an event in six days with a shift for each number of places."""
    start = datetime.now(UTC) + timedelta(days=6)
    hours = [(start + timedelta(hours=number)).isoformat() for number in range(len(capacities) + 1)]
    shifts = [
        {"title": f"Shift {number}", "starts_at": hours[number], "ends_at": hours[number + 1], "capacity": capacity}
        for number, capacity in enumerate(capacities)
    ]
    return {"title": title, "starts_at": hours[0], "ends_at": hours[-1], "state": state, "shifts": shifts}


def wait_for(what: str, ask: Callable[[], T | None]) -> T:
    """Ask until the answer is truthy."""
    deadline = time.monotonic() + PATIENCE_S
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"waited {PATIENCE_S:g} s for {what}"
        time.sleep(0.1)
    return answer


def _plan(owner: Caller, slug: str) -> dict[str, Any]:
    """Publish an event and return it; one beside it is a draft, and one is cancelled."""
    events = f"/organizations/{slug}/events"
    owner.send(events, new_event("Some day", 3, state="draft"))
    cancelled = owner.send(events, new_event("Regatta", 4))
    owner.send(f"{events}/{cancelled['id']}", {"state": "cancelled"}, method="PATCH")
    return owner.send(events, new_event("Harbour breakfast", 2, 5) | {"description": "Gloves.\nÅ, ß, 日本, 🚣"})


def _run_the_club(owner: Caller, slug: str, event: dict[str, Any]) -> None:
    club = f"/organizations/{slug}"
    owner.send(f"/shifts/{event['shifts'][1]['id']}/sign-ups", {})
    owner.send(f"{club}/people", {"name": "Liv Aas", "email": address("liv"), "phone": "+358 40 123"})
    owner.send(f"{club}/invitations", {"email": address("mo"), "role": "coordinator"})
    owner.send(f"{club}/announcements", {"subject": "Storm", "body": "Boots, please.", "event_id": event["id"]})
    owner.send(f"{club}/exports")


def _keep_house(admin: Staff) -> None:
    """Do in admin what the API does not: an account without a mail, a club without an owner, and its event."""
    account = {"email": address("nele"), "name": "Nele Neu", "usable_password": "false"}
    assert ADDED in admin.send("/admin/signups/user/add/", **account).text
    slug = f"rowers-{secrets.token_hex(3)}"
    page = admin.send("/admin/signups/organization/add/", name=f"The {slug}", slug=slug).text
    assert ADDED in page
    club = re.search(rf'/admin/signups/organization/(\d+)/change/">The {slug}', page)
    assert club, page
    when = {"starts_at_0": "2031-05-04", "starts_at_1": "09:00", "ends_at_0": "2031-05-04", "ends_at_1": "12:00"}
    shift = {f"shifts-0-{name}": value for name, value in when.items()}
    shift |= {"shifts-TOTAL_FORMS": "1", "shifts-0-title": "Oars", "shifts-0-capacity": "4"}
    event = {"organization": club[1], "title": "Picnic", **when, **shift}
    assert ADDED in admin.send("/admin/signups/event/add/", **event).text


def _administrator(stack: Stack, browser: httpx.Client) -> Staff:
    settings = dotenv_values(stack.root / ".env")
    return Staff(browser, settings["DJANGO_ADMIN_EMAIL"] or "", password=settings["DJANGO_ADMIN_PASSWORD"] or "")


def _internal(stack: Stack) -> httpx.Client:
    base = f"http://127.0.0.1:{stack.internal_port}"
    return httpx.Client(base_url=base, headers={"Referer": f"{base}/"}, follow_redirects=True, timeout=20)


def _mailed(stack: Stack, to: str, path: str) -> str:
    """Wait for the mail to an address that has a link with such a path; return what follows it."""

    def find() -> str:
        mails = read_mails(stack.state / "data" / "mail")
        links = [link for mail in mails if to in mail.to for link in mail.links if path in link]
        return links[-1].partition(path)[2] if links else ""

    return wait_for(f"a mail to {to} with {path}", find)
