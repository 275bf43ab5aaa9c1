"""The gate: whether a new replica may take traffic.

Traefik makes no first check of a server, so nothing gets into the routes that did not pass here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ops.engine.errors import EngineError
from ops.engine.http import Fetch
from ops.engine.model import OUT_OF_MEMORY, Replica, Service
from ops.engine.parallel import each
from ops.engine.rollout.context import Engine
from ops.engine.runtime import Runtime
from ops.redact import first_words

NEEDED_IN_A_ROW = 3
UNREADY_S = 20.0  # whoever answers has started: that long it may say that it is not ready
WORDS_S, QUIET_S = 2.0, 0.3
LOG_LINES = 20


class Readiness(NamedTuple):
    """What a replica says about itself; `has_answered` when it said so, and is not merely silent."""

    is_ready: bool
    detail: str
    has_answered: bool = False


def gate_all(
    engine: Engine, replicas: Sequence[tuple[Service, Replica]], *, step: str, within_s: float | None = None
) -> None:
    """Wait until every replica is ready, all at the same time; `EngineError` with log lines for one that is not.

    `within_s`: how long that may take at most, where somebody waits for it.
    """
    each(
        replicas,
        lambda pair: gate(engine, pair[0], pair[1], step=step, within_s=within_s),
        workers=max(engine.workers, 1),
    )


def gate(engine: Engine, service: Service, replica: Replica, *, step: str, within_s: float | None = None) -> None:
    """Wait until a replica was ready three times in a row; fail at once when it dies or restarts.

    One that answers for long that it is not ready will not be, unless its service says how long that may take.
    """
    stated_s = service.ready_within_s or service.start_timeout_s
    limit_s = stated_s if within_s is None else min(within_s, stated_s)
    began, in_a_row, said, answered_at = engine.waiter.now(), 0, Readiness(False, "it was not asked"), float("inf")

    def is_through() -> bool:
        nonlocal in_a_row, said, answered_at
        current = _alive(engine, replica)
        said, now = is_ready_now(engine.runtime, engine.fetch, service, current), engine.waiter.now()
        in_a_row = in_a_row + 1 if said.is_ready else 0
        answered_at = min(answered_at, now) if said.has_answered and not said.is_ready else float("inf")
        if now - answered_at >= UNREADY_S and not service.ready_within_s:
            raise _not_ready(engine, replica, f"for {UNREADY_S:.0f} s it said so itself: {said.detail}")
        return in_a_row >= NEEDED_IN_A_ROW

    if not engine.waiter.until(is_through, timeout_s=limit_s):
        raise _not_ready(engine, replica, f"after {limit_s:.0f} s: {said.detail}")
    engine.say(step)(f"{replica.name} is ready after {engine.waiter.now() - began:.1f} s")


def is_ready_now(runtime: Runtime, fetch: Fetch, service: Service, replica: Replica) -> Readiness:
    """Ask a replica once, by its route's ready path or by its health check; say what it answered."""
    if service.route is None and not service.healthcheck:
        return Readiness(replica.state == "running", f"it is {replica.state}")
    if service.route is None:
        passes = runtime.is_healthy(service, replica)
        return Readiness(passes, "its health check passes" if passes else "its health check fails")
    url = f"http://{runtime.address(replica)}{service.route.ready}"
    answer = fetch(url, host=service.route.host)
    text = first_words(answer.body.decode("utf-8", "replace").strip(), 300)
    detail = f"{service.route.ready} answered {answer.status}: {text}" if answer.status else text
    return Readiness(answer.is_good, detail, has_answered=bool(answer.status))


def _alive(engine: Engine, replica: Replica) -> Replica:
    current = next((seen for seen in engine.runtime.observe() if seen.name == replica.name), None)
    if current is None or current.state in {"failed", "stopped"}:
        raise _not_ready(engine, replica, f"its process ended{_how(current)}")
    if current.restarts > replica.restarts:
        raise _not_ready(engine, replica, f"its process ended{_how(current)} and was started again")
    return current


def _how(ended: Replica | None) -> str:
    """Say how a process ended, where that is known."""
    if ended is not None and ended.condition == OUT_OF_MEMORY:
        return " because it needed more memory than it may have"
    return f" with exit code {ended.exit_code}" if ended is not None and ended.exit_code else ""


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
