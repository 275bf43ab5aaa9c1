"""Which mails would the local stack have sent, and what do they say?"""

from __future__ import annotations

import dataclasses
import json
from email.utils import parseaddr
from pathlib import Path

from ops.errors import UsageError
from ops.mailbox import Mail, read_mails
from ops.operate import Talk, guarded
from ops.targets import Request, Target

FOLDER = Path(".local", "data", "mail")
TO_FILES = "consolemail:"  # on the local target such mail goes to files


def mail(root: Path, request: Request, *, last: int, show: int) -> int:
    """Print the newest mails as a list, or one of them; return the exit code."""

    def act(opened: Target) -> int:
        opened.reach(Talk())
        mails = _found(root, opened)
        if show:
            _print_one(_chosen(mails, show), as_json=request.json)
        else:
            _print_list(mails[-last:] if last > 0 else mails, as_json=request.json)
        return 0

    return guarded(root, request, act)


def _found(root: Path, opened: Target) -> list[Mail]:
    if not opened.settings.values["EMAIL_URL"].startswith(TO_FILES):
        raise UsageError(
            "there are no mails to show here",
            why="EMAIL_URL or EMAIL_HOST names a mail server, so mail goes there",
            fix="empty both in `.env`, then run invoke update --target local",
        )
    mails = read_mails(root / FOLDER)
    if not mails:
        raise UsageError(
            "there is no mail yet",
            why=f"the worker has written none to {FOLDER}",
            fix="invoke status --target local shows whether the worker runs; then register, or sign up for a shift",
        )
    return mails


def _chosen(mails: list[Mail], number: int) -> Mail:
    if not 1 <= number <= len(mails):
        raise UsageError(f"there is no mail {number}", why=f"they are numbered 1 to {len(mails)}", fix="invoke mail")
    return mails[number - 1]


def _print_list(mails: list[Mail], *, as_json: bool) -> None:
    if as_json:
        shown = [{"number": one.number, "at": one.at, "to": one.to, "subject": one.subject} for one in mails]
        print(json.dumps({"mails": shown}, indent=1))  # noqa: T201 - data goes to stdout
        return
    rows = [("number", "when (UTC)", "to", "subject")]
    rows += [(str(one.number), one.at.removesuffix("+00:00"), _address(one.to), one.subject) for one in mails]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for *cells, subject in rows:  # no table of a fixed width: an address that is cut is of no use
        print("  ".join([*(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)), subject]))  # noqa: T201 - the same


def _address(to: str) -> str:
    return parseaddr(to)[1] or to


def _print_one(one: Mail, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(dataclasses.asdict(one), indent=1))  # noqa: T201 - data goes to stdout
        return
    heads = {"When": one.at, "From": one.sender, "To": one.to, "Subject": one.subject}
    lines = [f"{name + ':':9}{value}" for name, value in heads.items()]
    lines += [f"{'With:':9}{name}" for name in one.attachments]
    print("\n".join([*lines, "", one.text.rstrip()]))  # noqa: T201 - the same; links stay whole, to be clicked or copied
