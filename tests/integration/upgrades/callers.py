"""Who talks to a stack over its edge? One person with cookies, or visitors who ask without pause while it changes."""

from __future__ import annotations

import itertools
import secrets
import threading
from typing import Any, Self

import httpx

from tests.stack import DOMAIN, Stack

PASSWORD = "seven grey herons wade"  # of accounts that live as long as the test's stack
PAGES = ("/api/ready", "/", "/api/events", "/events/1")
PAUSE_S = 0.12  # below the rate limit of the edge
SIGN_UP_EACH = 12  # requests
TOLD_TO_WAIT = 429  # the burst of a verification has used up what this address may ask


class Caller:
    """Somebody who talks to the API, after a log-in with a token."""

    def __init__(self, stack: Stack) -> None:
        self.client = stack.client()
        self.client.base_url = httpx.URL(f"https://127.0.0.1:{stack.https_port}")
        self.client.headers["Host"] = DOMAIN

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Ask for something, whatever the answer."""
        return self.client.request(method, path, json=body, extensions={"sni_hostname": DOMAIN})

    def send(self, path: str, body: dict[str, Any] | None = None, *, method: str = "POST") -> dict[str, Any]:
        """Ask the API for something; what is refused fails the test."""
        answer = self.ask(method, f"/api{path}", body)
        assert answer.is_success, (path, answer.status_code, answer.text)
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def log_in(self, email: str) -> None:
        """Log in, and use the token from now on."""
        self.enter(self.send("/auth/login", {"email": email, "password": PASSWORD}))

    def enter(self, session: dict[str, Any]) -> None:
        """Use the token of a log-in."""
        self.client.headers["Authorization"] = f"Bearer {session['access_token']}"


class Visitors:
    """They look at pages and sign up for a shift without pause; keeps what failed, and who was told to be signed up."""

    def __init__(self, stack: Stack, shift: int) -> None:
        self._stack = stack
        self._shift = shift
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._visit)
        self.asked = 0
        self.failures: list[str] = []
        self.signed_up: set[str] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=30)

    def _visit(self) -> None:
        with Caller(self._stack) as caller:
            for number in itertools.count():
                if self._stop.wait(PAUSE_S):
                    return
                try:
                    self._sign_up(caller) if number % SIGN_UP_EACH == 0 else self._look(caller, PAGES[number % 4])
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))

    def _look(self, caller: Caller, path: str) -> None:
        self._note(path, caller.ask("GET", path), good=200)

    def _sign_up(self, caller: Caller) -> None:
        email = f"visitor-{secrets.token_hex(6)}@example.org"
        answer = caller.ask("POST", f"/api/shifts/{self._shift}/sign-ups", {"name": "Vera Visitor", "email": email})
        if self._note("a sign-up", answer, good=201):
            self.signed_up.add(email)

    def _note(self, what: str, answer: httpx.Response, *, good: int) -> bool:
        self.asked += 1
        if answer.status_code not in {good, TOLD_TO_WAIT}:
            self.failures.append(f"{what}: {answer.status_code} {answer.text[:200]}")
        return answer.status_code == good
