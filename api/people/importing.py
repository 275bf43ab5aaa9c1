"""What does an import change? People are made and brought up to date, never removed, and no role is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.fields import new_name_fault
from api.invitations.quota import invite_waiting
from api.people import sql
from api.people.csv_import import Given, Read
from api.people.models import Imported, Rejected
from api.tenancy import Role

if TYPE_CHECKING:
    from api.tenancy import Transaction


async def import_people(tx: Transaction, read: Read, *, is_dry: bool) -> Imported:
    """Write the people of a file down, or say what would come of it. Done twice, the second time changes nothing."""
    emails = [given.email for given in read.people.values()]
    known = {row["email"]: row for row in await tx.rows(sql.KNOWN, emails=emails)}
    rejected, created, updated = list(read.rejected), [], []
    for line, given in read.people.items():
        before = known.get(given.email)
        fault = new_name_fault(given.name, before["name"] if before else None)
        if fault:
            rejected.append(Rejected(line=line, why=f"name: {fault}"))
        elif before is None:
            created.append(given)
        elif not (change := _change(before, given)):
            continue
        elif tx.role is Role.OWNER or before["role"] == Role.VOLUNTEER:
            updated.append(change)
        else:
            rejected.append(Rejected(line=line, why="email: only an owner may change owners and coordinators"))
    if not is_dry:
        await tx.run(sql.LOCK_OWNERSHIP)  # before any person, as who changes roles does; the quota locks it too
        await _write(tx, created + updated)
        if created:
            await invite_waiting(tx)
    return Imported(created=len(created), updated=len(updated), rejected=sorted(rejected, key=lambda one: one.line))


def _change(before: dict[str, Any], given: Given) -> Given | None:
    """Return what a known person becomes; a number that the file leaves out stays."""
    after = given.model_copy(update={"phone": given.phone or before["phone"]})
    return None if (after.name, after.phone) == (before["name"], before["phone"]) else after


async def _write(tx: Transaction, people: list[Given]) -> None:
    if people:
        columns = {f"{name}s": [getattr(one, name) for one in people] for name in ("name", "email", "phone")}
        await tx.run(sql.IMPORT, **columns)
