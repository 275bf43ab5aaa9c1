"""What has served its time, and is deleted? Tokens, answers and files of old, and accounts that nobody confirmed."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from signups.models import Export, IdempotencyKey, OneTimeToken, OutboxMessage, RefreshToken, Tick, User

BATCH = 2_000  # rows of one transaction: short locks, and a stop loses little
LIMIT_S = 20.0  # the rest an hour later
DAY = timedelta(days=1)


def purge() -> dict[str, int]:
    """Delete in small steps until nothing is left or the time is up; return how many rows of each."""
    deadline = time.monotonic() + LIMIT_S
    return {name: _delete(rows, deadline) for name, rows in _expired().items()}


def _expired() -> dict[str, QuerySet[Any]]:
    return {
        "one_time_tokens": OneTimeToken.objects.filter(expires_at__lt=Now()),
        "refresh_tokens": RefreshToken.objects.filter(expires_at__lt=Now()),
        "idempotency_keys": IdempotencyKey.objects.filter(created_at__lt=Now() - DAY),
        "exports": Export.objects.filter(created_at__lt=Now() - DAY),
        "outbox": OutboxMessage.objects.filter(done_at__lt=Now() - 30 * DAY),
        "accounts": _never_confirmed(),
        "ticks": Tick.objects.filter(due_at__lt=Now() - 7 * DAY),
    }


def _never_confirmed() -> QuerySet[User]:
    """Accounts that were asked for and never used: no password was ever chosen, and they belong nowhere."""
    no_password = Q(password="") | Q(password__startswith="!")  # noqa: S106 - the mark of no password
    return User.objects.filter(
        no_password, confirmed_at=None, date_joined__lt=Now() - 7 * DAY, is_staff=False, members__isnull=True
    )


def _delete(rows: QuerySet[Any], deadline: float) -> int:
    deleted = 0
    while time.monotonic() < deadline:
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        rows.model.objects.filter(pk__in=ids).delete()
        deleted += len(ids)
        if len(ids) < BATCH:
            break
    return deleted
