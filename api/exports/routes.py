"""How does a coordinator get the people as a file? Ask for it, look whether it is ready, fetch it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from api.exports import sql
from api.exports.models import Export, Exports
from api.http.cursors import decode
from api.http.pages import Cursor, Id, Limit, page
from api.http.responses import documented
from api.idempotency import Once
from api.tenancy import Coordinator, Transaction

router = APIRouter(prefix="/organizations/{slug}/exports", tags=["exports"])
CSV_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
    **documented(409),
}


@router.post("", status_code=202, response_model=Export)
async def request_export(scope: Coordinator, once: Once) -> Response:
    """Have the worker make a CSV file of the people; while one is made, it is that one."""
    async with scope.begin() as tx:
        return await once.do(tx, 202, lambda: _request(tx))


async def _request(tx: Transaction) -> Export:
    found = await tx.row(sql.UNDER_WAY)
    if found is None:
        found = await tx.one(sql.REQUEST)
        tx.tell()
    return Export.model_validate(found)


@router.get("", response_model=Exports)
async def list_exports(scope: Coordinator, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """List the exports of the last day, the newest first."""
    after_time, after_id = decode(cursor, (datetime, int))
    async with scope.begin() as tx:
        rows = await tx.rows(sql.EXPORTS, after_time=after_time, after_id=after_id, limit=limit + 1)
    return page(rows, limit, by=("created_at", "id"))


@router.get("/{export_id}", response_model=Export)
async def read_export(scope: Coordinator, export_id: Id) -> dict[str, Any]:
    """Read whether an export is ready."""
    async with scope.begin() as tx:
        return await tx.one(sql.EXPORT, export_id=export_id)


@router.get("/{export_id}/file", response_class=Response, responses=CSV_ANSWER)
async def read_file(scope: Coordinator, export_id: Id) -> Response:
    """Fetch the file."""
    async with scope.begin() as tx:
        found = await tx.one(sql.FILE, export_id=export_id)
    if found["content"] is None:
        raise HTTPException(409, found["error"] or "The file is still being made.")
    name = f"people-{found['slug']}-{found['created_at']:%Y-%m-%d}.csv"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(found["content"], 200, headers, "text/csv; charset=utf-8")
