"""How are the messages done that are due? One transaction each: locked, done, marked; a killed worker loses none.

A mail with a link takes two: the first stores what the link is known by. Who gets a mail may open it before the mail
server has answered the sender.

Whoever finds a message locked takes the next one, so any number of workers share the work. A worker that dies between
sending and marking sends again: under the same Message-ID, with the same links.
"""

from __future__ import annotations

import time
from collections import Counter

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models.functions import Now

from signups.models import OutboxMessage
from signups.outbox.handlers import give_up, handle
from signups.outbox.mailer import Mailer, UnreachableError
from signups.outbox.outcome import LINK_STORED, Outcome
from signups.outbox.retry import MOST_ATTEMPTS, describe, is_hopeless, wait_after

log = structlog.stdlib.get_logger("slipway.outbox")
State = OutboxMessage.State
LINK_STORED_ONLY = "link stored"


def deliver_for(batch_s: float) -> tuple[Counter[str], bool]:
    """Do messages until none is due or the time is up; return how many ended how, and whether more are due."""
    deadline, done = time.monotonic() + batch_s, Counter[str]()
    with Mailer() as mailer:
        while time.monotonic() < deadline:
            try:
                outcome = deliver_one(mailer)
            except UnreachableError:
                done["unreachable"] += 1
                return done, False  # the next one would not get through either
            if outcome is None:
                return done, False
            if outcome != LINK_STORED_ONLY:
                done[outcome] += 1
    return done, True


def deliver_one(mailer: Mailer) -> str | None:
    """Do the first message that is due; return its new state (pending: it failed for now), None when none is due.

    Or LINK_STORED_ONLY: the message is due as before, and its link works.
    """
    with transaction.atomic():
        due = OutboxMessage.objects.filter(state=State.PENDING, due_at__lte=Now()).order_by("due_at", "id")
        message = due.select_for_update(skip_locked=True, of=("self",)).first()
        if message is None:
            return None
        ended = _try(message, mailer)
    if isinstance(ended, UnreachableError):
        raise ended  # now that it was noted
    return LINK_STORED_ONLY if ended is LINK_STORED else str(message.state)


def _try(message: OutboxMessage, mailer: Mailer) -> Outcome | Exception:
    """Do a message and note how it ended; return that, or what went wrong."""
    try:
        with transaction.atomic():  # what was half done, is not
            outcome = handle(message, mailer)
    except (DatabaseError, InterfaceError) as error:
        if not connection.is_usable():
            raise  # nothing can be noted either
        return _note_failure(message, error)
    except Exception as error:  # noqa: BLE001 - one bad message holds up no other
        return _note_failure(message, error)
    if outcome is LINK_STORED:
        return outcome
    message.state, message.last_error, message.done_at = outcome.state, outcome.why, Now()
    message.attempts += 1
    message.save(update_fields=["state", "last_error", "done_at", "attempts"])
    return outcome


def _note_failure(message: OutboxMessage, error: Exception) -> Exception:
    message.attempts += 1
    message.last_error = describe(error)
    if message.attempts >= MOST_ATTEMPTS or is_hopeless(error):
        message.state, message.done_at = State.FAILED, Now()
        give_up(message)
    else:
        message.due_at = Now() + wait_after(message.attempts)
    message.save(update_fields=["attempts", "last_error", "state", "done_at", "due_at"])
    names = {"outbox_id": message.pk, "kind": message.kind, "attempts": message.attempts}
    log.warning("message not delivered", state=message.state, error=message.last_error, **names)
    return error
