from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from api.events import times, transitions
from api.events.times import Fault, Span
from api.fields import Moment

NOW = datetime(2030, 5, 4, 8, tzinfo=UTC)
MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
minutes = st.integers(-60 * 24 * 40, 60 * 24 * 40).map(lambda number: NOW + timedelta(minutes=number))
spans = st.builds(Span, minutes, minutes)
events = spans.filter(lambda span: not times.faults_of_event(span))


def span(start_h: float, end_h: float) -> Span:
    return Span(NOW + timedelta(hours=start_h), NOW + timedelta(hours=end_h))


def locations(faults: list[Fault]) -> list[str]:
    return [".".join(map(str, fault.location)) for fault in faults]


@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        (span(0, 1), []),
        (span(0, 31 * 24), []),
        (span(0, 0), ["ends_at"]),
        (span(1, 0), ["ends_at"]),
        (span(0, 31 * 24 + 1), ["ends_at"]),
    ],
)
def test_an_event_ends_after_it_starts_and_within_a_month(event: Span, wrong: list[str]) -> None:
    assert locations(times.faults_of_event(event)) == wrong


@pytest.mark.parametrize(
    ("shift", "wrong"),
    [
        (span(0, 8), []),
        (span(2, 3), []),
        (span(-1, 3), ["starts_at"]),
        (span(2, 9), ["ends_at"]),
        (span(-1, 9), ["starts_at", "ends_at"]),
        (span(3, 3), ["ends_at"]),
        (span(9, 8), ["ends_at"]),
        (span(9, 10), ["ends_at"]),
        (span(-2, -1), ["starts_at"]),
    ],
)
def test_a_shift_is_within_its_event(shift: Span, wrong: list[str]) -> None:
    assert locations(times.faults_of_shift(shift, span(0, 8))) == wrong


@given(events, spans)
def test_a_shift_without_fault_is_really_within_its_event(event: Span, shift: Span) -> None:
    is_within = event.starts_at <= shift.starts_at < shift.ends_at <= event.ends_at
    assert (times.faults_of_shift(shift, event) == []) == is_within


@given(events, st.lists(spans, max_size=3), minutes, st.booleans())
def test_a_plan_is_as_good_as_its_parts(event: Span, shifts: list[Span], now: datetime, is_published: bool) -> None:  # noqa: FBT001 - drawn
    faults = times.faults_of_plan(event, shifts, now=now, is_published=is_published)
    parts = [fault for number, one in enumerate(shifts) for fault in times.faults_of_shift(one, event, (number,))]
    is_over = is_published and bool(shifts) and all(one.ends_at <= now for one in shifts)
    assert (faults == []) == (not parts and not is_over)
    assert all(fault.location[0] == "shifts" for fault in faults)


def test_a_plan_names_the_shift_that_is_wrong() -> None:
    faults = times.faults_of_plan(span(0, 8), [span(0, 4), span(4, 9)], now=NOW, is_published=True)
    assert locations(faults) == ["shifts.1.ends_at"]
    over = times.faults_of_plan(span(0, 8), [span(0, 4)], now=NOW + timedelta(hours=4), is_published=True)
    assert locations(over) == ["shifts"]
    assert times.faults_of_plan(span(0, 8), [span(0, 4)], now=NOW + timedelta(hours=4), is_published=False) == []


@given(events, events)
def test_shifts_go_along_only_when_the_event_keeps_its_length(old: Span, new: Span) -> None:
    by = times.shift_by(old, new)
    is_same_length = new.ends_at - new.starts_at == old.ends_at - old.starts_at
    assert by == (new.starts_at - old.starts_at if is_same_length else timedelta(0))


@given(events, events)
def test_an_event_gets_no_shorter_than_its_shifts(new: Span, shifts: Span) -> None:
    is_held = new.starts_at <= shifts.starts_at and shifts.ends_at <= new.ends_at
    assert (times.faults_of_move(new, shifts) == []) == is_held
    assert times.faults_of_move(new, None) == []


def test_a_fault_is_a_problem_with_its_location() -> None:
    times.refuse([])
    with pytest.raises(RequestValidationError) as caught:
        times.refuse([Fault(("shifts", 1, "ends_at"), "Too late.")])
    assert caught.value.errors() == [
        {"loc": ("body", "shifts", 1, "ends_at"), "msg": "Too late.", "type": "value_error"}
    ]


@pytest.mark.parametrize(
    "given",
    [1_900_000_000, "1900000000", "2030-05-04T08:00:00", "2030-05-04", "9999-12-31T23:59:59-12:00", None, "soon"],
)
def test_a_moment_is_a_text_with_a_zone_in_this_century(given: Any) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_python(given)


def test_a_moment_is_kept_in_utc() -> None:
    seen = MOMENT.validate_python("2030-05-04T10:00:00+02:00")
    assert (seen, seen.tzinfo) == (NOW, UTC)


@pytest.mark.parametrize(
    ("old", "new", "facts", "word"),
    [
        ("draft", "published", {}, None),
        ("draft", "published", {"shifts": 0}, "needs a shift"),
        ("draft", "published", {"are_over": True}, "over"),
        ("draft", "draft", {"shifts": 0, "are_over": True}, None),
        ("draft", "cancelled", {}, "deleted"),
        ("published", "cancelled", {"sign_ups": 5}, None),
        ("published", "published", {"sign_ups": 5, "are_over": True}, None),
        ("published", "draft", {}, None),
        ("published", "draft", {"sign_ups": 1}, "signed up"),
        *(("cancelled", state, {}, "final") for state in ("draft", "published", "cancelled")),
    ],
)
def test_what_may_become_of_an_event(old: str, new: str, facts: dict[str, Any], word: str | None) -> None:
    why = transitions.refusal(old, new, **({"shifts": 2, "sign_ups": 0, "are_over": False} | facts))
    assert why is None if word is None else word in (why or "")
