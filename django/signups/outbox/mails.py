"""What does a mail look like? A text whose first line is the subject, and the same text as simple HTML beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Engine
from django.utils import dateformat, timezone
from django.utils.html import escape, urlize
from django.utils.safestring import SafeString, mark_safe

from api.shared.names import holds_link

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from signups.models import OutboxMessage

FOLDER = Path(__file__).resolve().parents[1] / "templates" / "mail"
TEXT = Engine(dirs=[str(FOLDER)], autoescape=False)
HTML = Engine(dirs=[str(FOLDER)], autoescape=True)
NAMES = frozenset({"name", "organization", "by", "author", "sender"})
LONGEST_SUBJECT = 200
EMPTY_LINES = re.compile(r"\n[ \t]*\n\s*\n")


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail to one person; `sender` is the organization in whose name it goes, empty for Slipway itself."""

    to_name: str
    to_address: str
    template: str
    says: dict[str, Any]
    sender: str = ""
    reply_to: str = ""
    calendar: bytes = b""
    more: dict[str, str] = field(default_factory=dict)  # further headers


def rendered(mail: Mail, message: OutboxMessage) -> EmailMultiAlternatives:
    """Render a mail; its Message-ID follows from the message, so that a second sending can be recognised."""
    name = friendly(mail.to_name)
    said = {**mail.says, "name": name or "there", "site": settings.SITE_URL, "sender": one_line(mail.sender)}
    subject, _, body = TEXT.get_template(mail.template).render(Context(said, autoescape=False)).partition("\n")
    body = EMPTY_LINES.sub("\n\n", body.strip()) + "\n"
    made = EmailMultiAlternatives(
        subject=one_line(subject)[:LONGEST_SUBJECT],
        body=body,
        from_email=_from(mail.sender),
        to=[formataddr((name, mail.to_address))],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        headers={"Message-ID": message_id(message), "Auto-Submitted": "auto-generated", **mail.more},
    )
    named = {text for key, text in said.items() if key in NAMES}
    linked = linked_html(body.strip(), named)
    page = {"subject": subject, "linked": linked, "sender": said["sender"], "site": settings.SITE_URL}
    made.attach_alternative(HTML.get_template("mail.html").render(Context(page)), "text/html")
    if mail.calendar:
        made.attach("shift.ics", mail.calendar.decode(), "text/calendar")
    return made


def message_id(message: OutboxMessage) -> str:
    """Return the same id for the same message, whoever sends it and however often."""
    return f"<outbox.{message.pk}.{message.created_at:%Y%m%d%H%M%S%f}@{host()}>"


def host() -> str:
    """Return the name of the site."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def one_line(text: str) -> str:
    """Return text without line breaks: nothing that people wrote can begin a header of its own."""
    return " ".join(text.split())


def friendly(name: str) -> str:
    """Return how somebody is greeted; empty when that would be a link: older names may hold one."""
    return "" if holds_link(name) else one_line(name)


def linked_html(body: str, names: Iterable[str]) -> SafeString:
    """Return a body as HTML with its links, but none made of a name, wherever it stands."""
    risky = sorted((name for name in set(names) if holds_link(name)), key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, risky))})", body) if risky else [body]
    made = [
        escape(part) if at % 2 else urlize(part, trim_url_limit=64, autoescape=True) for at, part in enumerate(parts)
    ]
    return mark_safe("".join(made))  # noqa: S308 - each part is escaped


def span(starts_at: datetime, ends_at: datetime) -> str:
    """Say from when to when, with the zone: Saturday 22 November 2025, 09:00 to 13:00 (CET)."""
    first, last = timezone.localtime(starts_at), timezone.localtime(ends_at)
    day = "l j F Y, H:i"
    until = dateformat.format(last, "H:i" if first.date() == last.date() else day)
    zone = last.tzname()
    return f"{dateformat.format(first, day)} to {until} ({zone})"


def _from(sender: str) -> str:
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((one_line(sender), address)) if sender.strip() else settings.DEFAULT_FROM_EMAIL
