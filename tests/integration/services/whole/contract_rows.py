"""Which rows does an operation lead to, when it is held to its document? New ones for each, because some end them."""

from __future__ import annotations

import hashlib
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.services.clubs import Club, Person

Goals = dict[str, list[Any]]
CSV = "name,email,phone\nAda,ada@example.org,1\nAda,ADA@example.org,2\nx,nobody,3\n=1+1,sum@example.org\n"


def goals_of(club: Club, who: Person, *, path: str) -> Goals:
    """Make rows for one operation and return what leads to them, by the names that the document uses."""
    shifts = [club.open_shift(), club.shift(club.event(state="draft")), club.shift(club.event(in_h=-60), in_h=-60)]
    ((events,),) = club.sql("SELECT array_agg(event_id) FROM signups_shift WHERE id = ANY(%s)", shifts)
    people = [club.person("Guest"), club.person("Another"), club.person("Third")]
    sign_ups = [club.sign_up(shifts[0], person) for person in (*people[:2], who)]
    invitation, link = club.invitation(club.email("invited"))
    return {
        "slug": [club.slug],
        "event_id": events,
        "shift_id": shifts,
        "sign_up_id": sign_ups,
        "person_id": [person.id for person in people],
        "member_id": [person.id for person in people],
        "invitation_id": [invitation],
        "export_id": _exports(club),
        "task_id": ["00000000-0000-4000-8000-000000000000"],
        "token": [_token(club, sign_ups[-1], link, path=path)],
        "email": [people[0].email, club.volunteer.email, club.email("new")],
        "csv": [CSV],
        **_times(),
    }


def _exports(club: Club) -> list[int]:
    done = {"ready_at": datetime.now(UTC), "content": b"name\n", "rows": 0}
    return [club.add("export", organization_id=club.id, **more) for more in ({}, done, {"error": "It failed."})]


def _times() -> Goals:
    """Return times that lie within each event that is to come."""
    start = datetime.now(UTC) + timedelta(hours=49)
    return {"starts_at": [start.isoformat()], "ends_at": [(start + timedelta(hours=8)).isoformat()]}


def _token(club: Club, sign_up: int, link: str, *, path: str) -> str:
    if path.startswith("/sign-ups"):
        return club.tokens.issue_manage(sign_up, time.time() + 600)
    if path.startswith("/invitations"):
        return link
    token = secrets.token_urlsafe(32)
    user_id = club.account(club.email("new"))
    digest = hashlib.sha256(token.encode()).digest()
    club.add("onetimetoken", user_id=user_id, token_hash=digest, expires_at=datetime.now(UTC) + timedelta(days=1))
    return token
