from __future__ import annotations

import pytest

from ops.engine.durations import seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [("300ms", 0.3), ("35s", 35.0), ("1m0s", 60.0), ("1h2m3s", 3723.0), ("0s", 0.0), ("1.5s", 1.5), ("2d", 172800.0)],
)
def test_a_span_is_read_as_compose_prints_it_and_people_type_it(text: str, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "10", "m", "10 m", "10m ago", "-5s", "1w", "1,5s"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a span of time"):
        seconds(text)
