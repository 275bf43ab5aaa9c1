from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Response

from api.application import create_app
from api.idempotency import Once
from api.settings import Settings
from api.tenancy import Anyone, Transaction
from tests.integration.services.accounts import Account, account
from tests.integration.services.services_processes import Services, Web

WRITE = "INSERT INTO signups_outboxmessage (kind, payload) VALUES ('test', jsonb_build_object('mark', %(mark)s::text))"
Scenario = Callable[["Route"], Awaitable[None]]


class Route:
    """A route with an effect that can be counted, held up and made to fail; and a client that asks it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.mark = secrets.token_hex(8)
        self.key = secrets.token_hex(8)
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.has_begun = asyncio.Event()
        self.fails_with: Exception | None = None

    async def effect(self, tx: Transaction) -> dict[str, Any]:
        """Write, wait until it may end, and fail if it is to."""
        await tx.run(WRITE, mark=self.mark)
        self.has_begun.set()
        await self.may_end.wait()
        if self.fails_with:
            raise self.fails_with
        return {"mark": self.mark, "text": "ü", "at": datetime.now(UTC)}

    async def ask(self, body: bytes = b"{}", path: str = "/things", **headers: str) -> httpx.Response:
        """Ask with the key."""
        return await self.client.post(path, content=body, headers={"Idempotency-Key": self.key, **headers})


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[Route]:
    app: FastAPI = create_app(settings)
    held: list[Route] = []

    @app.post("/things")
    @app.post("/others")
    async def _post(scope: Anyone, once: Once) -> Response:
        async with scope.begin() as tx:
            return await once.do(tx, 201, lambda: held[0].effect(tx))

    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api") as client,
    ):
        held.append(Route(client))
        yield held[0]


@pytest.fixture
def settings(services: Services) -> Settings:
    given = {name.lower(): value for name, value in services.environment.items()}
    return Settings.model_validate(given | {"database_url": services.api_database})


@pytest.fixture
def ada(services: Services, api: Web) -> Iterator[Account]:
    with account(services, api) as found:
        yield found


@pytest.fixture
def effects(services: Services, settings: Settings) -> Iterator[Callable[[Scenario], int]]:
    """Play a scenario; return how often the effect stayed."""
    marks = []

    def play(scenario: Scenario) -> int:
        async def run() -> str:
            async with _open(settings) as route:
                await scenario(route)
                return route.mark

        marks.append(asyncio.run(run()))
        query = "SELECT count(*) FROM signups_outboxmessage WHERE payload->>'mark' = %s"
        return int(services.sql(query, marks[-1])[0][0])

    yield play
    for mark in marks:
        services.sql("DELETE FROM signups_outboxmessage WHERE payload->>'mark' = %s", mark)
        services.sql("DELETE FROM signups_idempotencykey WHERE strpos(body, %s) > 0", mark)


def test_a_repeated_request_gets_the_same_answer_and_has_no_second_effect(effects: Callable[[Scenario], int]) -> None:
    async def scenario(route: Route) -> None:
        first, again = await route.ask(), await route.ask()
        assert (first.status_code, again.status_code) == (201, 201)
        assert (first.content, first.headers["content-type"]) == (again.content, again.headers["content-type"])
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"
        assert first.json()["at"].endswith("Z")

    assert effects(scenario) == 1


def test_without_a_key_each_request_has_its_effect(effects: Callable[[Scenario], int]) -> None:
    async def scenario(route: Route) -> None:
        assert [(await route.client.post("/things")).status_code for _ in range(2)] == [201, 201]

    assert effects(scenario) == 2


def test_the_key_of_another_body_is_refused_and_that_of_another_route_is_another(
    effects: Callable[[Scenario], int],
) -> None:
    async def scenario(route: Route) -> None:
        assert (await route.ask()).status_code == 201
        assert (await route.ask(b'{"a": 1}')).status_code == 422
        assert (await route.ask(path="/others")).status_code == 201
        assert (await route.ask(path="/things?x=1")).status_code == 201
        assert (await route.ask(path="/things/")).headers["idempotency-replayed"] == "true"

    assert effects(scenario) == 3


def test_the_key_of_somebody_else_is_another_key(effects: Callable[[Scenario], int], ada: Account) -> None:
    access = ada.browser().access

    async def scenario(route: Route) -> None:
        assert (await route.ask()).status_code == 201
        hers = await route.ask(Authorization=f"Bearer {access}")
        assert (hers.status_code, "idempotency-replayed" in hers.headers) == (201, False)

    assert effects(scenario) == 2


def test_a_repetition_is_refused_while_the_first_still_runs(effects: Callable[[Scenario], int]) -> None:
    async def scenario(route: Route) -> None:
        route.may_end.clear()
        first = asyncio.create_task(route.ask())
        await asyncio.wait_for(route.has_begun.wait(), 10)
        answers = [(await route.ask()).status_code for _ in range(2)]
        route.may_end.set()
        assert [*answers, (await first).status_code] == [409, 409, 201]
        assert (await route.ask()).headers["idempotency-replayed"] == "true"

    assert effects(scenario) == 1


@pytest.mark.parametrize(("error", "status"), [(HTTPException(409), 409), (RuntimeError("broken"), 500)])
def test_what_failed_left_nothing_and_may_be_tried_again(
    effects: Callable[[Scenario], int], error: Exception, status: int
) -> None:
    async def scenario(route: Route) -> None:
        route.fails_with = error
        assert (await route.ask()).status_code == status
        route.fails_with = None
        again = await route.ask()
        assert (again.status_code, "idempotency-replayed" in again.headers) == (201, False)

    assert effects(scenario) == 1


def test_a_request_that_was_cut_off_left_neither_effect_nor_answer(effects: Callable[[Scenario], int]) -> None:
    async def scenario(route: Route) -> None:
        route.may_end.clear()
        first = asyncio.create_task(route.ask())
        await asyncio.wait_for(route.has_begun.wait(), 10)
        first.cancel()
        await asyncio.wait([first], timeout=10)
        route.may_end.set()
        again = await route.ask()
        assert (again.status_code, "idempotency-replayed" in again.headers) == (201, False)

    assert effects(scenario) == 1


@pytest.mark.parametrize("key", ["short", "x" * 129, "with space", "n\xe4t-ascii-at-all"])
def test_a_key_that_is_none_is_refused(effects: Callable[[Scenario], int], key: str) -> None:
    async def scenario(route: Route) -> None:
        headers = {b"Idempotency-Key": key.encode("latin-1")}
        assert (await route.client.post("/things", headers=headers)).status_code == 422

    assert effects(scenario) == 0
