"""How are events listed, shown, planned and changed?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, LiteralString

from fastapi import APIRouter, HTTPException, Path, Response

from api.database.pool import fetch
from api.dependencies import Opened, Resources
from api.events import models, pages, sql, times, transitions
from api.events.pages import Cursor, Limit, Search
from api.events.search_limit import ConcurrencyLimit
from api.http.responses import documented
from api.idempotency import Once
from api.shifts import sql as shifts_sql
from api.tenancy import Anyone, Coordinator, Scope, Slug, Transaction

router = APIRouter(tags=["events"])
EventId = Annotated[int, Path(ge=1, le=2**63 - 1)]
SEARCHES = ConcurrencyLimit()
OF_ORGANIZATION = "/organizations/{slug}/events"


@router.get("/events", response_model=models.EventCards)
async def list_all_events(
    opened: Opened, limit: Limit = pages.USUAL_LIMIT, cursor: Cursor = None, search: Search = None
) -> Response:
    """List the published events of all organizations that are not over, the next one first."""
    words = pages.patterns(search) if search else []
    if words:
        start = pages.upcoming(cursor)
        async with SEARCHES.slot(is_held=opened.pool.outage.is_short()):
            (row,) = await fetch(opened.pool, sql.PUBLIC_EVENTS_WITH_WORDS, limit=limit, patterns=words, **start)
        return pages.cards(row)
    return pages.cards(await _page(opened, sql.PUBLIC_EVENTS, 0, limit, cursor) or {})


@router.get(OF_ORGANIZATION, response_model=models.EventCards)
async def list_events(opened: Opened, slug: Slug, limit: Limit = pages.USUAL_LIMIT, cursor: Cursor = None) -> Response:
    """List an organization's published events that are not over, the next one first."""
    row = await _page(opened, sql.PUBLIC_EVENTS_OF_ORGANIZATIONS, slug, limit, cursor)
    if row is None:
        raise HTTPException(404, "There is no such organization.")
    return pages.cards(row)


async def _page(
    opened: Resources, statement: LiteralString, key: int | str, limit: int, cursor: str | None
) -> dict[str, Any] | None:
    """Read a page of a public list; what is asked for most, the first one, is batched."""
    if cursor is None and limit == pages.USUAL_LIMIT:
        return await opened.batched.row(statement, key, limit=limit, after_at=None, after_id=None)
    found = await fetch(opened.pool, statement, keys=[key], limit=limit, **pages.upcoming(cursor))
    return found[0] if found else None


@router.get("/events/{event_id}", response_model=models.Event)
async def read_event(scope: Anyone, event_id: EventId) -> Response:
    """Read an event that is or was published, with its shifts; a draft is there for its coordinators alone."""
    found = await scope.opened.batched.row(sql.PUBLIC_EVENTS_BY_ID, event_id)
    text = found["event"] if found else await _draft(scope, event_id)
    if text is None:
        raise HTTPException(404, "There is no such event.")
    return Response(text.encode(), media_type="application/json")


async def _draft(scope: Scope, event_id: int) -> str | None:
    if scope.access is None:
        return None
    async with scope.begin() as tx:
        for own in await tx.rows(sql.OWN_COORDINATED):
            await tx.enter(own["organization_id"])
            row = await tx.row(sql.EVENT_AS_TEXT, event_id=event_id)
            if row is not None:
                return str(row["event"])
    return None


@router.get("/organizations/{slug}/overview", response_model=models.Overview)
async def read_overview(
    scope: Coordinator, *, past: bool = False, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """List an organization's events in every state with their shifts: what is to come, or what is over."""
    async with scope.begin() as tx:
        if past:
            found = await tx.rows(sql.OVERVIEW_PAST, limit=limit, **pages.past(cursor))
        else:
            found = await tx.rows(sql.OVERVIEW_UPCOMING, limit=limit, **pages.upcoming(cursor))
    return pages.rows(found, limit)


@router.post(OF_ORGANIZATION, status_code=201, response_model=models.Event)
async def plan_event(scope: Coordinator, once: Once, body: models.EventIn) -> Response:
    """Plan an event with its shifts, as a draft or published at once."""
    is_published = body.state == "published"
    times.refuse(times.faults_of_plan(body, body.shifts, now=datetime.now(UTC), is_published=is_published))
    if is_published and not body.shifts:
        raise HTTPException(409, transitions.NEEDS_A_SHIFT)
    async with scope.begin() as tx:
        return await once.do(tx, 201, lambda: _plan(tx, body))


async def _plan(tx: Transaction, body: models.EventIn) -> models.Event:
    event = await tx.one(sql.ADD, **body.model_dump(exclude={"shifts"}))
    if body.shifts:
        columns = {
            "titles": [shift.title for shift in body.shifts],
            "starts": [shift.starts_at for shift in body.shifts],
            "ends": [shift.ends_at for shift in body.shifts],
            "capacities": [shift.capacity for shift in body.shifts],
        }
        await tx.run(shifts_sql.ADD, event_id=event["id"], **columns)
        await tx.run(shifts_sql.COUNT_EVENT, event_id=event["id"])
    return models.Event.model_validate(await tx.one(sql.EVENT, event_id=event["id"]))


@router.get(OF_ORGANIZATION + "/{event_id}", response_model=models.Event)
async def read_own_event(scope: Coordinator, event_id: EventId) -> dict[str, Any]:
    """Read an event of the organization in any state."""
    async with scope.begin() as tx:
        return await tx.one(sql.EVENT, event_id=event_id)


@router.patch(OF_ORGANIZATION + "/{event_id}", response_model=models.Event, responses=documented(409))
async def change_event(scope: Coordinator, event_id: EventId, body: models.EventChange) -> dict[str, Any]:
    """Change an event: publish it, move it, cancel it. Who is signed up for what is cancelled gets a mail."""
    async with scope.begin() as tx:
        await transitions.change(tx, event_id, body)
        return await tx.one(sql.EVENT, event_id=event_id)


@router.delete(OF_ORGANIZATION + "/{event_id}", status_code=204, responses=documented(409))
async def delete_event(scope: Coordinator, event_id: EventId) -> None:
    """Delete a draft. What was published is cancelled instead: people rely on it."""
    async with scope.begin() as tx:
        event = await tx.one(sql.LOCKED, event_id=event_id)
        if event["state"] != "draft":
            raise HTTPException(409, "Only a draft can be deleted; a published event can be cancelled.")
        await tx.run(sql.DELETE, event_id=event_id)
