from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from pydantic import TypeAdapter

from api.application import create_app
from api.settings import Settings
from tests.integration.services.clubs import Club, new_club
from tests.integration.services.services_processes import Services

# How many statements each list takes, however long it is. A tenant's: account, organization, and the list itself;
# a roster looks whether the event is there, one's own list first links what was done before there was the account.
LISTS = {
    "/events": 1,
    "/events?search=beach": 1,
    "/events?limit=2": 1,
    "~": 1,
    "~/events": 1,
    "~/overview": 3,
    "~/overview?past=true": 3,
    "~/events/{event}": 3,
    "/events/{event}": 1,
    "~/events/{event}/sign-ups": 4,
    "~/people": 3,
    "~/invitations": 3,
    "~/announcements": 3,
    "~/exports": 3,
    "/me": 2,
    "/me/sign-ups": 3,
}


@pytest.fixture(scope="module")
def clubs(services: Services) -> Iterator[tuple[Club, Club]]:
    """Return an organization with one of each, and one with many."""
    with new_club(services) as small, new_club(services) as large:
        for club, number in ((small, 1), (large, 12)):
            people = [club.person(f"P {one}") for one in range(number)]
            for one in range(number):
                club.event(in_h=-100 - one)
                event = club.event(in_h=50 + one)
                for shift in (club.shift(event, capacity=3, in_h=50 + one) for _ in range(number)):
                    for person in (*people[:5], club.coordinator):
                        club.sign_up(shift, person)
                club.invitation(club.email("mo"))
                club.add("announcement", organization_id=club.id, audience="everyone", subject="S", body="B")
                club.add("export", organization_id=club.id)
        yield small, large


def _counted(services: Services, asked: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many statements the API runs for each of these paths, asked with these tokens."""
    ran: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def counting(self: Any, query: Any, *parameters: Any, **more: Any) -> Any:
        ran.append(str(query))
        return await execute(self, query, *parameters, **more)

    async def ask() -> list[int]:
        app = create_app(settings)
        transport = httpx.ASGITransport(app)
        counts = []
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://x") as client,
        ):
            monkeypatch.setattr(psycopg.AsyncCursor, "execute", counting)
            for path, token in asked:
                ran.clear()
                answer = await client.get(path, headers={"Authorization": f"Bearer {token}"})
                assert answer.status_code == 200, (path, answer.text)
                counts.append(len(ran))
            monkeypatch.undo()
        return counts

    given = {name.lower(): value for name, value in services.environment.items()} | {
        "database_url": services.api_database
    }
    settings = TypeAdapter(Settings).validate_python({**given, "root_path": ""})
    return asyncio.run(ask())


def _path(club: Club, path: str) -> str:
    event = club.value("SELECT max(id) FROM signups_event WHERE organization_id = %s", club.id)
    return path.replace("~", f"/organizations/{club.slug}").replace("{event}", str(event))


@pytest.mark.req("B-16")
def test_a_list_takes_as_many_statements_for_many_as_for_one(
    services: Services, clubs: tuple[Club, Club], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for club in clubs:
        asked = [(_path(club, path), club.coordinator.token) for path in LISTS]
        seen.append(dict(zip(LISTS, _counted(services, asked, monkeypatch), strict=True)))
    assert seen == [LISTS, LISTS]
