from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest

from api.shared.tokens import Tokens
from redis import Redis
from tests.integration.services.accounts import Account, Browser, account, random_email, random_password, remove
from tests.integration.services.services_processes import Services, Web, json_lines
from tests.ports import free_port

OF_ACCESS = {"iss": "slipway", "aud": "slipway-access", "typ": "access", "ver": 0}
FORGED: dict[str, dict[str, Any]] = {
    "expired": {"exp": time.time() - 60},
    "without an end": {"exp": None},
    "another audience": {"aud": "slipway-manage"},
    "another issuer": {"iss": "somebody"},
    "another type": {"typ": "manage"},
    "without a version": {"ver": None},
    "another version": {"ver": 7},
    "another account": {"sub": "999999999999"},
    "a subject that is none": {"sub": "1 OR 1=1"},
    "a subject that is too long": {"sub": "9" * 40},
}


@pytest.fixture
def ada(services: Services, api: Web) -> Iterator[Account]:
    with account(services, api) as found:
        yield found


def _claims(account_id: int, **other: Any) -> dict[str, Any]:
    now = time.time()
    claims = OF_ACCESS | {"sub": str(account_id), "iat": now, "exp": now + 60, "jti": uuid.uuid4().hex} | other
    return {name: value for name, value in claims.items() if value is not None}


def _refused(api: Web, token: str) -> None:
    answer = Browser(api, access=token).ask("GET", "/me")
    assert (answer.status_code, answer.headers.get("www-authenticate")) == (401, "Bearer"), answer.text


def test_a_token_made_with_our_key_and_claims_is_taken(api: Web, services: Services, ada: Account) -> None:
    token = jwt.encode(_claims(ada.id), services.environment["TOKEN_SECRET_KEY"], algorithm="HS256")
    assert Browser(api, access=token).status("GET", "/me") == 200


@pytest.mark.parametrize("what", FORGED)
def test_a_token_that_differs_in_one_claim_is_refused(api: Web, services: Services, ada: Account, what: str) -> None:
    claims = _claims(ada.id, **FORGED[what])
    _refused(api, jwt.encode(claims, services.environment["TOKEN_SECRET_KEY"], algorithm="HS256"))


def test_a_token_not_signed_with_our_key_and_algorithm_is_refused(api: Web, services: Services, ada: Account) -> None:
    key, claims = services.environment["TOKEN_SECRET_KEY"], _claims(ada.id)
    good = jwt.encode(claims, key, algorithm="HS256")
    header, body, signature = good.split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
    _refused(api, jwt.encode(claims, "another-key-" * 4, algorithm="HS256"))
    _refused(api, jwt.encode(claims, key * 2, algorithm="HS512"))
    _refused(api, jwt.encode(claims, "", algorithm="none"))
    for forged in (f"{none}.{body}.", f"{none}.{body}.{signature}", f"{header}.{body}.", f"{header}..{signature}", "x"):
        _refused(api, forged)
    _refused(api, Tokens(key).issue_manage(ada.id, time.time() + 60))


@pytest.mark.parametrize("more", ["is_superuser", "is_staff", "is_active", "confirmed_at", "token_version", "id"])
def test_nobody_makes_themselves_more_than_they_are(services: Services, ada: Account, more: str) -> None:
    browser, new = ada.browser(), random_email()
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/auth/register", {"name": "Eve", "email": new}),
        ("POST", "/auth/login", {"email": ada.email, "password": ada.password}),
        ("POST", "/auth/password", {"token": ada.link(), "password": random_password()}),
        ("PUT", "/auth/password", {"current": ada.password, "new": random_password()}),
        ("PATCH", "/me", {"name": "Eve"}),
    ]
    assert [browser.status(method, path, **body, **{more: True}) for method, path, body in bodies] == [422] * 5
    assert services.sql("SELECT 1 FROM signups_user WHERE email = %s", new) == []
    assert services.sql("SELECT name, is_staff FROM signups_user WHERE id = %s", ada.id) == [("Ada", False)]


BROKEN: dict[str, bytes] = {
    "NUL in the address": b'{"email": "a\\u0000@example.org", "password": "x"}',
    "half a character": b'{"email": "a@example.org", "password": "\\ud800"}',
    "half a character in the address": b'{"email": "\\udfff@example.org", "password": "x"}',
    "not UTF-8": b'{"email": "\xff\xfe@example.org", "password": "x"}',
    "cut off": b'{"email": "a@exam',
    "a list": b"[1]",
    "a number": b'{"email": 1, "password": 2}',
    "nothing": b"",
    "deep": b'{"email":' * 20_000,
    "a password without end": b'{"email": "a@example.org", "password": "' + b"x" * 900_000 + b'"}',
    "an address without end": b'{"email": "' + b"a" * 500_000 + b'@example.org", "password": "x"}',
    "more than a body may have": b'{"email": "a@example.org", "password": "' + b"x" * 1_100_000 + b'"}',
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_login_is_refused_before_anything_is_hashed(api: Web, what: str) -> None:
    answer = api.client.post("/auth/login", content=BROKEN[what], headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 413, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 2000, "it does not send back what was sent"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org,eve@example.org",
        "Ada <ada@example.org>",
        "ädä@example.org",
        f"{'a' * 300}@example.org",
    ],
)
def test_an_address_that_mail_cannot_be_sent_to_gets_no_account(api: Web, address: str) -> None:
    assert Browser(api).status("POST", "/auth/register", name="Eve", email=address) == 422
    assert Browser(api).status("POST", "/auth/register", name="Eve\r\nBcc: x", email=random_email()) == 422


def test_a_password_is_guessed_ten_times_a_minute_also_by_many_at_once(
    api: Web, services: Services, ada: Account
) -> None:
    with ThreadPoolExecutor(8) as many:
        tries = list(many.map(lambda _: _log_in(api, ada.email, "wrong"), range(24)))
    assert (tries.count(401), tries.count(429)) == (10, 14)
    answer = Browser(api).post("/auth/login", email=ada.email.upper(), password=ada.password)
    assert answer.status_code == 429, "not even with the right one, else it would be guessed all the same"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert _log_in(api, random_email(), "wrong") == 401, "others are not held up"
    assert _log_in(api, ada.email, ada.password, place="203.0.113.7") == 200, "nor the owner, at another place"
    with Redis.from_url(services.environment["REDIS_URL"], decode_responses=True) as redis:
        keys = set(redis.scan_iter("throttle:*"))
    assert f"throttle:login-all:{hashlib.sha256(ada.email.encode()).hexdigest()}" in keys
    assert not any("@" in key for key in keys)


@pytest.mark.req("D-09")
def test_many_places_together_guess_a_hundred_times_in_ten_minutes_and_hold_no_known_device_up(
    api: Web, ada: Account
) -> None:
    known = api.client.post("/auth/login", json={"email": ada.email, "password": ada.password})
    places = [f"198.51.100.{number // 10}" for number in range(110)]
    with ThreadPoolExecutor(8) as many:
        tries = list(many.map(lambda place: _log_in(api, ada.email, "wrong", place=place), places))
    assert (tries.count(401), tries.count(429)) == (100, 10)
    assert _log_in(api, ada.email, ada.password, place="203.0.113.7") == 429, "nobody knows who that is"
    device = next(one for one in known.headers.get_list("set-cookie") if one.startswith("device_")).partition(";")[0]
    theirs = "device_00000000=" + device.partition("=")[2]
    tries = [_log_in(api, ada.email, "wrong", place="203.0.113.7", cookie=device) for _ in range(12)]
    assert [tries.count(401), tries.count(429)] == [10, 2], "who has the device guesses no more than that"
    assert _log_in(api, ada.email, ada.password, place="203.0.113.7", cookie=theirs) == 429


@pytest.mark.req("D-09")
def test_a_device_that_is_known_logs_in_whatever_others_do(api: Web, services: Services, ada: Account) -> None:
    known = api.client.post("/auth/login", json={"email": ada.email, "password": ada.password})
    device = next(one for one in known.headers.get_list("set-cookie") if one.startswith("device_"))
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/api/auth"} <= set(device.split("; "))
    with Redis.from_url(services.environment["REDIS_URL"]) as redis:
        redis.set(f"throttle:login-all:{hashlib.sha256(ada.email.encode()).hexdigest()}", 100, ex=600)
        redis.set(f"throttle:login-place:{hashlib.sha256(b'203.0.113.9').hexdigest()}", 30, ex=60)
    place = "203.0.113.9"
    assert _log_in(api, ada.email, ada.password, place=place) == 429
    assert _log_in(api, ada.email, ada.password, place=place, cookie=device.partition(";")[0]) == 200


@pytest.mark.req("D-09")
def test_one_password_is_not_tried_on_everybody_from_one_place(api: Web, ada: Account) -> None:
    strangers = [random_email() for _ in range(40)]
    with ThreadPoolExecutor(8) as many:
        tries = list(many.map(lambda email: _log_in(api, email, "wrong", place="203.0.113.40"), strangers))
    assert (tries.count(401), tries.count(429)) == (30, 10)
    assert _log_in(api, ada.email, ada.password, place="203.0.113.40") == 429, "else the right guess would be told"
    assert _log_in(api, ada.email, ada.password, place="203.0.113.41") == 200


def test_an_office_of_24_behind_one_address_gets_in_within_a_minute(api: Web, ada: Account) -> None:
    place = "203.0.113.24"
    with ThreadPoolExecutor(8) as office:
        mistyped = list(office.map(lambda _: _log_in(api, random_email(), "wrong", place=place), range(24)))
        right = list(office.map(lambda _: _log_in(api, ada.email, ada.password, place=place), range(24)))
    assert set(mistyped) == {401}
    assert set(right) == {200}


def _log_in(api: Web, email: str, password: str, *, place: str = "127.0.0.1", cookie: str = "") -> int:
    """Try it through a proxy that tells where the request came from, as Traefik does."""
    given, headers = {"email": email, "password": password}, {"X-Forwarded-For": place, "Cookie": cookie}
    return api.client.post("/auth/login", json=given, headers=headers).status_code


def test_who_knows_the_password_may_log_in_as_often_as_they_like(api: Web, ada: Account) -> None:
    assert {_log_in(api, ada.email, ada.password) for _ in range(12)} == {200}


def test_an_address_gets_five_mails_an_hour_with_an_account_or_without(
    api: Web, services: Services, ada: Account
) -> None:
    nobody = random_email()
    for email in (ada.email, nobody):
        seen = [Browser(api).status("POST", "/auth/forgot", email=email) for _ in range(6)]
        assert seen == [202] * 5 + [429]
        assert Browser(api).status("POST", "/auth/register", email=email, name="Eve") == 429
        remove(services, email)


@pytest.mark.req("D-09")
def test_forty_strangers_are_not_registered_from_one_place(api: Web, services: Services) -> None:
    strangers, from_here = [random_email() for _ in range(40)], {"X-Forwarded-For": "203.0.113.50"}
    with ThreadPoolExecutor(8) as many:
        seen = list(many.map(lambda email: _register(api, email, from_here), strangers))
    written = services.sql("SELECT count(*) FROM signups_user WHERE email = ANY (%s)", strangers)
    for email in strangers:
        remove(services, email)
    assert (seen.count(202), seen.count(429), written) == (30, 10, [(30,)])


def _register(api: Web, email: str, headers: dict[str, str]) -> int:
    given = {"name": "Grace", "email": email}
    return api.client.post("/auth/register", json=given, headers=headers).status_code


@pytest.mark.req("D-09")
def test_other_places_cannot_keep_the_mail_with_a_new_password_away(api: Web, services: Services, ada: Account) -> None:
    def ask(place: str, cookie: str = "", path: str = "forgot") -> int:
        given, headers = {"email": ada.email}, {"X-Forwarded-For": place, "Cookie": cookie}
        named = given | {"name": "Ada"} if path == "register" else given
        return api.client.post(f"/auth/{path}", json=named, headers=headers).status_code

    def mails() -> int:
        return int(
            services.sql("SELECT count(*) FROM signups_outboxmessage WHERE payload->>'email' = %s", ada.email)[0][0]
        )

    known = api.client.post("/auth/login", json={"email": ada.email, "password": ada.password})
    device = next(one for one in known.headers.get_list("set-cookie") if one.startswith("device_")).partition(";")[0]
    places = [f"198.51.100.{number // 5}" for number in range(100, 120)]
    assert {ask(place, path="register") for place in places} == {202}, "these mails hold no link"
    places = [f"198.51.100.{number // 5}" for number in range(15)]
    assert ({ask(place) for place in places}, mails()) == ({202}, 15)
    assert (ask("203.0.113.60"), mails()) == (202, 16)
    assert (ask("203.0.113.61"), mails()) == (202, 16), "one in the mailbox is not five minutes old"
    assert (ask("198.51.100.0", device), mails()) == (202, 17)


def test_without_redis_one_can_still_log_in(services: Services, ada: Account) -> None:
    with services.api(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0") as alone:
        assert _log_in(alone, ada.email, ada.password) == 200
        assert _log_in(alone, ada.email, "wrong") == 401
        assert any(line["message"] == "counted here alone" for line in json_lines(alone.process))


@pytest.mark.req("A-12")
def test_no_secret_of_a_session_is_in_the_log(api: Web, ada: Account) -> None:
    browser, link, chosen = ada.browser(), ada.link(), random_password()
    stolen = browser.refresh
    browser.post("/auth/password", token=link, password=chosen)
    browser.post("/auth/refresh")
    Browser(api, refresh=stolen).post("/auth/refresh")
    browser.post("/auth/login", email=ada.email, password=[chosen])
    browser.ask("PUT", "/auth/password", json={"current": chosen, "new": "short", "more": chosen})
    browser.ask("POST", "/auth/logout-everywhere")
    log = "\n".join(api.process.lines())
    assert len(browser.seen) >= 5
    assert [
        secret for secret in (*browser.seen, stolen, link, chosen, ada.password, ada.email) if secret and secret in log
    ] == []
