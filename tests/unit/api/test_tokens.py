from __future__ import annotations

import json
import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.shared.tokens import ACCESS_S, Access, TokenError, Tokens

KEY = "canary-" * 6
TOKENS = Tokens(KEY)


@given(st.integers(1, 10**18 - 1), st.integers(0, 2**31 - 1))
def test_a_token_says_whose_it_is(number: int, version: int) -> None:
    assert TOKENS.read_access(TOKENS.issue_access(number, version)) == Access(number, version)
    assert TOKENS.read_manage(TOKENS.issue_manage(number, time.time() + 60)) == number


@given(st.text() | st.from_regex(r"[\w-]+\.[\w-]+\.[\w-]*", fullmatch=True))
def test_anything_else_is_refused_in_one_way(text: str) -> None:
    for read in (TOKENS.read_access, TOKENS.read_manage):
        with pytest.raises(TokenError):
            read(text)


def test_one_kind_of_token_is_not_the_other() -> None:
    with pytest.raises(TokenError):
        TOKENS.read_manage(TOKENS.issue_access(1, 0))
    with pytest.raises(TokenError):
        TOKENS.read_access(TOKENS.issue_manage(1, time.time() + 60))


def test_a_device_is_known_for_one_account_and_opens_nothing() -> None:
    token = TOKENS.issue_device("ada@example.org")
    assert TOKENS.read_device(token, "ADA@example.org") == TOKENS.read_device(token, "ada@example.org")
    assert "ada@" not in str(jwt.decode(token, options={"verify_signature": False}))
    for read in (TOKENS.read_access, TOKENS.read_manage, lambda one: TOKENS.read_device(one, "eve@example.org")):
        with pytest.raises(TokenError):
            read(token)
    with pytest.raises(TokenError):
        TOKENS.read_device(TOKENS.issue_access(1, 0), "ada@example.org")


def test_a_token_ends() -> None:
    with pytest.raises(TokenError, match="expired"):
        TOKENS.read_manage(TOKENS.issue_manage(1, time.time() - 60))
    claims = jwt.decode(TOKENS.issue_access(1, 0), options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == ACCESS_S == 600
    assert set(claims) == {"iss", "aud", "typ", "sub", "iat", "exp", "jti", "ver"}


def test_no_two_tokens_are_the_same() -> None:
    assert len({TOKENS.issue_access(1, 0) for _ in range(20)}) == 20


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_key_that_could_be_guessed_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="TOKEN_SECRET_KEY"):
        Tokens(secret)


@pytest.mark.req("D-09")
@pytest.mark.parametrize("subject", ["", "-5", "1.5", "1x", "\u0661", "1" * 19, " 7"])
def test_a_signed_token_whose_subject_is_no_id_is_refused(subject: str) -> None:
    good = jwt.decode(TOKENS.issue_access(1, 0), options={"verify_signature": False})
    with pytest.raises(TokenError):
        TOKENS.read_access(jwt.encode({**good, "sub": subject}, KEY, algorithm="HS256"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**40), 10**40) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


def _signed(**claims: object) -> str:
    good = jwt.decode(TOKENS.issue_access(7, 3), options={"verify_signature": False})
    return jwt.PyJWS().encode(json.dumps({**good, **claims}).encode(), KEY, algorithm="HS256")


@pytest.mark.req("D-09")
@pytest.mark.parametrize("version", [True, False, None, "3", 3.0, [3], {"ver": 3}, -1, 2**31, 10**40])
def test_a_signed_token_whose_version_is_no_number_of_ours_is_refused(version: object) -> None:
    with pytest.raises(TokenError):
        TOKENS.read_access(_signed(ver=version))


@pytest.mark.req("D-09")
@pytest.mark.parametrize("claim", ["iss", "aud", "typ", "sub", "iat", "nbf", "exp", "jti", "ver"])
@pytest.mark.parametrize("value", [True, None, [], {}, [1], "x", -1, 1e400, float("nan"), "Infinity"])
def test_a_signed_token_with_one_claim_of_another_type_is_refused_or_read_as_it_was(claim: str, value: object) -> None:
    _refused_or_the_same({claim: value})


@given(st.dictionaries(st.sampled_from(["iss", "aud", "typ", "sub", "iat", "nbf", "exp", "jti", "ver"]), JSON))
def test_whatever_a_signed_token_claims_it_is_refused_or_read_as_ids(claims: dict[str, object]) -> None:
    _refused_or_the_same(claims)


def _refused_or_the_same(claims: dict[str, object]) -> None:
    try:
        found = TOKENS.read_access(_signed(**claims))
    except TokenError:
        return
    assert {type(found.user_id), type(found.version)} == {int}
