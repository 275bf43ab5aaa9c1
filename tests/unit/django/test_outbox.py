"""Is a message tried again at sensible times, and does its error tell no secret?"""

from __future__ import annotations

import ast
import json
import smtplib
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from signups.outbox import debounce, mailer, retry

DJANGO = Path(__file__).resolve().parents[3] / "django"


def test_the_attempts_spread_over_about_a_day_and_never_come_at_the_same_time() -> None:
    waits = [retry.wait_after(attempts) for attempts in range(1, retry.MOST_ATTEMPTS)]
    assert timedelta(seconds=12) <= waits[0] <= timedelta(seconds=18)
    assert timedelta(hours=14) < sum(waits, timedelta()) < timedelta(hours=26)
    assert len({retry.wait_after(3) for _ in range(20)}) > 1


@pytest.mark.parametrize(
    ("answers", "hopeless"),
    [({"a": (550, b"no")}, True), ({"a": (450, b"later")}, False), ({"a": (550, b"no"), "b": (450, b"later")}, False)],
)
def test_only_an_address_refused_for_good_is_hopeless(answers: dict[str, Any], hopeless: bool) -> None:  # noqa: FBT001 - of a table
    assert retry.is_hopeless(smtplib.SMTPRecipientsRefused(answers)) is hopeless


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "ConnectionRefusedError: Connection refused"),
        (smtplib.SMTPAuthenticationError(535, b"bad\r\nlogin"), "SMTPAuthenticationError: 535 bad login"),
        (ValueError("password=canary"), "ValueError"),
        (smtplib.SMTPDataError(554, b"x" * 999), "SMTPDataError: 554 " + "x" * 281),
    ],
)
def test_an_error_is_described_without_what_it_may_hold(error: Exception, said: str) -> None:
    assert retry.describe(error) == said


def test_while_a_long_row_is_worked_off_nobody_begins_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("signups.outbox.debounce.time.monotonic", lambda: now[0])
    mine = debounce.Debounce(rest_s=1)
    assert mine.may_begin(goes_on=False)
    mine.note_more()
    assert (mine.may_begin(goes_on=False), mine.may_begin(goes_on=True)) == (False, True)
    now[0] += 1.5
    assert mine.may_begin(goes_on=False)


@pytest.mark.req("A-23")
def test_beats_schedule_names_tasks_that_there_are_and_lets_none_pile_up() -> None:
    code = (
        "from config.celery import app; app.loader.import_default_modules(); import signups.tasks;"
        "print({n: (e['task'] in app.tasks, e['schedule'], e['options']['expires']) for n, e in"
        " app.conf.beat_schedule.items()})"
    )
    environment = {"PYTHONPATH": str(DJANGO.parent), "DJANGO_SETTINGS_MODULE": "config.settings"}
    words = (sys.executable, "-c", f"import django; django.setup(); {code}")
    done = subprocess.run(words, cwd=DJANGO, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ast.literal_eval(done.stdout.splitlines()[-1]) == {
        "deliver": (True, 5.0, 5),
        "remind": (True, 600.0, 600),
        "invite": (True, 600.0, 600),
        "purge": (True, 3600.0, 3600),
    }


class Line:
    """A mail server's line: what is sent over it, and how often it was opened and closed."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.opened = self.closed = 0

    def open(self) -> None:
        """Count."""
        self.opened += 1

    def close(self) -> None:
        """Count."""
        self.closed += 1


class Letter:
    """A mail that notes over which line it went, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.connection: Any = None
        self._error = error

    def send(self) -> None:
        """Go."""
        if self._error:
            raise self._error
        self.connection.sent.append(self)


@pytest.mark.req("D-09")
def test_mails_go_over_one_line_and_over_a_new_one_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[Line] = []

    def connection() -> Line:
        lines.append(Line())
        return lines[-1]

    monkeypatch.setattr("signups.outbox.mailer.get_connection", connection)
    first, second, refused, cut, third = (
        *(Letter(), Letter()),
        *(Letter(smtplib.SMTPDataError(554, b"no")), Letter(smtplib.SMTPServerDisconnected())),
        Letter(),
    )
    with mailer.Mailer() as mine:
        send: Any = mine.send
        send(first)
        send(second)
        with pytest.raises(smtplib.SMTPDataError):
            send(refused)
        with pytest.raises(mailer.UnreachableError):
            send(cut)
        send(third)
    assert [one.sent for one in lines] == [[first, second], [], [third]]
    assert [(one.opened, one.closed) for one in lines] == [(1, 1)] * 3


@pytest.mark.req("B-14")
def test_what_was_not_delivered_is_a_warning_in_the_log() -> None:
    code = (
        "import django; django.setup(); from types import SimpleNamespace as N; from signups.outbox import delivery;"
        "m = N(pk=7, kind='register', attempts=0, save=lambda **_: None, state='pending');"
        "delivery._note_failure(m, ValueError('canary'))"
    )
    environment = {"PYTHONPATH": str(DJANGO.parent), "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        (sys.executable, "-c", code), cwd=DJANGO, env=environment, capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout.splitlines()[-1])
    expected = {"severity": "WARNING", "message": "message not delivered", "outbox_id": 7, "error": "ValueError"}
    assert said.items() >= expected.items()
