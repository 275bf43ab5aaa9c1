"""What does a club have before a journey begins? Made through the API, as its owner would."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.integration.stack.journey_fixtures import PASSWORD, Town, address
from tests.stack import DOMAIN

SOON = timedelta(days=6)


@dataclass(frozen=True)
class Club:
    """An organization and its owner, who has PASSWORD."""

    town: Town
    client: httpx.Client
    token: str
    owner: str
    name: str
    slug: str

    def event(self, title: str, *, places: int = 1, begins_in: timedelta = SOON) -> dict[str, Any]:
        """Publish an event with two shifts, one after the other, of which the first has so many places."""
        start = datetime.now(UTC) + begins_in
        hours = [(start + timedelta(hours=2 * number)).isoformat() for number in range(3)]
        shifts = [
            {"title": "Setting up", "starts_at": hours[0], "ends_at": hours[1], "capacity": places},
            {"title": "Welcome desk", "starts_at": hours[1], "ends_at": hours[2], "capacity": 5},
        ]
        times = {"starts_at": hours[0], "ends_at": hours[2]}
        about = {"title": title, "location": "Old Harbour", "description": "Bring gloves.", "state": "published"}
        event = {**about, **times, "shifts": shifts}
        return ask(self.client, f"/organizations/{self.slug}/events", event, token=self.token)

    def sign_up(self, event: dict[str, Any], name: str) -> str:
        """Sign a stranger up for the first shift; return the e-mail address."""
        email = address(name.lower())
        ask(self.client, f"/shifts/{event['shifts'][0]['id']}/sign-ups", {"name": name, "email": email})
        return email

    def path(self, rest: str = "") -> str:
        """Return a page of its coordinators."""
        return f"/manage/{self.slug}{rest}"


def ask(client: httpx.Client, path: str, body: dict[str, Any], *, token: str = "") -> dict[str, Any]:
    """Post to the API; what is refused fails the test."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = client.post(f"/api{path}", json=body, headers=headers, extensions={"sni_hostname": DOMAIN})
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def club(town: Town) -> Iterator[Club]:
    """Return a club that begins: an owner, no events."""
    owner, name = address("owner"), f"Harbour Club {secrets.token_hex(3)}"
    with town.stack.client() as client:
        client.base_url = httpx.URL(f"https://127.0.0.1:{town.stack.https_port}")
        client.headers["Host"] = DOMAIN
        ask(client, "/auth/register", {"name": "Olga Owner", "email": owner})
        link = town.link(owner, "/choose-password#").partition("#")[2]
        session = ask(client, "/auth/password", {"token": link, "password": PASSWORD})
        token = session["access_token"]
        organization = ask(client, "/organizations", {"name": name}, token=token)
        yield Club(town, client, token, owner, name, organization["slug"])
