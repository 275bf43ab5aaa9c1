"""How is Celery put together? `celery -A config worker` and `celery -A config beat`."""

from __future__ import annotations

import logging.config
import os
import signal
import sys
import threading
from typing import Any

import structlog
from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun, worker_process_shutdown, worker_shutting_down
from django.conf import settings

from config.process import process_name
from config.pulse import ConsumerPulse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
PROCESS = process_name(sys.argv)
log = structlog.stdlib.get_logger("slipway.celery")
if PROCESS in {"worker", "beat"}:
    # At once, because Celery warns before it asks for logging; and beat never sets Django up.
    logging.config.dictConfig(settings.LOGGING)

# Beat only names tasks: without Celery's Django part it never loads the models, and stays a third smaller.
app = Celery("slipway", fixups=set() if PROCESS == "beat" else None)
app.config_from_object("config.celeryconfig")
app.steps["consumer"].add(ConsumerPulse)
app.steps["consumer"].add("config.giving_back:GivingBack")  # by name: only a worker loads it
app.steps["consumer"].add("config.parking:ReturnOfParked")
if PROCESS != "beat":
    app.autodiscover_tasks(["signups"])


@setup_logging.connect  # type: ignore[untyped-decorator]  # Celery has no types
def _keep_our_logging(**_: Any) -> None:
    """Do nothing: Celery leaves logging alone because there is a receiver."""


@task_prerun.connect  # type: ignore[untyped-decorator]  # Celery has no types
def _name_the_task(task_id: str, task: Any, **_: Any) -> None:
    request_id = (task.request.headers or {}).get("request_id") or task.request.get("request_id")
    names = {"task_id": task_id, "task": task.name, "request_id": request_id}
    structlog.contextvars.bind_contextvars(**{key: value for key, value in names.items() if value})


@task_postrun.connect  # type: ignore[untyped-decorator]  # Celery has no types
def _forget_the_task(**_: Any) -> None:
    structlog.contextvars.clear_contextvars()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]  # Celery has no types
def _bound_the_wait(how: str, **_: Any) -> None:
    """At SIGTERM Celery waits for running tasks however long they take; we wait for a while."""
    if how == "Warm":
        grace = threading.Timer(settings.WORKER_GRACE_S, _put_back_what_runs)
        grace.daemon = True
        grace.start()


def _put_back_what_runs() -> None:
    """Tell which tasks are cut; at SIGQUIT Celery ends them, and what was not acknowledged goes back to the queue."""
    from celery.worker import state  # noqa: PLC0415 - beat and the web server stay smaller without

    for request in tuple(state.active_requests):
        log.warning("task cut, it will run again", task=request.name, task_id=request.id)
    os.kill(os.getpid(), signal.SIGQUIT)


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]  # Celery has no types
def _leave_at_once(exitcode: int, **_: Any) -> None:
    """End a pool's process that has nothing left to tell: on its way out it would sleep for a second."""
    if exitcode == os.EX_OK:  # not when it makes room for a fresh one
        os._exit(exitcode)
