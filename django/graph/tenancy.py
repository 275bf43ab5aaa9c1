"""Who asks, and in which organization do they look? Each request has one `Caller`, and each query goes through `own`.

Everything of a request happens in one transaction with the rights of the API's role, so that row-level security is the
second wall here as it is there. The conditions that `own` adds are the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection
from django.db.models import Model, QuerySet
from signups.models import Role

from graph.refusals import RefusedError, not_found

STATEMENT_TIMEOUT_MS = "5000"
BIGGEST_ID = 2**63 - 1
COORDINATORS = frozenset({Role.OWNER, Role.COORDINATOR})
TAKE_ROLE = "SELECT set_config('role', %s, true), set_config('statement_timeout', %s, true)"
ENTER_ACCOUNT = """
    SELECT set_config('slipway.user_id', id::text, true) FROM signups_user
     WHERE id = %s AND token_version = %s AND is_active
"""
# A stranger looks at an organization without being in it: the setting of row-level security stays empty.
ENTER_ORGANIZATION = """
    SELECT organization.id, member.id, member.role,
           set_config('slipway.organization_id',
                      CASE WHEN member.id IS NULL THEN '' ELSE organization.id::text END, true)
      FROM signups_organization AS organization
      LEFT JOIN signups_member AS member ON member.organization_id = organization.id AND member.user_id = %s
     WHERE {condition}
"""
ENTER_BY_SLUG = ENTER_ORGANIZATION.format(condition="organization.slug = %s")
ENTER_BY_ID = ENTER_ORGANIZATION.format(condition="organization.id = %s")
JOIN = "SELECT set_config('slipway.organization_id', %s, true)"
Rows = TypeVar("Rows", bound=Model)


@dataclass
class Caller:
    """An account or nobody, and the organization that is looked at; `member_id` and `role` when it is their own."""

    user_id: int | None = None
    organization_id: int | None = None
    member_id: int | None = None
    role: str | None = None

    @property
    def is_coordinator(self) -> bool:
        """Whether they may see and change what belongs to the organization."""
        return self.role in COORDINATORS

    @property
    def myself(self) -> int:
        """Who they are in the organization; 0 is nobody."""
        return self.member_id or 0

    def enter(self, slug: str) -> None:
        """Look at an organization from now on; raises when there is none of that name."""
        self._enter(ENTER_BY_SLUG, slug)

    def enter_by_id(self, organization_id: int | None) -> None:
        """Look at the organization in which something was found."""
        self._enter(ENTER_BY_ID, organization_id)

    def join(self) -> None:
        """Work in the organization although not in it yet: whoever signs up becomes a volunteer there."""
        row(JOIN, str(self.organization_id))

    def must_be_signed_in(self) -> int:
        """Return the account; raise without one."""
        if self.user_id is None:
            raise RefusedError("UNAUTHENTICATED", "This needs an access token.")
        return self.user_id

    def must_coordinate(self) -> None:
        """Raise unless the caller is a coordinator or owner of the organization."""
        self.must_be_signed_in()
        if not self.is_coordinator:
            raise RefusedError("FORBIDDEN", "Your role in this organization does not allow that.")

    def _enter(self, sql: str, which: int | str | None) -> None:
        found = row(sql, self.user_id, which)
        if found is None:
            raise not_found()
        self.organization_id, self.member_id, self.role = found[:3]


def begin(user_id: int | None, version: int | None) -> Caller | None:
    """Take the API's role until the transaction ends; return the caller, or None when their tokens are void."""
    row(TAKE_ROLE, settings.API_ROLE, STATEMENT_TIMEOUT_MS)
    if user_id is not None and row(ENTER_ACCOUNT, user_id, version) is None:
        return None
    return Caller(user_id)


def own(rows: QuerySet[Rows], caller: Caller) -> QuerySet[Rows]:
    """Narrow rows to the organization that the caller looks at. The one place where GraphQL does so."""
    return rows.filter(organization_id=caller.organization_id) if caller.organization_id else rows.none()


def row(sql: str, *parameters: int | str | None) -> tuple[Any, ...] | None:
    """Run a statement and return its first row."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: tuple[Any, ...] | None = cursor.fetchone()
        return found


def whole(text: str) -> int:
    """Read an id; what cannot be one is not found."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= BIGGEST_ID):  # noqa: PLR2004 - as the limit
        raise not_found()
    return int(text)
