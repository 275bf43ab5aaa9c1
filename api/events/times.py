"""When may events and shifts be? Pure rules; what breaks one is said with the field that is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from fastapi.exceptions import RequestValidationError

# The lists of upcoming events begin reading the index this far back: what is longer would vanish from them too soon.
LONGEST_EVENT = timedelta(days=31)


class Timed(Protocol):
    """Anything with a start and an end."""

    @property
    def starts_at(self) -> datetime:
        """When it begins."""

    @property
    def ends_at(self) -> datetime:
        """When it is over."""


@dataclass(frozen=True)
class Span:
    """A start and an end."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Fault:
    """A rule that is broken: where in the body, and what about it."""

    location: tuple[str | int, ...]
    message: str


def faults_of_event(event: Timed) -> list[Fault]:
    """List what is wrong with an event's times."""
    if event.ends_at <= event.starts_at:
        return [Fault(("ends_at",), "An event ends after it starts.")]
    if event.ends_at - event.starts_at > LONGEST_EVENT:
        return [Fault(("ends_at",), f"An event lasts {LONGEST_EVENT.days} days at most.")]
    return []


def faults_of_shift(shift: Timed, event: Timed, where: tuple[str | int, ...] = ()) -> list[Fault]:
    """List what is wrong with a shift's times, on their own and within its event."""
    faults = []
    if shift.starts_at < event.starts_at:
        faults.append(Fault((*where, "starts_at"), "A shift starts with its event or later."))
    if shift.ends_at > event.ends_at:
        faults.append(Fault((*where, "ends_at"), "A shift ends with its event or earlier."))
    elif shift.ends_at <= shift.starts_at:
        faults.append(Fault((*where, "ends_at"), "A shift ends after it starts."))
    return faults


def faults_of_plan(event: Timed, shifts: Sequence[Timed], *, now: datetime, is_published: bool) -> list[Fault]:
    """List what is wrong with the times of a new event and its shifts."""
    faults = faults_of_event(event)
    if faults:
        return faults
    for number, shift in enumerate(shifts):
        faults += faults_of_shift(shift, event, ("shifts", number))
    if is_published and shifts and not faults and all(shift.ends_at <= now for shift in shifts):
        faults.append(Fault(("shifts",), "All shifts are over: nobody could sign up."))
    return faults


def faults_of_move(event: Timed, shifts: Timed | None) -> list[Fault]:
    """List what is wrong with new times of an event whose shifts, from the first to the last, stay where they are."""
    faults = faults_of_event(event)
    if faults or shifts is None:
        return faults
    if shifts.starts_at < event.starts_at:
        faults.append(Fault(("starts_at",), "A shift starts before that."))
    if shifts.ends_at > event.ends_at:
        faults.append(Fault(("ends_at",), "A shift ends after that."))
    return faults


def shift_by(old: Timed, new: Timed) -> timedelta:
    """Return by how much an event is moved as a whole, and its shifts with it; zero when it gets longer or shorter."""
    moved = new.starts_at - old.starts_at
    return moved if new.ends_at - old.ends_at == moved else timedelta(0)


def refuse(faults: Iterable[Fault]) -> None:
    """Answer 422 with the location of each fault, if there is one."""
    errors = [{"loc": ("body", *fault.location), "msg": fault.message, "type": "value_error"} for fault in faults]
    if errors:
        raise RequestValidationError(errors)
