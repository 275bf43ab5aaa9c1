"""Django's backend for PostgreSQL, as the API's pool is: an outage that may be short is waited for.

What Django does in a transaction is asked again as api/shared/again.py says; here it is seen when one is about to
commit. A statement outside of a transaction commits by itself, so one that may change something counts as well.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool, PoolTimeout

from api.shared.again import committing, may_change
from api.shared.outage import AGAIN_S, STOPPING, Outage, is_open, takes_changes

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg.errors import Diagnostic

OUTAGE = Outage(hold_s=settings.DATABASE_HOLD_SECONDS)


class Patient(psycopg.Connection[Any]):
    """A connection that is asked for again as long as the outage is short."""

    @classmethod
    def connect(cls, *arguments: Any, **more: Any) -> Patient:
        """Connect; raises psycopg.OperationalError when the outage is no short one."""
        while True:
            try:
                connection = super().connect(*arguments, **more)
            except psycopg.OperationalError:
                OUTAGE.lost()
                if not OUTAGE.is_short():
                    raise
                time.sleep(AGAIN_S)
            else:
                OUTAGE.found(takes_changes=takes_changes(connection))
                connection.add_notice_handler(_heard)
                return connection


class Pool(ConnectionPool[Patient]):
    """The server's pool; a connection that the server has closed is not given to anybody."""

    @property
    def max_waiting(self) -> int:
        """How many may wait: as many in a second as always, for as long as an outage may be short."""
        is_away = OUTAGE.is_short() or OUTAGE.ended_within(self.timeout)
        return int(self._max_waiting * max(1.0, OUTAGE.hold_s / self.timeout)) if is_away else self._max_waiting

    @max_waiting.setter
    def max_waiting(self, most: int) -> None:
        self._max_waiting = most

    def getconn(self, timeout: float | None = None) -> Patient:
        """Return a connection; wait longer while an outage may be short."""
        while True:
            connection = self._taken(self.timeout if timeout is None else timeout)
            if is_open(connection):
                return connection
            OUTAGE.lost()
            connection.close()
            self.putconn(connection)
            self.drain()

    def _taken(self, timeout_s: float) -> Patient:
        while True:
            try:
                return super().getconn(max(timeout_s, OUTAGE.left_s()))
            except PoolTimeout:
                if not (OUTAGE.is_short() or OUTAGE.ended_within(timeout_s)):
                    raise


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, with that pool and those connections."""

    _connection_pools: dict[str, Pool] = {}  # noqa: RUF012 - of the class, as Django's own
    _has_changed = False  # something, in this transaction

    @property
    def pool(self) -> Pool | None:
        """Return the pool of this process, None where it keeps none."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if not options:
            return None
        if self.alias not in self._connection_pools:
            made = Pool(
                kwargs={**self.get_connection_params(), "autocommit": True},  # Django sets it later on
                connection_class=Patient,
                open=False,
                configure=self._configure_connection,  # type: ignore[attr-defined]  # the stubs do not know it
                **options,
            )
            self._connection_pools.setdefault(self.alias, made)
        return self._connection_pools[self.alias]

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open a connection where there is no pool."""
        if self.pool:
            return super().get_new_connection(conn_params)
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        return Patient.connect(**conn_params)

    def init_connection_state(self) -> None:
        """See each statement that is not in a transaction."""
        super().init_connection_state()
        if self._see not in self.execute_wrappers:
            self.execute_wrappers.append(self._see)

    def _see(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's own
        if may_change(str(sql)):
            self._has_changed = self.in_atomic_block
            if not self.in_atomic_block:
                committing()
        return execute(sql, params, many, context)

    def _commit(self) -> None:
        # Nothing comes of a transaction that has failed, whoever commits it; nor of a connection that is lost.
        is_sound = self.connection is not None and self.connection.info.transaction_status == TransactionStatus.INTRANS
        if is_sound and self._has_changed:
            committing()
        self._has_changed = False
        super()._commit()  # type: ignore[misc]  # the stubs do not know it


def _heard(words: Diagnostic) -> None:
    if words.sqlstate == STOPPING:
        OUTAGE.lost(is_announced=True)
