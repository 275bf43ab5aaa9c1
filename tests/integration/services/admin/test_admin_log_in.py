from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.integration.services.accounts import Account, account
from tests.integration.services.services_processes import Services, Web

LOGIN = "/admin/login/"


@pytest.fixture
def root(services: Services, api: Web) -> Iterator[Account]:
    with account(services, api) as found:
        found.change("is_staff = true, is_superuser = true")
        yield found


def _log_in(django_web: Web, email: str, password: str, *, place: str, cookie: str = "") -> httpx.Response:
    """Log in by the form of admin, through a proxy that tells where the request came from."""
    with httpx.Client(base_url=f"http://127.0.0.1:{django_web.port}", headers={"X-Forwarded-For": place}) as browser:
        token = browser.get(LOGIN).cookies["csrftoken"]
        given = {"username": email, "password": password, "csrfmiddlewaretoken": token}
        return browser.post(LOGIN, data=given, headers={"Cookie": f"csrftoken={token}; {cookie or 'none=0'}"})


@pytest.mark.req("A-21", "D-09")
def test_admin_and_the_api_count_the_same_wrong_passwords(django_web: Web, api: Web, root: Account) -> None:
    here = {"X-Forwarded-For": "203.0.113.70"}
    for _ in range(9):
        given = {"email": root.email, "password": "wrong"}
        assert api.client.post("/auth/login", json=given, headers=here).status_code == 401
    assert _log_in(django_web, root.email.upper(), "wrong", place="203.0.113.70").status_code == 200
    refused = _log_in(django_web, root.email, root.password, place="203.0.113.70")
    assert (refused.status_code, "Too many attempts; try again in" in refused.text) == (429, True)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert api.client.post("/auth/login", json=given | {"password": root.password}, headers=here).status_code == 429
    assert _log_in(django_web, root.email, root.password, place="203.0.113.71").status_code == 302


@pytest.mark.req("A-21", "D-09")
def test_who_logged_in_to_admin_before_does_so_again_whatever_others_try(
    django_web: Web, services: Services, root: Account
) -> None:
    place = "203.0.113.72"
    known = _log_in(django_web, root.email, root.password, place=place)
    device = next(one for one in known.headers.get_list("set-cookie") if one.startswith("device_"))
    assert {"HttpOnly", "SameSite=Strict", f"Path={LOGIN}"} <= set(device.split("; "))
    for _ in range(11):
        last = _log_in(django_web, root.email, "wrong", place=place)
    assert last.status_code == 429
    assert _log_in(django_web, root.email, root.password, place=place).status_code == 429
    assert (
        _log_in(django_web, root.email, root.password, place=place, cookie=device.partition(";")[0]).status_code == 302
    )
    assert services.sql("SELECT last_login IS NOT NULL FROM signups_user WHERE id = %s", root.id) == [(True,)]
