from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.shared.quota import Standing, guests_a_day

NEW = {
    "organization_days": 0.0,
    "account_days": 0.0,
    "confirmed": 1,
    "granted": None,
    "used_by_organization": 0,
    "used_by_account": 0,
}
STANDINGS = st.fixed_dictionaries(
    {
        "organization_days": st.floats(0, 400),
        "account_days": st.floats(0, 400),
        "confirmed": st.integers(0, 5000),
        "granted": st.none() | st.integers(0, 100_000),
        "used_by_organization": st.integers(0, 20_000),
        "used_by_account": st.integers(0, 20_000),
    }
)


@pytest.mark.req("B-17")
@pytest.mark.parametrize(
    ("known", "left"),
    [
        ({}, 53),
        ({"confirmed": 24}, 122),
        ({"organization_days": 400.0}, 53),
        ({"account_days": 400.0}, 53),
        ({"organization_days": 1.0, "account_days": 1.0}, 203),
        ({"organization_days": 6.9, "account_days": 7.0}, 203),
        ({"organization_days": 7.0, "account_days": 7.0}, 1003),
        ({"organization_days": 30.0, "account_days": 30.0}, 5003),
        ({"organization_days": 30.0, "account_days": 0.0, "confirmed": 3000}, 9050),
        ({"used_by_organization": 50}, 3),
        ({"used_by_account": 50}, 3),
        ({"used_by_account": 54}, 0),
        ({"granted": 10}, 10),
        ({"granted": 10, "used_by_organization": 4, "used_by_account": 9999}, 6),
        ({"granted": 0, "organization_days": 400.0, "account_days": 400.0}, 0),
    ],
)
def test_the_mails_of_a_day_grow_with_age_and_with_who_said_yes(known: dict[str, object], left: int) -> None:
    assert Standing(**NEW | known).left == left  # type: ignore[arg-type]  # the columns of a row


@pytest.mark.parametrize(
    ("days", "granted", "most"),
    [(0.0, None, 500), (1.0, None, 2000), (30.0, None, 50_000), (400.0, 7, 70)],
)
def test_guests_of_a_day_grow_too(days: float, granted: int | None, most: int) -> None:
    assert guests_a_day(days, granted) == most


@given(STANDINGS, st.floats(0, 100), st.integers(0, 100))
def test_nobody_has_fewer_for_being_older_or_having_more_people(
    standing: dict[str, float], days: float, people: int
) -> None:
    older = {
        **standing,
        "organization_days": standing["organization_days"] + days,
        "confirmed": standing["confirmed"] + people,
    }
    assert 0 <= Standing(**standing).left <= Standing(**older).left  # type: ignore[arg-type]  # the same
