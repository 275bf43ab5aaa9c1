"""How does a coordinator tell something to many, and what was told?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from api.announcements import sql
from api.announcements.models import Announcement, AnnouncementIn, Announcements
from api.http.cursors import decode
from api.http.pages import Cursor, Limit, page
from api.http.responses import documented
from api.idempotency import Once
from api.invitations import quota
from api.tenancy import Coordinator, Transaction

router = APIRouter(prefix="/organizations/{slug}/announcements", tags=["announcements"])


@router.get("", response_model=Announcements)
async def list_announcements(scope: Coordinator, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """List what was announced, the newest first."""
    after_time, after_id = decode(cursor, (datetime, int))
    async with scope.begin() as tx:
        rows = await tx.rows(sql.ANNOUNCEMENTS, after_time=after_time, after_id=after_id, limit=limit + 1)
    return page(rows, limit, by=("created_at", "id"))


@router.post("", status_code=202, response_model=Announcement, responses=documented(429))
async def announce(scope: Coordinator, once: Once, body: AnnouncementIn) -> Response:
    """Send a mail to everyone, or to who signed up for an event; the worker makes one for each of them."""
    async with scope.begin() as tx:
        return await once.do(tx, 202, lambda: _announce(tx, body))


async def _announce(tx: Transaction, body: AnnouncementIn) -> Announcement:
    if body.event_id is not None and await tx.row(sql.EVENT, event_id=body.event_id) is None:
        raise HTTPException(404, "There is no such event in this organization.")
    expected = (await tx.one(sql.AUDIENCE, event_id=body.event_id, audience=body.audience))["count"]
    await quota.take(tx, expected)
    made = await tx.one(sql.ANNOUNCE, **body.model_dump(), expected=expected)
    tx.tell()
    return Announcement.model_validate(await tx.one(sql.ANNOUNCEMENT, announcement_id=made["id"]))
