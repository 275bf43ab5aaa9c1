from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.integration.services.accounts import Account, Browser, account, random_email, random_password, remove
from tests.integration.services.services_processes import Services, Web, wait_for


@pytest.fixture
def ada(services: Services, api: Web) -> Iterator[Account]:
    with account(services, api) as found:
        yield found


def test_registering_tells_the_worker_and_nobody_else_whether_there_is_an_account(
    api: Web, services: Services, ada: Account
) -> None:
    new = random_email()
    answers = [api.client.post("/auth/register", json={"name": "Grace", "email": one}) for one in (new, ada.email)]
    try:
        assert [answer.status_code for answer in answers] == [202, 202]
        assert answers[0].content == answers[1].content
        ((user_id, name, password, confirmed, staff),) = services.sql(
            "SELECT id, name, password, confirmed_at, is_staff OR is_superuser FROM signups_user WHERE email = %s", new
        )
        assert (name, password[0], confirmed, staff) == ("Grace", "!", None, False)
        for account_id in (user_id, ada.id):
            assert _told(services, "register", "user_id", str(account_id)) == 1
        assert services.sql("SELECT name FROM signups_user WHERE id = %s", ada.id) == [("Ada",)]
    finally:
        remove(services, new)


def test_a_forgotten_password_is_answered_alike_for_everybody(api: Web, services: Services, ada: Account) -> None:
    nobody = random_email()
    answers = [api.client.post("/auth/forgot", json={"email": one}) for one in (nobody, ada.email.upper())]
    try:
        assert [answer.status_code for answer in answers] == [202, 202]
        assert answers[0].content == answers[1].content
        assert [_told(services, "reset", "email", one) for one in (nobody, ada.email)] == [1, 1]
    finally:
        remove(services, nobody)


def _told(services: Services, kind: str, key: str, value: str) -> int:
    query = "SELECT count(*) FROM signups_outboxmessage WHERE kind = %s AND payload->>%s = %s"
    return int(services.sql(query, kind, key, value)[0][0])


def test_a_mailed_link_gives_a_password_an_account_and_its_memberships_once(
    api: Web, services: Services, ada: Account
) -> None:
    ada.change("confirmed_at = NULL, password = '!'")
    slug, link, unused, chosen = f"club-{secrets.token_hex(6)}", ada.link(), ada.link(), random_password()
    ((organization,),) = services.sql(
        "INSERT INTO signups_organization (name, slug) VALUES ('Club', %s) RETURNING id", slug
    )
    services.sql(
        "INSERT INTO signups_member (organization_id, name, email) VALUES (%s, 'A.', %s)", organization, ada.email
    )
    browser = Browser(api)
    try:
        answer = browser.post("/auth/password", token=link, password=chosen)
        assert answer.status_code == 200, answer.text
        (membership,) = answer.json()["me"]["organizations"]
        assert (membership["slug"], membership["role"]) == (slug, "volunteer")
        assert browser.ask("GET", "/me").json() == answer.json()["me"]
        for token in (link, unused, ada.link(hours=-1), "never-made"):
            assert Browser(api).status("POST", "/auth/password", token=token, password=chosen) == 410
        assert Browser(api).status("POST", "/auth/login", email=ada.email, password=chosen) == 200
    finally:
        remove(services, ada.email)
        services.sql("DELETE FROM signups_organization WHERE id = %s", organization)


def test_a_link_used_by_two_at_the_same_moment_is_good_for_one(api: Web, ada: Account) -> None:
    link = ada.link()
    with ThreadPoolExecutor(2) as both:
        todo = [both.submit(_choose, api, link) for _ in range(2)]
    assert sorted(one.result() for one in todo) == [200, 410]


def _choose(api: Web, link: str) -> int:
    return Browser(api).status("POST", "/auth/password", token=link, password=random_password())


def test_a_refused_password_does_not_use_the_link_up(api: Web, ada: Account) -> None:
    link = ada.link()
    for refused in ("qwertyuiop", f"{ada.email.partition('@')[0]} 1", "short"):
        answer = Browser(api).post("/auth/password", token=link, password=refused)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["location"] == ["body", "password"]
        assert refused not in answer.text
    assert _choose(api, link) == 200


@pytest.mark.parametrize("what", ["wrong", "unknown", "not active", "no password yet", "hashed by PBKDF2"])
def test_a_login_that_fails_does_not_say_why(api: Web, ada: Account, what: str) -> None:
    email, password = ada.email, ada.password
    if what == "wrong":
        password = random_password()
    elif what == "unknown":
        email = random_email()
    elif what == "not active":
        ada.change("is_active = false")
    else:
        ada.change("password = %s", "!x" if what == "no password yet" else "pbkdf2_sha256$1$salt$aGFzaA==")
    answer = Browser(api).post("/auth/login", email=email, password=password)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["detail"] == "The e-mail address or the password is not right."
    assert "set-cookie" not in answer.headers


def test_the_refresh_token_is_a_cookie_that_no_script_and_no_other_site_can_use(api: Web, ada: Account) -> None:
    answer = Browser(api).post("/auth/login", email=f" {ada.email.upper()} ", password=ada.password)
    cookies = answer.headers.get_list("set-cookie")
    assert [one.partition("=")[0][:7] for one in cookies] == ["refresh", "device_"]
    name, *attributes = [part.strip() for part in cookies[0].split(";")]
    assert {one.lower() for one in attributes} == {
        "httponly",
        "secure",
        "samesite=strict",
        "path=/api/auth",
        "max-age=2592000",
    }
    assert name.partition("=")[2] not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json().items() >= {"token_type": "Bearer", "expires_in": 600}.items()
    assert set(answer.json()["me"]) == {"id", "name", "email", "organizations"}


def test_one_can_change_ones_own_name(ada: Account) -> None:
    browser = ada.browser()
    assert browser.ask("PATCH", "/me", json={"name": "  Ada L. "}).json()["name"] == "Ada L."
    assert browser.ask("GET", "/me").json().items() >= {"name": "Ada L.", "email": ada.email, "id": ada.id}.items()
    assert Browser(ada.web).status("GET", "/me") == 401


def test_a_new_password_ends_every_other_session(services: Services, ada: Account) -> None:
    other, browser, chosen = ada.browser(), ada.browser(), random_password()
    wrong = browser.ask("PUT", "/auth/password", json={"current": "wrong", "new": chosen})
    assert (wrong.status_code, wrong.json()["errors"][0]["location"]) == (422, ["body", "current"])
    old = browser.access
    assert browser.status("PUT", "/auth/password", current=ada.password, new=chosen) == 200
    assert [browser.status("GET", "/me"), browser.status("POST", "/auth/refresh")] == [200, 200]
    assert [other.status("GET", "/me"), other.status("POST", "/auth/refresh")] == [401, 401]
    assert Browser(ada.web, access=old).status("GET", "/me") == 401
    assert Browser(ada.web).status("POST", "/auth/login", email=ada.email, password=ada.password) == 401
    ((stored,),) = services.sql("SELECT password FROM signups_user WHERE id = %s", ada.id)
    assert stored.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_staff_gets_another_password_by_a_mailed_link_and_not_by_a_session(ada: Account) -> None:
    ada.change("is_staff = true")
    browser, chosen = ada.browser(), random_password()
    refused = browser.ask("PUT", "/auth/password", json={"current": ada.password, "new": chosen})
    assert (refused.status_code, "belongs to staff" in refused.json()["detail"]) == (403, True)
    assert browser.status("GET", "/me") == 200, "nothing of it was done"
    assert Browser(ada.web).status("POST", "/auth/password", token=ada.link(), password=chosen) == 200
    assert Browser(ada.web).status("POST", "/auth/login", email=ada.email, password=chosen) == 200


def test_a_login_under_way_while_all_sessions_end_does_not_outlive_them(services: Services, ada: Account) -> None:
    ended = "UPDATE signups_user SET token_version = token_version + 1 WHERE id = %s"
    with psycopg.connect(services.environment["DATABASE_URL"]) as ending, ThreadPoolExecutor(1) as beside:
        ending.execute(ended, (ada.id,))
        login = beside.submit(Browser(ada.web).status, "POST", "/auth/login", email=ada.email, password=ada.password)
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%%last_login%%'"
        wait_for("the login to wait", lambda: services.sql(waiting))
        ending.commit()
        assert login.result() == 401
