"""How does the API hand a recount to the worker, and see its result? By the task's name; it imports nothing of Django.

In Redis: `recount:event:<id>` holds the task queued for an event a moment ago, `recount:task:<id>` marks a task as
ours, and `celery-task-meta-<id>` is where Celery's worker writes state and result.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from api.problems import UnavailableError

if TYPE_CHECKING:
    from celery import Celery
    from redis.asyncio import Redis

TASK_NAME = "signups.recount"
QUEUED_ONCE_S = 5
RESULT_KEPT_S = 3600
SEND_TIMEOUT_S = 3.0


@dataclass(frozen=True)
class TaskState:
    """Where a task stands: PENDING, STARTED, RETRY, SUCCESS or FAILURE; `result` after SUCCESS only."""

    task_id: str
    state: str
    result: dict[str, Any] | None


def new_producer(broker_url: str) -> Celery:
    """Build a Celery application that only sends, with short timeouts and no retries: the caller is waiting."""
    from celery import Celery  # noqa: PLC0415 - 20 MiB that a replica which queues nothing never needs

    producer = Celery("api", broker=broker_url, set_as_current=False)
    producer.conf.update(
        task_serializer="json",
        task_publish_retry=False,
        task_ignore_result=True,  # the worker's setting decides; the API reads the result's key itself
        broker_transport_options={"socket_connect_timeout": 1, "socket_timeout": 2, "max_retries": 1},
        broker_connection_timeout=1,
    )
    return producer


class RecountQueue:
    """Queues recounts, at most one per event within `QUEUED_ONCE_S` seconds."""

    def __init__(self, redis: Redis, *, broker_url: str) -> None:
        self._redis = redis
        self._broker_url = broker_url
        self._producer: Celery | None = None

    async def put(self, event_id: int) -> str:
        """Queue a recount and return its task id, that of the one already queued if there is one."""
        task_id, key = str(uuid.uuid4()), f"recount:event:{event_id}"
        if not await self._redis.set(key, task_id, nx=True, ex=QUEUED_ONCE_S):
            return str(await self._redis.get(key) or task_id)
        try:
            await self._redis.set(f"recount:task:{task_id}", event_id, ex=RESULT_KEPT_S)
            request_id = structlog.contextvars.get_contextvars().get("request_id")
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await asyncio.to_thread(self._send, task_id, event_id, request_id)
        except Exception as error:
            await self._forget(key, f"recount:task:{task_id}")
            raise UnavailableError("The recount could not be queued; try again.") from error
        return task_id

    def _send(self, task_id: str, event_id: int, request_id: str | None) -> None:
        self._producer = self._producer or new_producer(self._broker_url)
        self._producer.send_task(TASK_NAME, (event_id,), task_id=task_id, headers={"request_id": request_id})

    async def _forget(self, *keys: str) -> None:
        try:
            await self._redis.delete(*keys)
        except Exception:  # noqa: BLE001 - they expire by themselves; the first error is the one to tell
            structlog.stdlib.get_logger("slipway.recounts").warning("could not delete", keys=" ".join(keys))

    async def state(self, task_id: uuid.UUID) -> TaskState | None:
        """Look a task up; None when no such task is known, or not any more."""
        meta, marked = await self._redis.mget(f"celery-task-meta-{task_id}", f"recount:task:{task_id}")
        if meta is None:
            return TaskState(str(task_id), "PENDING", None) if marked else None
        seen = json.loads(meta)
        result = seen["result"] if seen["status"] == "SUCCESS" and isinstance(seen["result"], dict) else None
        return TaskState(str(task_id), seen["status"], result)
