"""Which mails would the local stack have sent, and what do they say?"""

from __future__ import annotations

import dataclasses
import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

from ops import screen
from ops.commands.output import Talk, guarded
from ops.environments import chosen, state_of
from ops.errors import UsageError
from ops.targets import Request, Target

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


FOLDER = Path("data", "mail")
TO_FILES = "consolemail:"  # on the local target such mail goes to files


def mail(root: Path, request: Request, *, last: int, show: int) -> int:
    """Print the newest mails as a list, or one of them; return the exit code."""

    def act(opened: Target) -> int:
        opened.reach(Talk(opened.redactor))
        mails = opened.redactor.of_settings_alone().value(_found(root, opened))  # a link without its token is of no use
        if show:
            _print_one(_chosen(mails, show), as_json=request.json)
        else:
            _print_list(mails[-last:] if last > 0 else mails, as_json=request.json)
        return 0

    return guarded(root, request, act)


def _found(root: Path, opened: Target) -> list[Mail]:
    if not opened.settings.EMAIL_URL.startswith(TO_FILES):
        raise UsageError(
            "there are no mails to show here",
            why="EMAIL_URL or EMAIL_HOST names a mail server, so mail goes there",
            fix="empty EMAIL_URL and EMAIL_HOST in .env, then invoke update --target local",
        )
    folder = state_of(root, chosen()) / FOLDER
    mails = read_mails(folder)
    if not mails:
        raise UsageError(
            "there is no mail yet",
            why=f"the worker has written none to {folder.relative_to(root)}: nobody has registered or signed up, "
            "or it does not run",
            fix="invoke status --target local",
        )
    return mails


def _chosen(mails: list[Mail], number: int) -> Mail:
    if not 1 <= number <= len(mails):
        raise UsageError(f"there is no mail {number}", why=f"they are numbered 1 to {len(mails)}", fix="invoke mail")
    return mails[number - 1]


def _print_list(mails: list[Mail], *, as_json: bool) -> None:
    if as_json:
        shown = [{"number": one.number, "at": one.at, "to": one.to, "subject": one.subject} for one in mails]
        screen.data_json({"mails": shown})
        return
    rows = [("number", "when (UTC)", "to", "subject")]
    rows += [(str(one.number), one.at.removesuffix("+00:00"), _address(one.to), one.subject) for one in mails]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for *cells, subject in rows:  # no table of a fixed width: an address that is cut is of no use
        screen.data("  ".join([*(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)), subject]))


def _address(to: str) -> str:
    return parseaddr(to)[1] or to


def _print_one(one: Mail, *, as_json: bool) -> None:
    if as_json:
        screen.data_json(dataclasses.asdict(one))
        return
    heads = {"When": one.at, "From": one.sender, "To": one.to, "Subject": one.subject}
    lines = [f"{name + ':':9}{value}" for name, value in heads.items()]
    lines += [f"{'With:':9}{name}" for name in one.attachments]
    screen.data("\n".join([*lines, "", one.text.rstrip()]))  # links stay whole, to be clicked or copied
