"""How would somebody reach into another organization? An attempt at each operation, and more where it may pay."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from api.shared.tokens import Tokens
from tests.integration.services.clubs import Club, owned_tables

EVENT: Final = {"title": "Taken over", "starts_at": "2030-01-01T10:00:00Z", "ends_at": "2030-01-01T18:00:00Z"}
SHIFT: Final = {**EVENT, "capacity": 1}
MAIL: Final = {"subject": "Taken over", "body": "By us.", "audience": "confirmed"}
OF: Final = "/organizations/{slug}"


@dataclass
class Tenant:
    """An organization with a row of each kind, all of them with one word in it that is nowhere else."""

    club: Club
    word: str = field(default_factory=lambda: f"marked{secrets.token_hex(6)}")

    def __post_init__(self) -> None:
        """Make the rows."""
        club, word = self.club, self.word
        event = club.event(state="draft", title=f"Draft {word}")
        person = club.person(f"Person {word}", email=f"person.{word}@{club.slug}.example")
        shift = club.shift(event, title=f"Shift {word}")
        own = {"organization_id": club.id}
        public = club.shift(club.event())
        invitation, self.link = club.invitation(f"invited.{word}@{club.slug}.example")
        export = club.add("export", **own, ready_at=datetime.now(UTC), content=word.encode(), rows=1)
        club.add("announcement", **own, subject=word, body=word, audience="everyone", author_id=person.id)
        club.add("outboxmessage", **own, kind="none", payload="{}")
        self.person, self.sign_up = person, club.sign_up(public, person)
        self.ids = {
            "slug": club.slug,
            "event_id": event,
            "shift_id": shift,
            "sign_up_id": self.sign_up,
            "person_id": person.id,
            "invitation_id": invitation,
            "export_id": export,
        }

    def rows(self) -> dict[str, Any]:
        """Return what is stored of it, as sums, with its accounts."""
        tables = owned_tables(self.club.connection)
        sums = {table: self._sum(table, "organization_id = %s", self.club.id) for table in tables}
        accounts = self._sum("user", "email LIKE %s", f"%@{self.club.slug}.example")
        return {**sums, "organization": self._sum("organization", "id = %s", self.club.id), "user": accounts}

    def _sum(self, table: str, where: str, value: object) -> Any:
        query = f"SELECT md5(string_agg(one::text, ' ' ORDER BY id)) FROM signups_{table} AS one WHERE {where}"  # noqa: S608 - the words above
        return self.club.value(query, value)


# What is sent to the operations that belong to an organization.
BODIES: dict[str, dict[str, Any]] = {
    f"PATCH {OF}": {"json": {"name": "Taken over"}},
    f"GET {OF}/overview": {},
    f"POST {OF}/events": {"json": EVENT},
    f"GET {OF}/events/{{event_id}}": {},
    f"PATCH {OF}/events/{{event_id}}": {"json": {"title": "Taken over"}},
    f"DELETE {OF}/events/{{event_id}}": {},
    f"POST {OF}/events/{{event_id}}/shifts": {"json": SHIFT},
    f"PATCH {OF}/shifts/{{shift_id}}": {"json": {"capacity": 9}},
    f"DELETE {OF}/shifts/{{shift_id}}": {},
    f"GET {OF}/events/{{event_id}}/sign-ups": {},
    f"POST {OF}/shifts/{{shift_id}}/sign-ups": {"json": {"member_id": 1}},
    f"DELETE {OF}/sign-ups/{{sign_up_id}}": {},
    f"PUT {OF}/sign-ups/{{sign_up_id}}/attendance": {"json": {"attended": True}},
    f"GET {OF}/people": {},
    f"POST {OF}/people": {"json": {"name": "Eve", "email": "eve@example.org"}},
    f"PATCH {OF}/people/{{person_id}}": {"json": {"name": "Taken over", "role": "owner"}},
    f"DELETE {OF}/people/{{person_id}}": {},
    f"POST {OF}/people/import": {
        "content": b"name,email\nEve,eve@example.org",
        "headers": {"Content-Type": "text/csv"},
    },
    f"GET {OF}/invitations": {},
    f"POST {OF}/invitations": {"json": {"email": "eve@example.org", "role": "volunteer"}},
    f"DELETE {OF}/invitations/{{invitation_id}}": {},
    f"GET {OF}/announcements": {},
    f"POST {OF}/announcements": {"json": {**MAIL, "audience": "everyone"}},
    f"GET {OF}/exports": {},
    f"POST {OF}/exports": {},
    f"GET {OF}/exports/{{export_id}}": {},
    f"GET {OF}/exports/{{export_id}}/file": {},
}

Attempt = tuple[str, str, dict[str, Any], int]  # method, path, what is sent, and what is answered
# With one's own organization in the path, and something of the other one's beside it.
BESIDE: dict[str, Callable[[Tenant, Tenant], tuple[dict[str, Any], int]]] = {
    f"POST {OF}/shifts/{{shift_id}}/sign-ups": lambda _, b: ({"json": {"member_id": b.person.id}}, 404),
    f"POST {OF}/announcements": lambda _, b: ({"json": {**MAIL, "event_id": b.ids["event_id"]}}, 404),
    f"GET {OF}/events/{{event_id}}/sign-ups": lambda _, b: ({"params": {"shift_id": b.ids["shift_id"]}}, 200),
    f"GET {OF}/people": lambda _, b: ({"params": {"search": b.word[:-1]}}, 200),
    f"POST {OF}/people": lambda _, b: ({"json": {"name": "Eve", "email": b.club.volunteer.email}}, 201),
}


def _forged(b: Tenant) -> str:
    return Tokens("another key of as many characters").issue_manage(b.sign_up, time.time() + 60)


# Where no organization is in the path, or everybody may look.
ELSEWHERE: dict[str, Callable[[Tenant, Tenant], Attempt]] = {
    f"GET {OF}": lambda _, b: ("GET", f"/organizations/{b.club.slug}", {}, 200),
    f"GET {OF}/events": lambda _, b: ("GET", f"/organizations/{b.club.slug}/events", {"params": {"limit": 100}}, 200),
    "GET /events": lambda _, b: ("GET", "/events", {"params": {"search": b.word[:-1]}}, 200),
    "GET /events/{event_id}": lambda _, b: ("GET", f"/events/{b.ids['event_id']}", {}, 404),
    "POST /organizations": lambda _, b: ("POST", "/organizations", {"json": {"name": "x", "slug": b.club.slug}}, 409),
    "POST /shifts/{shift_id}/sign-ups": lambda _, b: (
        "POST",
        f"/shifts/{b.ids['shift_id']}/sign-ups",
        {"json": {}},
        404,
    ),
    "GET /me": lambda *_: ("GET", "/me", {}, 200),
    "PATCH /me": lambda *_: ("PATCH", "/me", {"json": {"name": "Eve"}}, 200),
    "GET /me/sign-ups": lambda *_: ("GET", "/me/sign-ups", {}, 200),
    "DELETE /me/sign-ups/{sign_up_id}": lambda _, b: ("DELETE", f"/me/sign-ups/{b.sign_up}", {}, 404),
    "POST /sign-ups/read": lambda _, b: ("POST", "/sign-ups/read", {"json": {"token": _forged(b)}}, 410),
    "POST /sign-ups/cancel": lambda _, b: ("POST", "/sign-ups/cancel", {"json": {"token": _forged(b)}}, 410),
    "POST /invitations/read": lambda _, b: ("POST", "/invitations/read", {"json": {"token": b.link[:-1]}}, 404),
    "POST /invitations/accept": lambda _, b: ("POST", "/invitations/accept", {"json": {"token": b.link[:-1]}}, 404),
    "POST /invitations/confirm": lambda _, b: ("POST", "/invitations/confirm", {"json": {"token": b.link[:-1]}}, 404),
    "POST /auth/register": lambda _, b: (
        "POST",
        "/auth/register",
        {"json": {"name": "Eve", "email": b.club.owner.email}},
        202,
    ),
    "POST /auth/forgot": lambda _, b: ("POST", "/auth/forgot", {"json": {"email": b.club.owner.email}}, 202),
    "POST /auth/login": lambda _, b: (
        "POST",
        "/auth/login",
        {"json": {"email": b.club.owner.email, "password": "!canary"}},
        401,
    ),
    "POST /auth/password": lambda _, b: (
        "POST",
        "/auth/password",
        {"json": {"token": b.link, "password": "a garden wall of stone"}},
        410,
    ),
    "PUT /auth/password": lambda *_: (
        "PUT",
        "/auth/password",
        {"json": {"current": "x", "new": "a garden wall of stone"}},
        422,
    ),
    "POST /auth/refresh": lambda *_: ("POST", "/auth/refresh", {}, 401),
    "POST /auth/logout": lambda *_: ("POST", "/auth/logout", {}, 204),
    "POST /tasks": lambda *_: ("POST", "/tasks", {}, 202),
    "GET /tasks/{task_id}": lambda *_: ("GET", "/tasks/00000000-0000-4000-8000-000000000000", {}, 404),
    "GET /docs": lambda *_: ("GET", "/docs", {}, 200),
    "GET /health": lambda *_: ("GET", "/health", {}, 200),
    "GET /ready": lambda *_: ("GET", "/ready", {}, 200),
    "POST /auth/logout-everywhere": lambda *_: ("POST", "/auth/logout-everywhere", {}, 204),  # the last: tokens end
}
