"""What do the tests of GraphQL ask, as whom, and about what? A tenant of its own, made in the database."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from api.shared.tokens import Tokens
from tests.integration.services.services_processes import DJANGO, ROOT, Services, Web

PROBE = Path(__file__).with_name("graph_probe.py")
PAGE = """
    query Page($slug: String!) { organization(slug: $slug) { name
      events { title state shifts { title free waiting signUps { state member { name email phone } } } }
      people { name email role hasAccount } } }
"""


@dataclass(frozen=True)
class Account:
    """Somebody who can log in, and what they are in an organization."""

    user_id: int
    member_id: int
    email: str


@dataclass
class Tenant:
    """An organization with an owner, a coordinator, two volunteers, and events."""

    services: Services
    slug: str = field(default_factory=lambda: f"graph-{uuid.uuid4().hex[:12]}")
    id: int = field(init=False)

    def __post_init__(self) -> None:
        self.id = self.add("organization", name=f"Name of {self.slug}", slug=self.slug)
        self.owner, self.coordinator = self.join("owner"), self.join("coordinator")
        self.volunteer, self.other = self.join("volunteer"), self.join("volunteer")
        self.draft, self.draft_shift = self.event("draft", shifts=1)
        self.event_id, self.shift_id = self.event("published", shifts=1)
        self.sign_up_id = self.sign_up(self.shift_id, self.other.member_id)

    def add(self, table: str, **values: object) -> int:
        """Insert a row; return its id."""
        names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        query = f"INSERT INTO signups_{table} ({names}) VALUES ({marks}) RETURNING id"  # noqa: S608 - our own words
        return int(self.services.sql(query, *values.values())[0][0])

    def join(self, role: str) -> Account:
        """Add somebody with an account."""
        email = f"{role}-{uuid.uuid4().hex[:8]}@{self.slug}.example"
        user_id = add_account(self.services, email)
        member_id = self.add("member", organization_id=self.id, user_id=user_id, name=email, email=email, role=role)
        return Account(user_id, member_id, email)

    def event(self, state: str, *, shifts: int, capacity: int = 2) -> tuple[int, int]:
        """Add an event of next week with shifts; return its id and the id of its last shift."""
        ((starts, ends),) = self.services.sql("SELECT now() + interval '7 days', now() + interval '7 days 3 hours'")
        times, own = {"starts_at": starts, "ends_at": ends}, {"organization_id": self.id}
        event_id = self.add("event", title=f"{state} of {self.slug}", state=state, **own, **times)
        for number in range(shifts):
            title = f"Shift {number} of {self.slug}"
            shift_id = self.add("shift", title=title, event_id=event_id, capacity=capacity, **own, **times)
        self.services.sql("SELECT signups_count_event(%s)", event_id)
        return event_id, shift_id

    def sign_up(self, shift_id: int, member_id: int) -> int:
        """Sign somebody up; return the id of the sign-up."""
        query = "SELECT sign_up_id FROM signups_sign_up(%s, %s)"
        return int(self.services.sql(query, shift_id, member_id)[0][0])

    def fill(self, *, events: int, shifts: int, people: int) -> None:
        """Add so many events with so many shifts each, and sign so many people up for all of them."""
        members = [
            self.add("member", organization_id=self.id, name=f"Person {number}", email=f"{number}@{self.slug}.example")
            for number in range(people)
        ]
        for _ in range(events):
            event_id, _ = self.event("published", shifts=shifts, capacity=max(1, people // 2))
            for (shift_id,) in self.services.sql("SELECT id FROM signups_shift WHERE event_id = %s", event_id):
                for member_id in members:
                    self.sign_up(shift_id, member_id)

    def remove(self) -> None:
        """Remove it with all that belongs to it, and its accounts."""
        self.services.sql("DELETE FROM signups_outboxmessage WHERE organization_id = %s", self.id)
        for table in ("signup", "shift", "event", "member"):
            self.services.sql(f"DELETE FROM signups_{table} WHERE organization_id = %s", self.id)  # noqa: S608 - the same
        self.services.sql("DELETE FROM signups_organization WHERE id = %s", self.id)
        self.services.sql("DELETE FROM signups_user WHERE email LIKE %s", f"%@{self.slug}.example")


def add_account(services: Services, email: str) -> int:
    """Add an account with a proven address and without a password."""
    query = "INSERT INTO signups_user (email, name, password, confirmed_at) VALUES (%s, %s, '!', now()) RETURNING id"
    return int(services.sql(query, email, email)[0][0])


@dataclass(frozen=True)
class Asking:
    """Asks a running Django."""

    services: Services
    web: Web

    def token(self, account: Account | None, version: int = 0) -> dict[str, str]:
        """Return the header that proves an account."""
        if account is None:
            return {}
        access = Tokens(self.services.environment["TOKEN_SECRET_KEY"]).issue_access(account.user_id, version)
        return {"Authorization": f"Bearer {access}"}

    def send(self, query: str, account: Account | None = None, **variables: object) -> httpx.Response:
        """Send a request; return the answer as it is."""
        asked = {"query": query, "variables": variables}
        return self.web.client.post("/graphql", json=asked, headers=self.token(account))

    def ask(self, query: str, account: Account | None = None, **variables: object) -> dict[str, Any]:
        """Send a request that must be answered; return its `data`."""
        answer = self.send(query, account, **variables)
        assert answer.status_code == 200, answer.text
        assert "errors" not in answer.json(), answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def refused(self, query: str, account: Account | None = None, **variables: object) -> str:
        """Send a request that must be refused; return the code of the only error."""
        answer = self.send(query, account, **variables).json()
        (error,) = answer["errors"]
        given = answer.get("data")
        for name in error.get("path", ()):
            given = given[name] if given is not None else None
        assert given is None, answer
        return str(error["extensions"]["code"])


def queries_of(services: Services, *requests: dict[str, object]) -> list[list[str]]:
    """Return the SQL that each request costs, without what opens and closes the transaction."""
    seen = _probed(services, requests)
    assert not any("errors" in one["answer"] for one in seen), seen
    return [one["queries"] for one in seen]


def answers_without_first_wall(
    services: Services, *requests: dict[str, object], role: str = ""
) -> list[dict[str, Any]]:
    """Return the answers of a GraphQL that narrows nothing and takes everyone for a coordinator."""
    more = {"POSTGRES_API_USER": role} if role else {}
    return [one["answer"] for one in _probed(services, requests, "--without-first-wall", **more)]


def _probed(
    services: Services, requests: Sequence[dict[str, object]], *options: str, **more: str
) -> list[dict[str, Any]]:
    done = subprocess.run(
        (sys.executable, str(PROBE), *options),
        cwd=DJANGO,
        env={**services.environment, "PYTHONPATH": f"{ROOT}:{DJANGO}", "LOG_LEVEL": "CRITICAL", **more},
        input=json.dumps(requests),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    seen: list[dict[str, Any]] = json.loads(done.stdout)
    return seen
