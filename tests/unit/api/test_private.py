from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from fastapi import Response
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import SecretStr

from api.application import create_app
from api.errors import UnavailableError
from api.http.private import NotStored
from api.settings import Settings
from api.shared.tokens import Tokens

KEY = "canary-" * 6


class Away:
    """What the routes ask for, all of it out of reach but the key of tokens."""

    tokens = Tokens(KEY)

    def __getattr__(self, name: str) -> Any:
        """Fail as a database does that is away."""
        raise UnavailableError(name)


def _answers(headers: dict[str, str]) -> dict[str, httpx.Response]:
    """Ask every operation of the API; there is no database, which is not what this is about."""
    nothing = SecretStr(KEY)
    app = create_app(
        Settings(environment="development", database_url=nothing, redis_url=nothing, token_secret_key=nothing)
    )
    app.state.resources = Away()
    routes = [one for one in iter_route_contexts(app.routes) if isinstance(one.original_route, APIRoute)]

    async def ask_all() -> dict[str, httpx.Response]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers) as client:
            return {
                f"{method} {one.path}": await client.request(method, one.path or "")
                for one in routes
                for method in one.methods or ()
            }

    return asyncio.run(ask_all())


@pytest.mark.req("D-09")
@pytest.mark.parametrize(
    "headers", [{"Authorization": f"Bearer {Tokens(KEY).issue_access(1, 0)}"}, {"Cookie": "refresh=x"}]
)
def test_no_answer_to_somebody_with_a_session_may_be_kept(headers: dict[str, str]) -> None:
    answers = _answers(headers)
    assert len(answers) > 30
    kept = {name: answer.headers.get("cache-control") for name, answer in answers.items()}
    assert set(kept.values()) == {"no-store"}, kept


@pytest.mark.parametrize(
    ("method", "header", "own", "said"),
    [
        ("GET", "accept", None, None),
        ("HEAD", "accept", None, None),
        ("GET", "accept", "max-age=60", "max-age=60"),
        ("GET", "Authorization", None, "no-store"),
        ("GET", "cookie", None, "no-store"),
        ("GET", "cookie", "private, no-cache", "private, no-cache"),
        ("POST", "accept", None, "no-store"),
    ],
)
def test_what_everybody_gets_may_be_kept_and_what_a_route_says_itself_stays(
    method: str, header: str, own: str | None, said: str | None
) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    app = NotStored(Response(json.dumps({}), headers={"Cache-Control": own} if own else None))
    scope = {"type": "http", "method": method, "path": "/", "headers": [(header.encode(), b"x")]}
    asyncio.run(app(scope, None, send))  # type: ignore[arg-type]  # nothing is received
    headers = [value.decode() for name, value in sent[0]["headers"] if name == b"cache-control"]
    assert headers == ([said] if said else [])
