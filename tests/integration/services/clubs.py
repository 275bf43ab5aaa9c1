"""Which organization does a test play with? One of its own, with people, events and shifts, gone afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx
import psycopg

from api.shared.tokens import Tokens
from tests.integration.services.services_processes import Services, Web

UNUSABLE = "!canary"

OWNED = """
    SELECT right(table_name, -length('signups_')) FROM information_schema.columns
     WHERE column_name = 'organization_id' AND table_name LIKE 'signups\\_%' ORDER BY table_name
"""


def owned_tables(connection: psycopg.Connection[Any]) -> list[str]:
    """Return the tables whose rows belong to an organization, without the prefix: also the one of a new model."""
    return [table for (table,) in connection.execute(OWNED).fetchall()]


@dataclass(frozen=True)
class Person:
    """Somebody in the organization; without an account there is neither `user_id` nor `token`."""

    id: int
    email: str
    user_id: int | None = None
    token: str = ""


@dataclass
class Club:
    """An organization with an owner, a coordinator and a volunteer who have accounts."""

    services: Services = field(repr=False)
    web: Web | None = field(default=None, repr=False)
    slug: str = field(default_factory=lambda: f"club-{secrets.token_hex(6)}")

    def __post_init__(self) -> None:
        """Make it."""
        self.id = self.add("organization", name=f"The {self.slug}", slug=self.slug)
        self.owner, self.coordinator, self.volunteer = (
            self.person(role, role=role, has_account=True) for role in ("owner", "coordinator", "volunteer")
        )

    @cached_property
    def connection(self) -> psycopg.Connection[Any]:
        """Return a connection that is kept until it is removed."""
        return psycopg.connect(self.services.environment["DATABASE_URL"], autocommit=True)

    @cached_property
    def tokens(self) -> Tokens:
        """Return what issues tokens as the services do."""
        return Tokens(self.services.environment["TOKEN_SECRET_KEY"])

    def sql(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run SQL as the owner of the tables, on one connection for all of it."""
        cursor = self.connection.execute(query.encode(), parameters or None)
        return cursor.fetchall() if cursor.description else []

    def value(self, query: str, *parameters: object) -> Any:
        """Return the only value of the only row."""
        ((value,),) = self.sql(query, *parameters)
        return value

    def add(self, table: str, **values: object) -> int:
        """Insert a row and return its id."""
        columns, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        query = f"INSERT INTO signups_{table} ({columns}) VALUES ({marks}) RETURNING id"  # noqa: S608 - the test's names
        return int(self.value(query, *values.values()))

    def email(self, name: str) -> str:
        """Return an address that only this organization uses."""
        return f"{name}-{secrets.token_hex(4)}@{self.slug}.example"

    def account(self, email: str) -> int:
        """Make an account whose address is proven."""
        made = self.add("user", email=email, name="Account of " + email.partition("@")[0], password=UNUSABLE)
        self.sql("UPDATE signups_user SET confirmed_at = now() WHERE id = %s", made)
        return made

    def token(self, user_id: int) -> str:
        """Return an access token of an account."""
        return self.tokens.issue_access(user_id, 0)

    def person(
        self, name: str, *, role: str = "volunteer", has_account: bool = False, email: str | None = None
    ) -> Person:
        """Make a person of the organization."""
        email = email or self.email(name.lower().replace(" ", "."))
        user_id = self.account(email) if has_account else None
        own = {"organization_id": self.id, "user_id": user_id, "name": name, "email": email, "role": role}
        return Person(self.add("member", **own), email, user_id, self.token(user_id) if user_id else "")

    def event(self, *, state: str = "published", title: str = "Beach clean-up", in_h: float = 48) -> int:
        """Make an event that begins in so many hours and takes ten."""
        return self._timed("event", in_h, organization_id=self.id, title=title, state=state)

    def shift(self, event_id: int, *, capacity: int = 1, in_h: float = 48, title: str = "Welcome desk") -> int:
        """Make a shift that begins in so many hours and takes ten."""
        own = {"organization_id": self.id, "event_id": event_id, "title": title, "capacity": capacity}
        shift_id = self._timed("shift", in_h, **own)
        self.sql("SELECT signups_settle(%s)", shift_id)
        return shift_id

    def open_shift(self, *, capacity: int = 1) -> int:
        """Make a shift of a published event."""
        return self.shift(self.event(), capacity=capacity)

    def _timed(self, table: str, in_h: float, **values: object) -> int:
        ((starts, ends),) = self.sql(
            "SELECT now() + %s * interval '1 h', now() + (%s + 10) * interval '1 h'", in_h, in_h
        )
        return self.add(table, starts_at=starts, ends_at=ends, **values)

    def sign_up(self, shift_id: int, person: Person) -> int:
        """Sign a person up."""
        return int(self.value("SELECT sign_up_id FROM signups_sign_up(%s, %s)", shift_id, person.id))

    def states(self, shift_id: int) -> dict[str, str]:
        """Return who is in a shift, by address, in the order in which they came."""
        query = """
            SELECT member.email, sign_up.state FROM signups_signup AS sign_up
              JOIN signups_member AS member ON member.id = sign_up.member_id
             WHERE sign_up.shift_id = %s ORDER BY sign_up.created_at, sign_up.id
        """
        return dict(self.sql(query, shift_id))

    def counts(self, shift_id: int) -> tuple[int, int]:
        """Return how many are said to have a place in a shift, and to wait."""
        ((taken, waiting),) = self.sql("SELECT taken, waiting FROM signups_shift WHERE id = %s", shift_id)
        return taken, waiting

    def outbox(self, kind: str) -> list[dict[str, Any]]:
        """Return what is to be sent of one kind, the oldest first."""
        query = "SELECT payload FROM signups_outboxmessage WHERE organization_id = %s AND kind = %s ORDER BY id"
        return [payload for (payload,) in self.sql(query, self.id, kind)]

    def invitation(self, email: str, *, role: str = "volunteer", **more: object) -> tuple[int, str]:
        """Make an invitation as it is when its mail is out; return its id and the token of its link."""
        token = secrets.token_urlsafe(24)
        ((week,),) = self.sql("SELECT now() + interval '7 days'")
        own = {"organization_id": self.id, "email": email, "role": role, "expires_at": week}
        return self.add("invitation", token_hash=hashlib.sha256(token.encode()).digest(), **(own | more)), token

    def ask(self, method: str, path: str, who: Person | str | None = None, **more: Any) -> httpx.Response:
        """Make a request; `~` is the address of this organization, `who` a person or an access token."""
        assert self.web is not None, "this test runs without the API"
        token = who.token if isinstance(who, Person) else who
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        path = path.replace("~", f"/organizations/{self.slug}")
        return self.web.client.request(method, path, headers=headers | more.pop("headers", {}), **more)

    def get(self, path: str, who: Person | str | None = None, **query: Any) -> Any:
        """Read what must be there."""
        answer = self.ask("GET", path, who, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pages(self, path: str, who: Person, *, limit: int, **query: Any) -> list[list[dict[str, Any]]]:
        """Read a list to its end, page by page."""
        seen: list[list[dict[str, Any]]] = []
        cursor: dict[str, str] = {}
        while True:
            answer = self.get(path, who, limit=limit, **query, **cursor)
            seen.append(answer["items"])
            if answer["next"] is None:
                return seen
            cursor = {"cursor": answer["next"]}

    def remove(self) -> None:
        """Remove all of it, with its accounts."""
        # On its own: a worker that has a message locked may be about to change what goes below.
        self.sql("DELETE FROM signups_outboxmessage WHERE organization_id = %s", self.id)
        with self.connection.transaction():  # at its end the keys have to hold, so the order is no matter
            for table in owned_tables(self.connection):
                self.sql(f"DELETE FROM signups_{table} WHERE organization_id = %s", self.id)  # noqa: S608 - the database's names
        self.sql("DELETE FROM signups_organization WHERE id = %s", self.id)
        mine = "IN (SELECT id FROM signups_user WHERE email LIKE %s)"
        for table in ("refreshtoken", "onetimetoken"):
            self.sql(f"DELETE FROM signups_{table} WHERE user_id {mine}", f"%@{self.slug}.example")  # noqa: S608 - the same
        self.sql("DELETE FROM signups_user WHERE email LIKE %s", f"%@{self.slug}.example")


@contextlib.contextmanager
def new_club(services: Services, web: Web | None = None) -> Iterator[Club]:
    """Give an organization until the block ends."""
    club = Club(services, web)
    with contextlib.closing(club.connection):
        try:
            yield club
        finally:
            club.remove()
