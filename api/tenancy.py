"""Who asks, and whose rows may they touch? Every query of a tenant goes through a `Transaction` that is made here.

A route names what it needs (`Anyone`, `SignedIn`, `Member`, `Coordinator`, `Owner`) and opens it:

    async def list_people(scope: Coordinator) -> ...:
        async with scope.begin() as tx:
            rows = await tx.rows(sql.PEOPLE, limit=50)

The transaction knows account and organization, gives them to each statement as parameters, and to row-level security
as settings that end with it.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, LiteralString

import structlog
from fastapi import Depends, HTTPException, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.dependencies import Opened, Resources
from api.http.responses import ANYONE
from api.shared import again
from api.shared.tokens import Access, TokenError

if TYPE_CHECKING:
    from psycopg import AsyncConnection, AsyncCursor
    from psycopg.rows import DictRow

bearer = HTTPBearer(auto_error=False, scheme_name="access_token", bearerFormat="JWT")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
Slug = Annotated[str, Path(min_length=3, max_length=80, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]

ENTER_ACCOUNT: LiteralString = """
    SELECT set_config('slipway.user_id', id::text, true) FROM signups_user
     WHERE id = %(user_id)s AND token_version = %(version)s AND is_active
"""
ENTER_ORGANIZATION: LiteralString = """
    SELECT organization.id, member.id AS member_id, member.role,
           CASE WHEN member.id IS NOT NULL
                THEN set_config('slipway.organization_id', organization.id::text, true) END AS entered
      FROM signups_organization AS organization
      LEFT JOIN signups_member AS member
        ON member.organization_id = organization.id AND member.user_id = %(user_id)s
     WHERE organization.slug = %(slug)s
"""
ENTER_TENANT: LiteralString = "SELECT set_config('slipway.organization_id', %(organization_id)s::text, true)"


class Role(StrEnum):
    """What a member may do, from all to little."""

    OWNER = "owner"
    COORDINATOR = "coordinator"
    VOLUNTEER = "volunteer"


COORDINATORS = frozenset({Role.OWNER, Role.COORDINATOR})
OWNERS = frozenset({Role.OWNER})


@dataclass
class Transaction:
    """One transaction of the database, by somebody, in an organization or in none yet."""

    connection: AsyncConnection[DictRow]
    user_id: int | None = None
    organization_id: int | None = None
    member_id: int | None = None
    role: Role | None = None
    has_told: bool = field(default=False, init=False)
    has_changed: bool = field(default=False, init=False)

    async def rows(self, sql: LiteralString, **parameters: object) -> list[dict[str, Any]]:
        """Run a statement and return its rows."""
        return await (await self._execute(sql, parameters)).fetchall()

    async def row(self, sql: LiteralString, **parameters: object) -> dict[str, Any] | None:
        """Run a statement and return its first row, if there is one."""
        return await (await self._execute(sql, parameters)).fetchone()

    async def one(self, sql: LiteralString, **parameters: object) -> dict[str, Any]:
        """Run a statement and return its row; none is a 404."""
        found = await self.row(sql, **parameters)
        if found is None:
            raise HTTPException(404)
        return found

    async def run(self, sql: LiteralString, **parameters: object) -> int:
        """Run a statement and return how many rows it touched."""
        return (await self._execute(sql, parameters)).rowcount

    async def enter(self, organization_id: int) -> None:
        """Work in an organization that was found by a row or a token instead of by membership."""
        await self.connection.execute(ENTER_TENANT, {"organization_id": organization_id})
        self.organization_id = organization_id

    def tell(self) -> None:
        """Note that the outbox has something: the worker is woken after the commit."""
        self.has_told = True

    async def _execute(self, sql: LiteralString, parameters: dict[str, object]) -> AsyncCursor[DictRow]:
        self.has_changed = self.has_changed or again.may_change(sql)
        return await self.connection.execute(sql, self._named(parameters))

    def _named(self, parameters: dict[str, object]) -> dict[str, object]:
        return {
            "user_id": self.user_id,
            "organization_id": self.organization_id,
            "member_id": self.member_id,
            **parameters,
        }


@dataclass(frozen=True)
class Scope:
    """What a route may do; nothing is asked of the database before `begin`."""

    opened: Resources
    access: Access | None = None
    slug: str | None = None
    roles: frozenset[Role] = frozenset(Role)

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """Open the transaction; it commits at the end of the block, and not when something is raised."""
        async with self.opened.pool.connection() as connection, connection.transaction():
            tx = Transaction(connection, self.access.user_id if self.access else None)
            await self._enter(tx)
            yield tx
            if tx.has_changed:
                again.committing()
        if tx.has_told:
            self.opened.tasks.wake_worker()

    async def _enter(self, tx: Transaction) -> None:
        if self.access is not None:
            known = await tx.row(ENTER_ACCOUNT, version=self.access.version)
            if known is None:
                raise unauthorized("The access token is no longer good.")
        if self.slug is None:
            return
        found = await tx.row(ENTER_ORGANIZATION, slug=self.slug)
        if found is None:
            raise HTTPException(404, "There is no such organization.")
        if found["role"] not in self.roles:
            raise HTTPException(403, "Your role in this organization does not allow that.")
        tx.organization_id, tx.member_id, tx.role = found["id"], found["member_id"], Role(found["role"])


def unauthorized(detail: str) -> HTTPException:
    """Build the 401 that asks for an access token."""
    return HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})


async def _access(request: Request, opened: Opened, credentials: Credentials) -> Access | None:
    if credentials is None:
        if "authorization" in request.headers:
            raise unauthorized("The Authorization header must hold a Bearer token.")
        return None
    try:
        access = opened.tokens.read_access(credentials.credentials)
    except TokenError as error:
        raise unauthorized(f"The access token is not good: {error}.") from error
    structlog.contextvars.bind_contextvars(user_id=access.user_id)
    return access


GivenAccess = Annotated[Access | None, Depends(_access)]


async def _anyone(opened: Opened, access: GivenAccess) -> Scope:
    return Scope(opened, access)


async def _signed_in(opened: Opened, access: GivenAccess) -> Scope:
    if access is None:
        raise unauthorized("This needs an access token.")
    return Scope(opened, access)


def _member(roles: frozenset[Role]) -> Callable[..., Awaitable[Scope]]:
    async def scope(opened: Opened, access: GivenAccess, slug: Slug) -> Scope:
        if access is None:
            raise unauthorized("This needs an access token.")
        return Scope(opened, access, slug, roles)

    return scope


# The scopes are for the OpenAPI document alone: who may use a route stands beside it.
Anyone = Annotated[Scope, Security(_anyone, scopes=[ANYONE])]
SignedIn = Annotated[Scope, Depends(_signed_in)]
Member = Annotated[Scope, Security(_member(frozenset(Role)), scopes=["member"])]
Coordinator = Annotated[Scope, Security(_member(COORDINATORS), scopes=["coordinator"])]
Owner = Annotated[Scope, Security(_member(OWNERS), scopes=["owner"])]
