"""How is an organization founded, shown and changed?"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Response

from api.dependencies import Opened
from api.fields import new_name_fault
from api.http.cursors import invalid
from api.idempotency import Once
from api.organizations import models, sql
from api.organizations.slugs import candidates
from api.tenancy import Owner, SignedIn, Slug, Transaction

router = APIRouter(tags=["organizations"])
ATTEMPTS = 3


@router.get("/organizations/{slug}", response_model=models.Organization)
async def read_organization(opened: Opened, slug: Slug) -> Response:
    """Read what an organization says of itself."""
    row = await opened.batched.row(sql.PUBLIC_ORGANIZATIONS, slug)
    if row is None:
        raise HTTPException(404, "There is no such organization.")
    return Response(row["organization"].encode(), media_type="application/json")


@router.post("/organizations", status_code=201, response_model=models.Organization)
async def found_organization(scope: SignedIn, once: Once, body: models.OrganizationIn) -> Response:
    """Found an organization; who does it is its owner. 409 when the slug that is asked for is taken."""
    async with scope.begin() as tx:
        return await once.do(tx, 201, lambda: _found(tx, body))


async def _found(tx: Transaction, body: models.OrganizationIn) -> dict[str, Any]:
    for _ in range(ATTEMPTS):  # a made slug may be taken between choosing and storing it
        slugs = [body.slug] if body.slug else candidates(body.name)
        row = await tx.row(sql.FOUND, name=body.name, slugs=slugs, description=body.description)
        if row is not None:
            await tx.enter(row["id"])
            await tx.run(sql.JOIN_AS_OWNER)
            return row
        if body.slug:
            break
    raise HTTPException(409, "Another organization has this slug.")


@router.patch("/organizations/{slug}", response_model=models.Organization)
async def change_organization(scope: Owner, body: models.OrganizationChange) -> dict[str, Any]:
    """Change the name or the description; the slug stays, because links hold it."""
    async with scope.begin() as tx:
        if body.name is not None:
            fault = new_name_fault(body.name, (await tx.one(sql.NAME))["name"])
            if fault:
                raise invalid("name", fault, where="body")
        return await tx.one(sql.CHANGE, name=body.name, description=body.description)
