"""The gate: whether a new replica may take traffic.

Traefik makes no first check of a server, so nothing gets into the routes that did not pass here.
"""

from __future__ import annotations

from collections.abc import Sequence

from ops.engine.errors import EngineError
from ops.engine.http import Fetch
from ops.engine.model import Replica, Service
from ops.engine.parallel import each
from ops.engine.rollout.context import Engine
from ops.engine.runtime import Runtime
from ops.redact import first_words

NEEDED_IN_A_ROW = 3
WORDS_S, QUIET_S = 2.0, 0.3
LOG_LINES = 20


def gate_all(engine: Engine, replicas: Sequence[tuple[Service, Replica]], *, step: str) -> None:
    """Wait until every replica is ready, all at the same time; `EngineError` with log lines for one that is not."""
    each(replicas, lambda pair: gate(engine, pair[0], pair[1], step=step), workers=max(engine.workers, 1))


def gate(engine: Engine, service: Service, replica: Replica, *, step: str) -> None:
    """Wait until a replica was ready three times in a row; fail at once when it dies or restarts."""
    began, in_a_row, detail = engine.waiter.now(), 0, "it was not asked"

    def is_through() -> bool:
        nonlocal in_a_row, detail
        current = _alive(engine, replica)
        is_ready, detail = is_ready_now(engine.runtime, engine.fetch, service, current)
        in_a_row = in_a_row + 1 if is_ready else 0
        return in_a_row >= NEEDED_IN_A_ROW

    if not engine.waiter.until(is_through, timeout_s=service.start_timeout_s):
        raise _not_ready(engine, replica, f"after {service.start_timeout_s:.0f} s: {detail}")
    engine.say(step)(f"{replica.name} is ready after {engine.waiter.now() - began:.1f} s")


def is_ready_now(runtime: Runtime, fetch: Fetch, service: Service, replica: Replica) -> tuple[bool, str]:
    """Ask a replica once, by its route's ready path or by its health check; say what it answered."""
    if service.route is None and not service.healthcheck:
        return replica.state == "running", f"it is {replica.state}"
    if service.route is None:
        passes = runtime.is_healthy(service, replica)
        return passes, "its health check passes" if passes else "its health check fails"
    url = f"http://{runtime.address(replica)}{service.route.ready}"
    answer = fetch(url, host=service.route.host)
    text = first_words(answer.body.decode("utf-8", "replace").strip(), 300)
    return answer.is_good, f"{service.route.ready} answered {answer.status}: {text}" if answer.status else text


def _alive(engine: Engine, replica: Replica) -> Replica:
    current = next((seen for seen in engine.runtime.observe() if seen.name == replica.name), None)
    if current is None or current.state in {"failed", "stopped"}:
        raise _not_ready(engine, replica, "its process ended")
    if current.restarts > replica.restarts:
        raise _not_ready(engine, replica, "its process ended and was started again")
    return current


def failing(engine: Engine, replica: Replica, *, what: str, reason: str) -> EngineError:
    """Return the error about a replica, with the last lines that it logged."""
    lines = _last_words(engine, replica)
    shown = "\n  ".join(["its last log lines:", *lines]) if lines else "it logged nothing"
    fix = f"invoke logs --service {replica.service} --since 10m"
    return EngineError(what, why=f"{replica.name}: {reason}; {shown}", fix=fix)


def _last_words(engine: Engine, replica: Replica) -> list[str]:
    """Read the end of a replica's log when nothing is added to it: who was started again may be in mid-sentence."""
    lines: list[str] = []

    def is_quiet() -> bool:
        before, lines[:] = list(lines), engine.runtime.logs(replica.name, lines=LOG_LINES)
        return lines == before

    engine.waiter.until(is_quiet, timeout_s=WORDS_S, every_s=QUIET_S)
    return lines


def _not_ready(engine: Engine, replica: Replica, reason: str) -> EngineError:
    return failing(engine, replica, what=f"{replica.service} did not become ready", reason=reason)
