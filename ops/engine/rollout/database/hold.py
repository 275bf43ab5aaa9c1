"""The hold: PostgreSQL takes no changes for a moment, so that it can be replaced and nobody's transaction is cut.

The service's own word does it (`x-hold` in docker-compose.yml): changes that begin from then on are refused, which the
replicas know and wait; those that began before end. Reads go on until PostgreSQL stops, and are asked again then.
Nobody but PostgreSQL has to be told, so it holds for the worker and for somebody at psql too. It ends by itself: by
PostgreSQL's stop, or after the time that was said, should the engine be gone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from ops.engine.errors import CancelledError, EngineError
from ops.engine.model import Replica, Service
from ops.engine.rollout.context import Engine
from ops.redact import first_words, last_lines

SPARE_S = 60.0  # for two checkpoints, beyond the time that what runs may take to end


def hold(engine: Engine, service: Service, *, step: str) -> None:
    """Have a database take no changes from now on, once what runs has ended; `EngineError` names what does not."""
    began = engine.waiter.now()
    engine.say(step)(f"holding {service.name}: changes wait, and what runs ends")
    code, output = engine.runtime.run_once(service, service.hold, timeout_s=service.wait_s + SPARE_S)
    left = _left(service, code, output)
    seconds = round(engine.waiter.now() - began, 3)
    engine.journal.write("hold", service=service.name, held=not left, seconds=seconds)
    if left:
        raise EngineError(
            f"{service.name} was not replaced: what runs in it does not end, and nothing was touched",
            why=engine.journal.redacted(first_words(left, 600)),
            fix="wait until it has ended, or end it with `SELECT pg_terminate_backend(PROCESS)`, then invoke deploy",
        )


def hold_if_serving(engine: Engine, running: Sequence[tuple[Service, Replica]], *, step: str, is_undo: bool) -> bool:
    """Hold each of these that can be and serves. An undo goes on without: the way back must not be barred."""
    is_held = False
    for service, replica in running:
        if not service.hold or not engine.runtime.is_healthy(service, replica):
            continue
        try:
            hold(engine, service, step=step)
            is_held = True
        except CancelledError:
            raise
        except EngineError as error:
            if not is_undo:
                raise
            engine.say(step)(f"{service.name} is replaced all the same: {error.why}")
    return is_held


def _left(service: Service, code: int, output: str) -> str:
    """Return what did not end, nothing when all has; EngineError when it cannot be told."""
    try:
        told = json.loads((output.strip().splitlines() or [""])[-1])
        if code == 0:
            return "" if told["held"] else str(told["left"]) or "it does not say what"
        why = f"it ended with exit code {code}"
    except (ValueError, KeyError, TypeError) as error:
        why = str(error)
    lines = "\n  ".join(last_lines(output, 20).splitlines())
    raise EngineError(
        f"{service.name} was not replaced: it could not be held, and nothing was touched",
        why=f"{why}; its last lines:\n  {lines}",
        fix="invoke deploy",
    )
