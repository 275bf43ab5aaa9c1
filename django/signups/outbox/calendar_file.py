"""How does a shift get into a volunteer's calendar? As a file after RFC 5545, attached to the mail.

A later file about the same sign-up replaces the earlier one: same UID, higher SEQUENCE. The same message makes the same
file, however often it is sent.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from signups.outbox.links import page
from signups.outbox.mails import host, one_line

if TYPE_CHECKING:
    from signups.models import OutboxMessage, SignUp

LINE = 73  # octets; 75 are allowed, with the line's end or the blank that continues it


def calendar_file(sign_up: SignUp, message: OutboxMessage) -> bytes:
    """Return the shift as an iCalendar file, to be attached to the mail of a message."""
    shift, event = sign_up.shift, sign_up.shift.event
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Slipway//Sign-ups//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:sign-up-{sign_up.pk}@{host()}",
        f"DTSTAMP:{_stamp(message.created_at)}",
        f"SEQUENCE:{_sequence(sign_up, message)}",
        f"DTSTART:{_stamp(shift.starts_at)}",
        f"DTEND:{_stamp(shift.ends_at)}",
        f"SUMMARY:{_text(f'{event.title}: {shift.title}')}",
        *([f"LOCATION:{_text(event.location)}"] if event.location else []),
        f"ORGANIZER;CN={_parameter(sign_up.organization.name)}:{page('')}",
        f"URL:{page(f'/events/{event.pk}')}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return b"".join(_folded(line) for line in lines)


def _sequence(sign_up: SignUp, message: OutboxMessage) -> int:
    """Count the seconds since the sign-up: a number that grows from file to file, and that nobody has to keep."""
    return max(0, int((message.created_at - sign_up.created_at).total_seconds()))


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    escaped = one_line(text).replace("\\", "\\\\")
    return escaped.replace(";", "\\;").replace(",", "\\,")


def _parameter(text: str) -> str:
    return '"' + one_line(text).replace('"', "'") + '"'


def _folded(line: str) -> bytes:
    """Break a long line between characters, never inside one."""
    pieces, piece = [], b""
    for character in line:
        encoded = character.encode()
        if len(piece) + len(encoded) > LINE:
            pieces.append(piece)
            piece = b""
        piece += encoded
    return b"\r\n ".join([*pieces, piece]) + b"\r\n"
