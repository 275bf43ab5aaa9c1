"""Who logs in, in a test? An account of its own, made where the worker and the admin make them, and a browser."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from argon2 import PasswordHasher

from tests.integration.services.services_processes import Services, Web

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, salt_len=22)


def random_email() -> str:
    """Return an address that no other test has."""
    return f"{secrets.token_hex(8)}@example.org"


def random_password() -> str:
    """Return one that is long enough."""
    return f"canary {secrets.token_hex(12)}"


@dataclass
class Browser:
    """Keeps the two tokens, as a page does."""

    web: Web
    access: str = ""
    refresh: str = ""
    seen: list[str] = field(default_factory=list)  # every secret it ever had

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Make a request with what it has, and keep what comes."""
        headers = {"Cookie": f"refresh={self.refresh}"} if self.refresh else {}
        if self.access:
            headers["Authorization"] = f"Bearer {self.access}"
        answer = self.web.client.request(method, path, headers=headers | more.pop("headers", {}), **more)
        self._keep(answer)
        return answer

    def post(self, path: str, **body: Any) -> httpx.Response:
        """Post JSON."""
        return self.ask("POST", path, json=body)

    def status(self, method: str, path: str, **body: Any) -> int:
        """Return what becomes of a request."""
        return self.ask(method, path, **({"json": body} if body else {})).status_code

    def _keep(self, answer: httpx.Response) -> None:
        if answer.status_code == 200 and "access_token" in answer.json():
            self.access = answer.json()["access_token"]
            self.seen.append(self.access)
        cookie = answer.headers.get("set-cookie", "")
        if cookie.startswith("refresh="):
            self.refresh = cookie.partition("=")[2].partition(";")[0].strip('"')
            self.seen.append(self.refresh)


@dataclass
class Account:
    """A row of `signups_user`, and the password to it."""

    services: Services
    web: Web
    id: int
    email: str
    password: str

    def browser(self) -> Browser:
        """Return a browser that is logged in."""
        browser = Browser(self.web)
        answer = browser.post("/auth/login", email=self.email, password=self.password)
        assert answer.status_code == 200, answer.text
        return browser

    def change(self, columns: str, *values: object) -> None:
        """Change the account behind the API's back: `is_active = %s`."""
        self.services.sql(f"UPDATE signups_user SET {columns} WHERE id = {self.id}", *values)  # noqa: S608 - a test's own words

    def link(self, *, hours: int = 1) -> str:
        """Make what the worker mails, and return its token."""
        token = secrets.token_urlsafe(32)
        self.services.sql(
            "INSERT INTO signups_onetimetoken (user_id, token_hash, expires_at)"
            " VALUES (%s, %s, now() + %s * interval '1h')",
            self.id,
            hashlib.sha256(token.encode()).digest(),
            hours,
        )
        return token


@contextlib.contextmanager
def account(services: Services, web: Web, *, password: str | None = None) -> Iterator[Account]:
    """Make a confirmed account; remove it, and what hangs on it, at the end."""
    email, password = random_email(), password or random_password()
    hashed = f"argon2{HASHER.hash(password)}"
    ((user_id,),) = services.sql(
        "INSERT INTO signups_user (email, name, password, confirmed_at) VALUES (%s, 'Ada', %s, now()) RETURNING id",
        email,
        hashed,
    )
    try:
        yield Account(services, web, user_id, email, password)
    finally:
        remove(services, email)


def remove(services: Services, email: str) -> None:
    """Remove an account, and what the tests wrote around it."""
    of_account = "WHERE user_id IN (SELECT id FROM signups_user WHERE email = %s)"
    for table in ("refreshtoken", "onetimetoken", "member"):
        services.sql(f"DELETE FROM signups_{table} {of_account}", email)  # noqa: S608 - a test's own words
    services.sql("DELETE FROM signups_member WHERE email = %s", email)
    services.sql(
        "DELETE FROM signups_outboxmessage WHERE payload->>'email' = %s"
        " OR (payload->>'user_id')::bigint IN (SELECT id FROM signups_user WHERE email = %s)",
        email,
        email,
    )
    services.sql("DELETE FROM signups_user WHERE email = %s", email)
