"""Does the test of upgrades see each value that is lost?"""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.upgrades.ledger import missing_rows

ROW: dict[str, Any] = {"id": 1, "state": "confirmed", "reminded_at": None}


@pytest.mark.parametrize(
    ("now", "is_missing"),
    [
        ([ROW], False),
        ([ROW | {"later": "a new column"}], False),
        ([ROW | {"reminded_at": "2026-11-30"}], False),
        ([ROW | {"state": "waiting"}], True),
        ([{"id": 1, "state": "confirmed"}], False),
        ([ROW | {"id": 2}], True),
        ([], True),
    ],
)
def test_a_row_is_missing_when_a_value_is_not_as_it_was(now: list[dict[str, Any]], *, is_missing: bool) -> None:
    assert (missing_rows({"signups_signup": [ROW]}, {"signups_signup": now}) != []) == is_missing


def test_who_was_reminded_stays_reminded() -> None:
    reminded = ROW | {"reminded_at": "2026-11-29"}
    assert missing_rows({"signups_signup": [reminded]}, {"signups_signup": [ROW]}) != []
    assert missing_rows({"other": [ROW]}, {"other": [ROW | {"reminded_at": "2026-11-30"}]}) != []
