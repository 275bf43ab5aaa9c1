from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from api.application import create_app
from api.auth import passwords
from api.settings import Settings
from tests.integration.services.accounts import Account, account, random_email
from tests.integration.services.services_processes import Services, Web


@pytest.fixture
def ada(services: Services, api: Web) -> Iterator[Account]:
    with account(services, api) as found:
        yield found


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the hashes that a password is compared with from now on."""
    hashes: list[str] = []
    verify = passwords._verify  # noqa: SLF001 - what costs the time

    def counting(phc: str, password: str) -> bool:
        hashes.append(phc)
        return verify(phc, password)

    monkeypatch.setattr(passwords, "_verify", counting)
    return hashes


def _statuses(services: Services, *logins: dict[str, str]) -> list[int]:
    given = {name.lower(): value for name, value in services.environment.items()}
    app = create_app(Settings.model_validate(given | {"database_url": services.api_database}))

    async def run() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://api") as to,
        ):
            return [(await to.post("/auth/login", json=login)).status_code for login in logins]

    return asyncio.run(run())


@pytest.mark.parametrize("change", ["password = '!'", "password = 'pbkdf2_sha256$1$s$aGFzaA=='", "is_active = false"])
def test_a_login_costs_one_hash_with_an_account_or_without(
    services: Services, ada: Account, verified: list[str], change: str
) -> None:
    right, wrong = {"email": ada.email, "password": ada.password}, {"email": ada.email, "password": "wrong"}
    assert _statuses(services, right, wrong, {"email": random_email(), "password": "wrong"}) == [200, 401, 401]
    ada.change(change)
    assert _statuses(services, right) == [401]
    assert len(verified) == 4
    assert {phc.split("$")[1:4] == ["argon2id", "v=19", "m=19456,t=2,p=1"] for phc in verified} == {True}
