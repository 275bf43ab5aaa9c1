"""How does a service log? One JSON object a line on stdout, foreign loggers (uvicorn, Django, Celery) included."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from structlog.typing import EventDict, Processor


def logging_config(*, service: str, level: str) -> dict[str, Any]:
    """Build the `logging.config.dictConfig` of a service; each line has time, severity, service, message, logger."""
    formatter = {
        "()": "structlog.stdlib.ProcessorFormatter",
        "foreign_pre_chain": [*_gathering(), structlog.stdlib.ExtraAdder()],
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_shaping(service)],
    }
    # A logger named here loses the handlers its library gave it: everything goes through the root.
    through_root = {"handlers": [], "propagate": True}
    loggers = {name: dict(through_root) for name in ("django", "django.server", "uvicorn", "uvicorn.error")}
    # The request middleware writes the access log. Named, or dictConfig would make it propagate again.
    loggers["uvicorn.access"] = {"handlers": [], "propagate": False}
    # httpx and kombu write a line per call at INFO; the request log says as much.
    loggers |= {name: {"level": "WARNING"} for name in ("httpx", "kombu", "psycopg.pool")}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
        "root": {"handlers": ["stdout"], "level": level.upper()},
        "loggers": loggers,
    }


def configure_structlog(*, service: str, level: str) -> None:
    """Write what our own loggers say in the same format, not by way of `logging`, which costs much more.

    Warnings go through `logging`, with everything foreign.
    """
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.StackInfoRenderer(),
            *_shaping(service),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Lines,
        cache_logger_on_first_use=True,
    )


class _Lines(structlog.WriteLogger):
    """A logger with a name that writes lines to stdout; each in one call, so that those of threads do not mix."""

    def __init__(self, name: str = "slipway") -> None:
        super().__init__(sys.stdout)
        self.name = name


def _gathering() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
    ]


def _shaping(service: str) -> list[Processor]:
    def shape(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> EventDict:
        shaped = {
            "time": event.pop("time", None),
            "severity": str(event.pop("level", "info")).upper(),
            "service": service,
            "message": str(event.pop("event", "")),
        }
        if "exception" in event:
            shaped["stack_trace"] = event.pop("exception")
        return {**shaped, **event}

    return [
        _without_objects,
        structlog.processors.format_exc_info,
        shape,
        structlog.processors.JSONRenderer(default=str),
    ]


def _without_objects(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> EventDict:
    """Drop what libraries attach for their own use: a whole request printed may hold a cookie."""
    plain = (str, int, float, bool, type(None))
    event.pop("color_message", None)  # uvicorn's message once more, for terminals
    return {key: value for key, value in event.items() if key == "exc_info" or isinstance(value, plain)}


def level_names() -> tuple[str, ...]:
    """List the levels a setting may name."""
    return tuple(logging.getLevelNamesMapping())
