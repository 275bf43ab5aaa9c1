"""What does a coordinator send to plan an event, in a test?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.services.clubs import Club

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=3)


def at(hours: float) -> str:
    """Return a time so many hours after noon, as JSON has it."""
    return (NOON + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def shift(start_h: float = 0, end_h: float = 2, **more: Any) -> dict[str, Any]:
    """Return the body of a shift."""
    return {"title": "Morning", "starts_at": at(start_h), "ends_at": at(end_h), "capacity": 2} | more


def event(start_h: float = 0, end_h: float = 8, **more: Any) -> dict[str, Any]:
    """Return the body of a published event with a shift."""
    times = {"starts_at": at(start_h), "ends_at": at(end_h)}
    return {"title": "Beach clean-up", "state": "published", "shifts": [shift(start_h, start_h + 2)]} | times | more


def plan(club: Club, **more: Any) -> dict[str, Any]:
    """Plan an event as its coordinator."""
    answer = club.ask("POST", "~/events", club.coordinator, json=event(**more))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def faults(answer: Any) -> list[str]:
    """Return the fields that a 422 names."""
    assert answer.status_code == 422, answer.text
    return [".".join(error["location"]) for error in answer.json()["errors"]]


def with_moments(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with its times read: PostgreSQL and Python write UTC in two ways, `+00:00` and `Z`."""
    return {name: _read(name, value) for name, value in answer.items()}


def _read(name: str, value: Any) -> Any:
    if name.endswith("_at"):
        return datetime.fromisoformat(value)
    return [with_moments(one) for one in value] if isinstance(value, list) else value
