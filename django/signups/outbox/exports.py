"""What is in the file of an organization's people?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.db.models.functions import Now

from api.shared.csv_text import csv_bytes
from signups.models import Export, Member, OutboxMessage, SignUp
from signups.outbox.outcome import SENT, Outcome, dropped

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = ("name", "email", "phone", "role", "joined", "sign_ups", "attended", "missed")


def export(message: OutboxMessage) -> Outcome:
    """Write the file; whoever asked for it fetches it."""
    wanted = Export.objects.filter(pk=message.payload["export_id"]).first()
    if wanted is None:
        return dropped("nobody wants this file any more")
    rows = list(_rows(wanted.organization_id))
    wanted.content, wanted.rows, wanted.ready_at = csv_bytes(HEADER, rows), len(rows), Now()
    wanted.save(update_fields=["content", "rows", "ready_at"])
    return SENT


def give_up(message: OutboxMessage) -> None:
    """Say on the export that there will be no file."""
    pending = Export.objects.filter(pk=message.payload.get("export_id"), ready_at=None)
    pending.update(error="The file could not be made. Please ask for a new one.")


def _rows(organization_id: int) -> Iterator[tuple[object, ...]]:
    signed_up = Count("sign_ups", filter=~Q(sign_ups__state=SignUp.State.CANCELLED))
    came = Count("sign_ups", filter=Q(sign_ups__attended=True))
    missed = Count("sign_ups", filter=Q(sign_ups__attended=False))
    people = Member.objects.filter(organization=organization_id).annotate(n=signed_up, came=came, missed=missed)
    for one in people.order_by("name", "pk"):
        joined = f"{one.joined_at:%Y-%m-%d}"
        yield one.name, one.email, one.phone, one.role, joined, one.n, one.came, one.missed
