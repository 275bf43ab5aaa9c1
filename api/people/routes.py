"""How does a coordinator look after an organization's people?"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request

from api.fields import new_name_fault
from api.http.cursors import decode, invalid
from api.http.pages import Cursor, Id, Limit, page
from api.http.responses import documented
from api.invitations.quota import invite_waiting
from api.people import sql
from api.people.csv_import import read_people
from api.people.importing import import_people
from api.people.models import Imported, People, Person, PersonChange, PersonIn
from api.people.removal import remove
from api.people.rights import check_another_owner, lock_ownership, lock_person
from api.tenancy import Coordinator, Role, Transaction

router = APIRouter(prefix="/organizations/{slug}/people", tags=["people"])
Search = Annotated[str | None, Query(max_length=200, description="Part of a name or an address.")]
CSV_EXAMPLE = "name,email,phone\nAda Lindqvist,ada@example.org,+46 8 123\n"
CSV_BODY = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string", "examples": [CSV_EXAMPLE]}}},
    }
}


@router.get("", response_model=People)
async def list_people(
    scope: Coordinator, search: Search = None, role: Role | None = None, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """List the people by name."""
    after_name, after_id = decode(cursor, (str, int))
    after = {"after_name": after_name, "after_id": after_id}
    async with scope.begin() as tx:
        rows = await tx.rows(sql.PEOPLE, search=_pattern(search), role=role, limit=limit + 1, **after)
    return page(rows, limit, by=("name", "id"))


def _pattern(search: str | None) -> str | None:
    if not search:
        return None
    literal = search.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{literal}%"


@router.post("", status_code=201, response_model=Person, responses=documented(409))
async def add_person(scope: Coordinator, body: PersonIn) -> dict[str, Any]:
    """Write a volunteer down, who is invited: nothing else reaches them before they have said yes."""
    async with scope.begin() as tx:
        await tx.run(sql.LOCK_OWNERSHIP)
        added = await tx.row(sql.ADD, **body.model_dump())
        if added is None:
            raise HTTPException(409, "Somebody with this address is here already.")
        await invite_waiting(tx)
        return await tx.one(sql.PERSON, person_id=added["id"])


@router.patch("/{person_id}", response_model=Person, responses=documented(409))
async def change_person(scope: Coordinator, person_id: Id, body: PersonChange) -> dict[str, Any]:
    """Change what a person is called, or their number; an owner may change roles."""
    async with scope.begin() as tx:
        await _change(tx, person_id, body)
        return await tx.one(sql.PERSON, person_id=person_id)


async def _change(tx: Transaction, person_id: int, body: PersonChange) -> None:
    if body.role is not None:
        await lock_ownership(tx)
    person = await lock_person(tx, person_id)
    if body.name is not None and (fault := new_name_fault(body.name, person["name"])):
        raise invalid("name", fault, where="body")
    if person["role"] == Role.OWNER and body.role not in {None, Role.OWNER}:
        await check_another_owner(tx, person_id)
    await tx.run(sql.CHANGE, person_id=person_id, **body.model_dump())


@router.delete("/{person_id}", status_code=204, responses=documented(409))
async def remove_person(scope: Coordinator, person_id: Id) -> None:
    """Remove a person; what they signed up for is cancelled, and goes to who waits."""
    async with scope.begin() as tx:
        await remove(tx, person_id)


@router.post("/import", openapi_extra=CSV_BODY, responses=documented(415))
async def import_csv(scope: Coordinator, request: Request, *, dry_run: bool = False) -> Imported:
    """Write people down from CSV: UTF-8, `,` or `;`, the columns name, email and phone named in the first line.

    Lines that are wrong are left out and named, the others are written. With `dry_run` nothing is. Who is new is
    invited, so many a day as the organization may; nothing else reaches them before they have said yes.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/csv":
        raise HTTPException(415, "The body must be text/csv.")
    async with scope.begin():
        pass  # who may not import is told before the file is read
    read = await asyncio.to_thread(read_people, await request.body())
    async with scope.begin() as tx:
        return await import_people(tx, read, is_dry=dry_run)
