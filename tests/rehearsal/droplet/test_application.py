"""Does the application do on a droplet what it is for: people sign up, wait, are promoted, and are told by mail?"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from rehearsal.world import DOMAIN
from tests.integration.services.smtp_server import MailServer, mail_server
from tests.rehearsal.droplet.droplet_stack import Rehearsed, wait_until

pytestmark = pytest.mark.engine


@dataclass(frozen=True)
class Site:
    """The droplet as people meet it: pages over HTTPS, and their mailboxes."""

    stack: Rehearsed
    client: httpx.Client
    server: MailServer

    def ask(self, path: str, body: dict[str, Any], *, token: str = "") -> dict[str, Any]:
        """Post to the API; what is refused fails the test."""
        headers = {"Host": DOMAIN} | ({"Authorization": f"Bearer {token}"} if token else {})
        url = f"https://{self.stack.machine.address}/api{path}"
        answer = self.client.post(url, json=body, headers=headers, extensions={"sni_hostname": DOMAIN})
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def mail(self, email: str, subject: str) -> str:
        """Return the text of the mail to somebody about something, when it has come."""

        def found() -> list[str]:
            bodies = [(one, one.get_body(("plain",))) for one in list(self.server.mails) if email in one["To"]]
            return [body.get_content() for one, body in bodies if body is not None and subject in one["Subject"]]

        wait_until(found, what=f"the mail `{subject}` to {email}")
        return found()[0]


@pytest.fixture
def site(deployed: Rehearsed) -> Iterator[Site]:
    """Return the droplet with a mail server behind its worker; afterwards it is as it was."""
    with mail_server(deployed.world.parts.network.gateway) as server, deployed.client() as client:
        done = deployed.with_settings(**server.environment()).deploy()
        assert done.returncode == 0, done.stdout + done.stderr
        yield Site(deployed, client, server)
    done = deployed.deploy()
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.req("A-23", "D-09")
def test_of_two_who_sign_up_for_one_place_the_second_is_promoted_when_the_first_cancels(site: Site) -> None:
    shift = _published_shift(site, places=1)
    names = [f"{name}-{secrets.token_hex(4)}@example.org" for name in ("ida", "juri")]
    states = [site.ask(f"/shifts/{shift}/sign-ups", {"name": "Somebody", "email": email})["state"] for email in names]
    assert states == ["confirmed", "waiting"]
    link = re.search(rf"https://{re.escape(DOMAIN)}/my-sign-up#(\S+)", site.mail(names[0], "You are in"))
    assert link is not None
    assert site.mail(names[1], "waiting list")
    site.ask("/sign-ups/cancel", {"token": link[1]})
    assert site.mail(names[1], "A place is free")
    assert site.mail(names[0], "is cancelled")


def _published_shift(site: Site, *, places: int) -> int:
    """Register, found an organization and publish an event, as a new user does."""
    owner = f"olga-{secrets.token_hex(4)}@example.org"
    site.ask("/auth/register", {"name": "Olga Owner", "email": owner})
    link = re.search(rf"https://{re.escape(DOMAIN)}/choose-password#(\S+)", site.mail(owner, "Welcome"))
    assert link is not None
    token = site.ask("/auth/password", {"token": link[1], "password": secrets.token_urlsafe(12)})["access_token"]
    slug = site.ask("/organizations", {"name": f"Club {secrets.token_hex(4)}"}, token=token)["slug"]
    starts_at = datetime.now(UTC) + timedelta(days=6)
    times = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(hours=2)).isoformat()}
    shifts = [{"title": "Setting up", "capacity": places, **times}]
    event = {"title": "Harbour breakfast", "location": "Old Harbour", "state": "published", "shifts": shifts, **times}
    created = site.ask(f"/organizations/{slug}/events", event, token=token)
    return int(created["shifts"][0]["id"])
