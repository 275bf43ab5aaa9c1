"""How does a mail leave? Over one connection for a batch; opened at the first mail, and anew after a failure."""

from __future__ import annotations

import contextlib
import smtplib
from typing import TYPE_CHECKING, Self

from django.core.mail import get_connection

if TYPE_CHECKING:
    from types import TracebackType

    from django.core.mail import EmailMessage
    from django.core.mail.backends.base import BaseEmailBackend


class UnreachableError(Exception):
    """The mail server does not take part; no message would get through just now."""


class Mailer:
    """Sends mails, and closes its connection at the end of the block."""

    def __init__(self) -> None:
        self._backend: BaseEmailBackend | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    def send(self, mail: EmailMessage) -> None:
        """Send a mail; raises UnreachableError, or what the server said about this mail."""
        backend = self._backend or self._open()
        mail.connection = backend
        try:
            mail.send()
        except Exception as error:
            self._close()  # who knows where the conversation stood
            if _is_cut(error):
                raise UnreachableError from error
            raise

    def _open(self) -> BaseEmailBackend:
        backend: BaseEmailBackend = get_connection()
        try:
            backend.open()
        except (OSError, smtplib.SMTPException) as error:
            raise UnreachableError from error
        self._backend = backend
        return backend

    def _close(self) -> None:
        backend, self._backend = self._backend, None
        if backend is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                backend.close()


def _is_cut(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPException):
        return isinstance(error, smtplib.SMTPServerDisconnected)
    return isinstance(error, OSError)
