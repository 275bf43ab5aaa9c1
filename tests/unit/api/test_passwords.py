from __future__ import annotations

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signups.hashing import Argon2

from api.auth import passwords
from api.auth.common_passwords import COMMON
from api.auth.passwords import HashingThreads, hash_password, is_right, refusal, unusable
from api.errors import UnavailableError

GOOD = "a garden wall of stone"


def test_django_and_the_api_understand_each_others_hashes() -> None:
    hasher = Argon2()
    of_api = asyncio.run(hash_password(GOOD))
    assert hasher.verify(GOOD, of_api)
    assert not hasher.verify("wrong", of_api)
    assert not hasher.must_update(of_api), "else Django hashes it anew at each login to the admin"
    of_django = hasher.encode(GOOD, hasher.salt())
    assert asyncio.run(is_right(GOOD, of_django))
    assert not asyncio.run(is_right("wrong", of_django))
    assert of_api.split("$")[:4] == of_django.split("$")[:4]


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        "!",
        GOOD,
        "argon2",
        "argon2$argon2id$broken",
        "argon2$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
    ],
)
def test_what_is_no_hash_of_ours_matches_no_password(stored: str | None) -> None:
    assert not asyncio.run(is_right(GOOD, stored))
    assert not asyncio.run(is_right("", stored))


def test_where_there_is_no_password_none_is_right() -> None:
    assert unusable().startswith("!")
    assert unusable() != unusable()
    assert not asyncio.run(is_right(GOOD, unusable()))


@pytest.mark.parametrize("stored", [None, "!", "pbkdf2_sha256$1$salt$aGFzaA==", "!x"])
def test_an_account_that_cannot_log_in_costs_as_much_as_one_that_can(
    monkeypatch: pytest.MonkeyPatch, stored: str | None
) -> None:
    seen: list[str] = []

    def matching(phc: str, _password: str) -> bool:
        seen.append(phc)
        return True

    monkeypatch.setattr(passwords, "_verify", matching)
    assert not asyncio.run(is_right(GOOD, stored))
    assert [phc.split("$")[1:4] for phc in seen] == [["argon2id", "v=19", "m=19456,t=2,p=1"]]


@pytest.mark.parametrize(
    ("password", "email", "why"),
    [
        (GOOD, "ada@example.org", None),
        ("x1y2z3w4v5", "ada@example.org", None),
        ("ünïcödé ist gut", "ada@example.org", None),
        ("my name is ada", "ada@example.org", None),  # three letters are in many words
        ("Grace.Hopper 1906", "grace.hopper@example.org", "must not contain your e-mail address"),
        ("ninechars", "ada@example.org", "must have 10 to 200 characters"),
        ("x" * 201, "ada@example.org", "must have 10 to 200 characters"),
        ("PassWord123", "ada@example.org", "is among those that are guessed first"),
        ("aaaaaaaaaaaa", "ada@example.org", "is among those that are guessed first"),
        ("1212121212121", "ada@example.org", "is among those that are guessed first"),
    ],
)
def test_a_password_is_refused_for_a_reason(password: str, email: str, why: str | None) -> None:
    assert refusal(password, email) == why


@given(st.sampled_from(sorted(COMMON)), st.booleans())
def test_no_common_password_is_taken(password: str, is_loud: bool) -> None:  # noqa: FBT001 - drawn
    assert refusal(password.upper() if is_loud else password, "ada@example.org") is not None
    assert 10 <= len(password) <= 200


def test_who_would_wait_too_long_for_a_hash_is_told_at_once() -> None:
    may_end = threading.Event()
    threads = HashingThreads(cores=1, longest_queue=2)

    async def scenario() -> None:
        running = [asyncio.create_task(threads.run(may_end.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError):
            await threads.run(may_end.wait)
        may_end.set()
        assert await asyncio.gather(*running) == [True] * 3
        assert await threads.run(lambda: 7) == 7

    asyncio.run(scenario())


def test_work_whose_request_went_away_is_not_begun() -> None:
    may_end, begun = threading.Event(), list[int]()
    threads = HashingThreads(cores=1, longest_queue=2)

    async def scenario() -> None:
        first = asyncio.create_task(threads.run(may_end.wait))
        gone = asyncio.create_task(threads.run(lambda: begun.append(1)))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])
        may_end.set()
        await first
        await threads.run(lambda: None)

    asyncio.run(scenario())
    assert begun == []
