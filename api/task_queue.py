"""How does the API hand work to the worker? By the task's name, over Redis; it imports nothing of Django.

What must not be lost is in the outbox already, in the transaction that made it necessary: a task from here says only
that there is something. In Redis `task:deliver` holds the task queued a moment ago, `task:<id>` marks a task as ours,
and `celery-task-meta-<id>` is where Celery's worker writes its state.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from api.errors import UnavailableError
from api.shared.outage import AGAIN_S

if TYPE_CHECKING:
    from celery import Celery

    from api.shared.guarded_redis import GuardedRedis

TASK_NAME = "signups.deliver"
QUEUED_ONCE_S = 5
WOKEN_ONCE_MS = 500
STATE_KEPT_S = 3600
SEND_TIMEOUT_S = 3.0
Answer = TypeVar("Answer")
log = structlog.stdlib.get_logger("slipway.tasks")


@dataclass(frozen=True)
class TaskState:
    """Where a task stands: PENDING, STARTED, RETRY, SUCCESS or FAILURE."""

    task_id: str
    state: str


def new_producer(broker_url: str) -> Celery:
    """Build a Celery application that only sends, with short timeouts and no retries: the caller is waiting."""
    from celery import Celery  # noqa: PLC0415 - 20 MiB that a replica which queues nothing never needs

    producer = Celery("api", broker=broker_url, set_as_current=False)
    producer.conf.update(
        task_serializer="json",
        task_publish_retry=False,
        task_ignore_result=True,  # the worker's setting decides; the API reads the state's key itself
        broker_transport_options={
            "socket_connect_timeout": 1,
            "socket_timeout": 2,
            "max_retries": 1,
            "interval_start": AGAIN_S,  # before that one more try; 2 s if nobody says
        },
        broker_connection_timeout=1,
    )
    return producer


class TaskQueue:
    """Queues `signups.deliver`: asked for often, it runs a few times."""

    def __init__(self, redis: GuardedRedis, *, broker_url: str) -> None:
        self._redis = redis
        self._broker_url = broker_url
        self._producer: Celery | None = None
        self._waking: set[asyncio.Task[None]] = set()

    async def put(self) -> str:
        """Queue a delivery and return its task id, that of the one queued within `QUEUED_ONCE_S` if there is one."""
        return await self._patiently(partial(self._put, str(uuid.uuid4())))

    async def _patiently(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask again while Redis is away for a moment: who asks for a task has nobody else to ask.

        Whoever sends is a client of its own, and may meet an absence that nobody else has.
        """
        outage, until = self._redis.outage, None
        while True:
            try:
                return await ask()
            except (RedisConnectionError, RedisTimeoutError, UnavailableError):
                until = until or time.monotonic() + outage.loss_s
                if outage.is_over() or time.monotonic() > until:
                    raise
                await asyncio.sleep(AGAIN_S)

    async def _put(self, task_id: str) -> str:
        key = "task:deliver"
        if not await self._redis.set(key, task_id, nx=True, ex=QUEUED_ONCE_S):
            queued = str(await self._redis.get(key) or task_id)
            if queued != task_id:  # else it is this one, which was cut before it was sent
                return queued
        try:
            await self._redis.set(f"task:{task_id}", 1, ex=STATE_KEPT_S)
            await self._send(task_id)
        except Exception as error:
            await self._forget(key, f"task:{task_id}")
            raise UnavailableError("The task could not be queued; try again.") from error
        return task_id

    def wake_worker(self) -> None:
        """Have the outbox read soon, without waiting for it: beat reads it anyway, a few seconds later."""
        if not self._waking:  # one on its way is enough: it reads what is there by then
            waking = asyncio.create_task(self._wake())
            self._waking.add(waking)
            waking.add_done_callback(self._waking.discard)

    async def _wake(self) -> None:
        try:
            await asyncio.sleep(0)  # let the answer go first
            if await self._redis.set("task:woken", 1, nx=True, px=WOKEN_ONCE_MS):
                await self._send(str(uuid.uuid4()))
        except Exception as error:  # noqa: BLE001 - nothing is lost
            log.warning("the worker could not be woken", error=type(error).__name__)

    async def _send(self, task_id: str) -> None:
        request_id = structlog.contextvars.get_contextvars().get("request_id")
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await asyncio.to_thread(self._send_now, task_id, request_id)

    def _send_now(self, task_id: str, request_id: str | None) -> None:
        self._producer = self._producer or new_producer(self._broker_url)
        self._producer.send_task(TASK_NAME, task_id=task_id, headers={"request_id": request_id})

    async def _forget(self, *keys: str) -> None:
        try:
            await self._redis.delete(*keys)
        except Exception:  # noqa: BLE001 - they expire by themselves; the first error is the one to tell
            log.warning("could not delete", keys=" ".join(keys))

    async def state(self, task_id: uuid.UUID) -> TaskState | None:
        """Look a task up; None when no such task is known, or not any more."""
        return await self._patiently(partial(self._state, task_id))

    async def _state(self, task_id: uuid.UUID) -> TaskState | None:
        meta, marked = await self._redis.mget(f"celery-task-meta-{task_id}", f"task:{task_id}")
        if not marked:
            return None
        return TaskState(str(task_id), json.loads(meta)["status"] if meta else "PENDING")
