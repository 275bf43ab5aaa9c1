"""Who was written down and still has to be asked? More of them every day, as many as there may be mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from api.shared.quota import INVITE_WAITING, STANDING, Standing
from signups.models import Member, Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from django.db.backends.utils import CursorWrapper

ORGANIZATIONS = """
    SELECT DISTINCT member.organization_id FROM signups_member AS member
     WHERE member.confirmed_at IS NULL AND NOT EXISTS (
           SELECT FROM signups_invitation AS earlier
            WHERE earlier.organization_id = member.organization_id AND earlier.email = member.email)
     ORDER BY member.organization_id
"""


def invite_waiting() -> int:
    """Invite them, in the name of the first owner; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(ORGANIZATIONS)
        ids = [pk for (pk,) in cursor.fetchall()]
    return sum(_invite(pk) for pk in ids)


def _invite(organization_id: int) -> int:
    owners = Member.objects.filter(organization=organization_id, role=Role.OWNER, user__isnull=False)
    owner = owners.order_by("pk").first()
    if owner is None:
        return 0
    named: dict[str, int | None] = {
        "organization_id": organization_id,
        "user_id": owner.user_id,
        "member_id": owner.pk,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        left = Standing(**_row(cursor, STANDING, named)).left
        return int(_row(cursor, INVITE_WAITING, named | {"most": left})["count"]) if left else 0


def _row(cursor: CursorWrapper, query: str, named: Mapping[str, int | None]) -> dict[str, Any]:
    cursor.execute(query, named)
    names = [column.name for column in cursor.description or ()]
    return dict(zip(names, cursor.fetchone() or (), strict=True))
