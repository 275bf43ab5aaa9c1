"""What becomes of a message that this worker cannot take? It waits in Redis for a worker of another release that can.

Celery throws such messages away. They are no mistake where two releases follow each other: after a rollback the queue
holds what the release before has sent. In Redis `parked-tasks` names the lists, one for each task and reason:
`parked-tasks::NAME` for a task that is not known, `parked-tasks:VERSION:NAME` for a message that this version could not
read, or with arguments that its task does not take. A worker looks at the names alone, so what waits costs nothing.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from celery import bootsteps
from django.conf import settings
from kombu.exceptions import ContentDisallowed, DecodeError

from config.giving_back import GivingBackConsumer

if TYPE_CHECKING:
    from collections.abc import Callable

INDEX = "parked-tasks"
LOOK_EVERY_S = 5
# And up to so much more, drawn by each worker. Two of them ask for messages once a second; at looks in step with that,
# what goes back would be given to the same one each time.
OUT_OF_STEP_S = 0.9
MOST_AT_ONCE = 100  # of each task in one look, so that the loop goes on with other things
log = structlog.stdlib.get_logger("slipway.celery")


class Parked(NamedTuple):
    """The name of a list: which task, and the version that could not read it; empty when the task is not known."""

    task: str
    version: str = ""

    @property
    def key(self) -> str:
        """Return the list's name in Redis."""
        return f"{INDEX}:{self.version}:{self.task}"

    @classmethod
    def of(cls, key: bytes) -> Parked:
        """Read a list's name."""
        _, version, task = key.decode().split(":", 2)
        return cls(task, version)

    def is_for(self, version: str, tasks: Any) -> bool:
        """Tell whether a worker of this version, with these tasks, may get further with it."""
        return self.version != version and (self.task in tasks or not self.task)


class ParkingConsumer(GivingBackConsumer):
    """Celery's consumer, which parks what it would throw away."""

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Any], None]:
        """Return what is called for each message; Celery would stumble over arguments only when the task runs."""
        handle = super().create_task_handler(*args, **kwargs)

        def on_message(message: Any) -> None:
            problem = self._misfit(message)
            if problem:
                self._park(message, problem)
            else:
                handle(message)

        return on_message

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:  # noqa: ARG002 - Celery's names
        """Park a task that a later release has sent, or an earlier one."""
        self._park(message, "no task of this release has this name", version="")

    def on_unknown_message(self, body: Any, message: Any) -> None:  # noqa: ARG002 - Celery's names
        """Park what is no task as far as this release knows."""
        self._park(message, "it names no task")

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:  # noqa: ARG002 - Celery's names
        """Park a task whose message this release does not take."""
        self._park(message, type(exc).__name__)

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Park a message that this release cannot read."""
        self._park(message, type(exc).__name__)

    def _misfit(self, message: Any) -> str:
        """Say what is wrong with a message to a task that is known; empty where Celery itself notices."""
        task = self.app.tasks.get(message.headers.get("task"))
        if task is None:
            return ""
        if "id" not in message.headers:
            return "it has no id"
        try:
            arguments, named, _ = message.payload
            task.__header__(*arguments, **named)
        except (DecodeError, ContentDisallowed):
            return ""
        except (TypeError, ValueError, KeyError) as error:
            return f"the task does not take its arguments ({type(error).__name__})"
        return ""

    def _park(self, message: Any, why: str, *, version: str = settings.SERVICE_VERSION) -> None:
        """Put a message on its list, then take it from the queue: a worker that dies between has it twice."""
        parked = Parked(str(message.headers.get("task") or ""), version)
        with message.channel.conn_or_acquire() as client, client.pipeline(transaction=True) as pipe:
            pipe.sadd(INDEX, parked.key).lpush(parked.key, json.dumps(message.serializable())).execute()
        message.ack_log_error(log, self.connection_errors)
        log.warning("task parked for another release", task=parked.task, task_id=message.headers.get("id"), why=why)


class ReturnOfParked(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Puts back into the queue what this worker can take, when it starts and every few seconds."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._timer: Any = None

    def start(self, parent: Any) -> None:
        """Begin, at each connection to the broker."""
        _return_parked(parent)
        every_s = LOOK_EVERY_S + random.uniform(0.1, OUT_OF_STEP_S)  # noqa: S311 - no secret
        self._timer = parent.timer.call_repeatedly(every_s, _return_parked, (parent,))

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - Celery passes the consumer
        """End with the connection."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    shutdown = stop


def _return_parked(consumer: Any) -> None:
    app = consumer.app
    with consumer.connection.default_channel.conn_or_acquire() as client:
        for key in client.smembers(INDEX):
            parked, count = Parked.of(key), 0
            if not parked.is_for(settings.SERVICE_VERSION, app.tasks):
                continue
            while count < MOST_AT_ONCE and client.lmove(key, app.conf.task_default_queue, "RIGHT", "LEFT"):
                count += 1
            if count:
                log.info("parked tasks go back to the queue", task=parked.task, count=count)
            if count < MOST_AT_ONCE:
                _forget(client, key)


def _forget(client: Any, key: bytes) -> None:
    """Take a list that is empty from the index; put it back when somebody parked something meanwhile."""
    client.srem(INDEX, key)
    if client.exists(key):
        client.sadd(INDEX, key)
