"""Are the mails of the local stack read as their readers would see them?"""

from __future__ import annotations

import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.shared.tokens import Tokens
from ops.commands import mail as story
from ops.commands.mail import read_mails
from ops.redact import Redactor
from ops.targets.base import Request

LINE = "-" * 79
# a link to a sign-up, as the outbox writes it: what a log would not show is what the reader came for
LINK = f"https://slipway.localhost:8443/sign-up#{Tokens('k' * 40).issue_manage(7, 2e9)}"


def written(subject: str, *, at: str, text: str = "Hello\n") -> bytes:
    message = EmailMessage(email.policy.SMTPUTF8.clone(linesep="\n"))
    message["Date"], message["From"], message["To"] = at, "Tidy Coast <a@example.org>", "Ada <ada@example.org>"
    message["Subject"] = subject
    message.set_content(text)
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    raw = message.as_bytes()
    kind = raw.index(b"Content-Type: multipart/")
    end = raw.index(b"\n", raw.index(b"boundary=", kind)) + 1
    return raw[kind:end] + raw[:kind] + raw[end:] + f"\n{LINE}\n".encode()  # Django writes the type first


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / ".local" / "data" / "mail"
    folder.mkdir(parents=True)
    early = written("Première", at="Sat, 02 May 2026 09:00:00 -0000", text=f"Choose:\n\n{LINK}\n\n{LINE}\nmore\n")
    late = written("Second", at="Sat, 02 May 2026 09:00:05 -0000")
    (folder / "20260502-090005-1.log").write_bytes(late + early)
    (folder / "20260502-090009-2.log").write_bytes(written("Half", at="Sat, 02 May 2026 09:00:09 -0000")[:-80])
    return folder


def test_mails_are_read_whole_the_newest_last(folder: Path) -> None:
    first, second = read_mails(folder)
    assert [(one.number, one.subject) for one in (first, second)] == [(1, "Première"), (2, "Second")]
    assert (first.to, first.at) == ("Ada <ada@example.org>", "2026-05-02 09:00:00+00:00")
    assert first.links == (LINK,)
    assert "more" in first.text


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    target = SimpleNamespace(
        redactor=Redactor({}),
        reach=lambda _: None,
        close=lambda: None,
        settings=SimpleNamespace(EMAIL_URL="consolemail://", notices=()),
    )
    monkeypatch.setattr("ops.commands.output.open_target", lambda *_: target)
    return target


def ask(root: Path, *, last: int = 0, show: int = 0, json: bool = False) -> int:
    return story.mail(root, Request(mode="mail", target="local", json=json), last=last, show=show)


@pytest.mark.usefixtures("opened", "folder")
def test_one_mail_is_shown_with_its_link_in_one_piece(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(tmp_path, show=1) == 0
    assert LINK in capsys.readouterr().out.splitlines()


@pytest.mark.usefixtures("opened", "folder")
def test_the_list_ends_with_the_newest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(tmp_path, last=1, json=True) == 0
    assert '"number": 2' in capsys.readouterr().out
    assert ask(tmp_path) == 0
    assert capsys.readouterr().out.rstrip().endswith("Second")


@pytest.mark.usefixtures("opened", "folder")
def test_a_number_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(tmp_path, show=3) == 2
    assert "they are numbered 1 to 2" in capsys.readouterr().err


def test_no_mail_and_a_mail_server_are_told_apart(
    tmp_path: Path, opened: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(tmp_path) == 2
    assert "there is no mail yet" in capsys.readouterr().err
    opened.settings.EMAIL_URL = "smtp://mail.example.org"
    assert ask(tmp_path) == 2
    assert "so mail goes there" in capsys.readouterr().err
