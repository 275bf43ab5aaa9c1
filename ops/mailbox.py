"""Which mails did the local stack's worker write? Django keeps them in files, one for each batch."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

# What Django's file backend writes after each mail; the same line inside a mail is followed by other things.
BETWEEN = re.compile(rb"\n-{79}\n(?=Content-Type: multipart/|\Z)")
LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True)
class Mail:
    """A mail as its reader sees it; `number` counts from 1, from the oldest."""

    number: int
    at: str  # as in 2026-05-01 09:30:00+00:00
    sender: str
    to: str
    subject: str
    text: str
    links: tuple[str, ...]
    attachments: tuple[str, ...]


def read_mails(folder: Path) -> list[Mail]:
    """Return every mail in the folder, the newest last; one that is being written is left for the next time."""
    raw = [
        piece
        for file in sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime_ns)
        for piece in BETWEEN.split(file.read_bytes())[:-1]  # after the last one there is nothing, or half a mail
    ]
    parsed = [email.message_from_bytes(one, policy=email.policy.default) for one in raw]
    dated = sorted(((_at(message), message) for message in parsed), key=lambda pair: pair[0])
    return [_mail(number, at, message) for number, (at, message) in enumerate(dated, start=1)]


def _mail(number: int, at: str, message: EmailMessage) -> Mail:
    body = message.get_body(preferencelist=("plain",))
    text = str(body.get_content()) if body else ""
    return Mail(
        number=number,
        at=at,
        sender=str(message["From"] or ""),
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        text=text,
        links=tuple(dict.fromkeys(LINK.findall(text))),
        attachments=tuple(part.get_filename() or "" for part in message.iter_attachments()),
    )


def _at(message: EmailMessage) -> str:
    try:
        at = parsedate_to_datetime(str(message["Date"]))
        return str(at.replace(tzinfo=at.tzinfo or UTC))  # `-0000`, as Django writes it, is UTC too
    except ValueError:
        return ""
