"""When is a message tried again, and when never? Quickly at first, then ever more slowly, for about a day."""

from __future__ import annotations

import random
import smtplib
from datetime import timedelta

MOST_ATTEMPTS = 10
FIRST_S = 15
FACTOR = 3
LONGEST_S = 8 * 3600
JITTER = 0.2  # so that what failed together does not come back together
LONGEST_ERROR = 300


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts."""
    seconds = min(LONGEST_S, FIRST_S * FACTOR ** (attempts - 1))
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - no secret hangs on it


def is_hopeless(error: Exception) -> bool:
    """Tell whether the mail server refused the address for good."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return all(code // 100 == 5 for code, _ in error.recipients.values())  # noqa: PLR2004 - SMTP: 5xx is for good


def describe(error: Exception) -> str:
    """Say what went wrong, in words that hold no secret: of an unknown error its kind alone."""
    cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
    name = type(cause).__name__
    said = _said(cause)
    return " ".join(f"{name}: {said}".split())[:LONGEST_ERROR] if said else name


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_text(words)}" for code, words in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return str(error)
    if isinstance(error, OSError):
        return error.strerror or ""
    return ""


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
