from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.services.accounts import Account, Browser, account
from tests.integration.services.services_processes import Services, Web, json_lines


@pytest.fixture
def ada(services: Services, api: Web) -> Iterator[Account]:
    with account(services, api) as found:
        yield found


def _refresh(api: Web, token: str) -> int:
    return Browser(api, refresh=token).status("POST", "/auth/refresh")


def test_each_refresh_gives_the_next_token_and_a_good_access_token(api: Web, ada: Account) -> None:
    browser = ada.browser()
    tokens = [browser.refresh]
    for _ in range(3):
        assert browser.status("POST", "/auth/refresh") == 200
        assert browser.status("GET", "/me") == 200
        tokens.append(browser.refresh)
    assert len(set(tokens)) == 4
    assert _refresh(api, "") == 401
    assert _refresh(api, "never-made") == 401


def test_a_refresh_token_that_comes_twice_ends_its_family_and_no_other(api: Web, ada: Account) -> None:
    browser, other = ada.browser(), ada.browser()
    stolen = browser.refresh
    assert browser.status("POST", "/auth/refresh") == 200
    assert _refresh(api, stolen) == 401
    assert browser.status("POST", "/auth/refresh") == 401, "nobody can tell which of the two is the thief"
    assert other.status("POST", "/auth/refresh") == 200
    assert any(
        line.get("user_id") == ada.id and line["message"] == "a refresh token came twice"
        for line in json_lines(api.process)
    )


def test_a_refresh_token_used_by_many_at_the_same_moment_is_good_for_one(
    api: Web, services: Services, ada: Account
) -> None:
    token = ada.browser().refresh
    with ThreadPoolExecutor(6) as many:
        answers = list(many.map(lambda _: _refresh(api, token), range(6)))
    assert sorted(answers) == [200, 401, 401, 401, 401, 401]
    good = "SELECT count(*) FROM signups_refreshtoken WHERE user_id = %s AND revoked_at IS NULL"
    assert services.sql(good, ada.id) == [(0,)]


def test_logging_out_ends_this_session_alone(api: Web, ada: Account) -> None:
    browser, other = ada.browser(), ada.browser()
    token = browser.refresh
    answer = browser.ask("POST", "/auth/logout")
    assert answer.status_code == 204
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert _refresh(api, token) == 401
    assert other.status("POST", "/auth/refresh") == 200
    assert Browser(api).status("POST", "/auth/logout") == 204


def test_logging_out_everywhere_voids_every_token_at_once(api: Web, ada: Account) -> None:
    browsers = [ada.browser() for _ in range(3)]
    tokens = [browser.refresh for browser in browsers]
    assert browsers[0].status("POST", "/auth/logout-everywhere") == 204
    assert [browser.status("GET", "/me") for browser in browsers] == [401, 401, 401]
    assert [_refresh(api, token) for token in tokens] == [401, 401, 401]
    assert ada.browser().status("GET", "/me") == 200


def test_an_account_that_is_switched_off_is_out_at_once(api: Web, ada: Account) -> None:
    browser = ada.browser()
    ada.change("is_active = false")
    assert [browser.status("GET", "/me"), browser.status("POST", "/auth/refresh")] == [401, 401]
    assert _choose(api, ada.link()) == 410
    ada.change("is_active = true")
    assert browser.status("POST", "/auth/refresh") == 200


def _choose(api: Web, link: str) -> int:
    return Browser(api).status("POST", "/auth/password", token=link, password="a password never set")


def test_a_session_ends_ninety_days_after_the_login_however_often_it_is_renewed(
    services: Services, ada: Account
) -> None:
    browser = ada.browser()
    services.sql("UPDATE signups_refreshtoken SET family = uuidv7('-80 days') WHERE user_id = %s", ada.id)
    answer = browser.ask("POST", "/auth/refresh")
    (max_age,) = [part for part in answer.headers["set-cookie"].split("; ") if part.startswith("Max-Age")]
    assert 9 * 86400 < int(max_age.partition("=")[2]) <= 10 * 86400
    services.sql("UPDATE signups_refreshtoken SET expires_at = now() WHERE user_id = %s", ada.id)
    assert browser.status("POST", "/auth/refresh") == 401


def test_no_token_is_in_the_database_as_it_is(services: Services, ada: Account) -> None:
    browser = ada.browser()
    ((kept, agent),) = services.sql(
        "SELECT token_hash, user_agent FROM signups_refreshtoken WHERE user_id = %s", ada.id
    )
    assert bytes(kept) == hashlib.sha256(browser.refresh.encode()).digest()
    assert agent.startswith("python-httpx")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/logout", "/auth/login"])
def test_another_site_may_not_use_the_cookie(ada: Account, path: str, site: str) -> None:
    browser = ada.browser()
    refused = browser.ask("POST", path, headers={"Sec-Fetch-Site": site})
    assert refused.status_code == 403
    assert browser.ask("POST", "/auth/refresh", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
