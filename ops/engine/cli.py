"""The engine's command line.

JSON goes to stdout, talk to stderr. The family of an error is the exit code: 4 preflight, 6 host, 7 build, 8 release.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ops import screen
from ops.engine.ask import ask, burst, place_from, questions_from
from ops.engine.durations import seconds
from ops.engine.errors import BROKEN_PIPE, EXIT_CODES, INTERRUPTED, EngineError
from ops.engine.examine import examine
from ops.engine.host.follow import follow
from ops.engine.host.formats import check_format
from ops.engine.host.history import History, read_history
from ops.engine.host.lock import hold_lock
from ops.engine.host.state import State, Store
from ops.engine.http import fetch
from ops.engine.model import Release, release_from_json
from ops.engine.options import parser
from ops.engine.rollout.journal_events import as_engine_error, error_as_json
from ops.engine.rollout.networks import in_place
from ops.engine.rollout.plan import make_plan
from ops.engine.rollout.routes import order_certificate, read_routes
from ops.engine.run import Chosen, choose_past, choose_scaled, order_of, work
from ops.engine.runtime import LogQuery
from ops.engine.runtimes import open_runtime
from ops.engine.status import read_status
from ops.engine.waiter import Waiter

STREAMED = {"follow", "logs"}  # they read what any version writes, and print lines
WHOLE_BYTES = 4096  # PIPE_BUF: a write of this much to a pipe is done whole or not at all


def main(arguments: list[str] | None = None) -> int:
    """Do what the words ask for and return the exit code."""
    asked = parser().parse_args(arguments)
    verbs: dict[str, Callable[[argparse.Namespace], int]] = {
        "deploy": _deploy,
        "rollback": _rollback,
        "scale": _scale,
        "history": _history,
        "conclude": _conclude,
        "plan": _plan,
        "status": _status,
        "examine": _examine,
        "ask": _ask,
        "follow": _follow,
        "run": _run,
        "logs": _logs,
        "down": _down,
        "routes": _routes,
        "order-certificate": _order_certificate,
    }
    try:
        if asked.verb not in STREAMED:
            check_format(asked.root)
        code = verbs[asked.verb](asked)
        return BROKEN_PIPE if isinstance(screen.out().lost, BrokenPipeError) else code
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the caller gets what, why and fix, whatever it was
        return _fail(as_engine_error(error), is_streamed=asked.verb in STREAMED)


def _deploy(asked: argparse.Namespace) -> int:
    release = _read_release(asked)
    return _work(asked, lambda _: (release, order_of(asked)), shipped=release)


def _rollback(asked: argparse.Namespace) -> int:
    return _work(asked, choose_past(asked))


def _scale(asked: argparse.Namespace) -> int:
    return _work(asked, choose_scaled(asked))


def _work(asked: argparse.Namespace, choose: Callable[[Store], Chosen], *, shipped: Release | None = None) -> int:
    error = work(asked, choose, cancelled=_cancel_on_signals(), shipped=shipped)
    return EXIT_CODES.get(error.family, 8) if error else 0


def _history(asked: argparse.Namespace) -> int:
    return _print(read_history(asked.root, lines=asked.lines))


def _conclude(asked: argparse.Namespace) -> int:
    History(asked.root).conclude(asked.run_id, outcome=asked.outcome, finding=asked.finding)
    return _print({"concluded": asked.outcome})


def _plan(asked: argparse.Namespace) -> int:
    store = Store(asked.root)
    observed = open_runtime(asked.runtime, asked.root).observe()
    state, live = store.read(), store.live()
    wanted = in_place(_read_release(asked).with_counts(state.scale), live)
    changes = make_plan(wanted, live=live, state=state, observed=observed)
    return _print({"changes": [change.as_json() for change in changes]})


def _status(asked: argparse.Namespace) -> int:
    runtime = open_runtime(asked.runtime, asked.root)
    return _print(read_status(asked.root, runtime, with_health=not asked.no_health))


def _examine(asked: argparse.Namespace) -> int:
    runtime = open_runtime(asked.runtime, asked.root)
    return _print(examine(asked.root, runtime, fetch, log_lines=asked.log_lines))


def _ask(asked: argparse.Namespace) -> int:
    live = Store(asked.root).live()
    edge_url = open_runtime(asked.runtime, asked.root).edge_url(live.edge) if live else ""
    at = place_from(asked.at, otherwise=edge_url)  # a container has an address of its own too
    answers = ask(at, questions_from(asked.questions), limit_s=asked.limit)
    told = burst(at, asked.burst, most=asked.most, limit_s=asked.limit) if asked.burst else None
    return _print({"answers": answers, "burst": told})


def _follow(asked: argparse.Namespace) -> int:
    for line in follow(asked.root, asked.run_id, after=asked.after):
        if not screen.data(line):
            break
    return 0


def _run(asked: argparse.Namespace) -> int:
    try:
        service = _live(asked).service(asked.service)
    except KeyError as error:
        raise _refused(f"there is no service `{asked.service}`", why="the live release does not have it") from error
    runtime = open_runtime(asked.runtime, asked.root)
    code, output = runtime.run_once(service, tuple(asked.command), timeout_s=asked.timeout)
    return _print({"exit_code": code, "output": output})


def _span(text: str) -> float:
    try:
        return seconds(text)
    except ValueError as error:
        why = "it has to be a number and one of s, m, h, d"
        raise EngineError(str(error), why=why, fix="invoke logs --since 10m", family="host") from error


def _logs(asked: argparse.Namespace) -> int:
    query = LogQuery(
        services=tuple(asked.service or ()),
        since_s=_span(asked.since) if asked.since else None,
        grep=asked.grep,
        lines=asked.lines,
        follow=asked.follow,
    )
    if asked.follow:
        threading.Thread(target=_end_with_reader, daemon=True).start()
    for line in open_runtime(asked.runtime, asked.root).read_lines(query):
        at = datetime.fromtimestamp(line.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        named = {"at": at, "service": line.service, "replica": line.replica, "text": line.text}
        if not screen.data(json.dumps(named) if asked.json else f"{line.replica} | {line.text}"):
            break  # the reader has gone
    return 0


def _end_with_reader() -> None:
    """End this program once nobody reads what it prints; a quiet stack would never let it notice by writing."""
    reader = select.poll()
    reader.register(sys.stdout.fileno(), 0)  # an error or a hang-up is always reported
    reader.poll()
    os._exit(BROKEN_PIPE)


def _down(asked: argparse.Namespace) -> int:
    waiter, store = Waiter(_cancel_on_signals()), Store(asked.root)
    runtime = open_runtime(asked.runtime, asked.root)
    with hold_lock(asked.root, run="down", wait_s=asked.lock_wait, say=_talk, waiter=waiter):
        stopped = sorted(replica.name for replica in runtime.observe())
        # Written first: were it cut here, the next deploy would find nothing live and no job done, and begin anew.
        store.write(_known_state(store).without_release(keep_data=not asked.volumes))
        runtime.down(volumes=asked.volumes)
    return _print({"stopped": stopped})


def _routes(asked: argparse.Namespace) -> int:
    runtime = open_runtime(asked.runtime, asked.root)
    return _print(read_routes(runtime.edge_url(_live(asked).edge), fetch))


def _order_certificate(asked: argparse.Namespace) -> int:
    with hold_lock(asked.root, run="order-certificate", wait_s=0, say=_talk, waiter=Waiter(_cancel_on_signals())):
        order_certificate(_live(asked), open_runtime(asked.runtime, asked.root), attempt=f"{time.time():.0f}")
    return _print({"ordered": True})


def _known_state(store: Store) -> State:
    try:
        return store.read()
    except EngineError:  # a damaged record must not keep anybody from stopping the stack
        return State()


def _live(asked: argparse.Namespace) -> Release:
    live = Store(asked.root).live()
    if live is None:
        raise _refused("no release is live on this host", why=f"`{asked.root}` has no record of one")
    return live


def _read_release(asked: argparse.Namespace) -> Release:
    try:
        return release_from_json(asked.release.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _refused(
            f"the release `{asked.release}` cannot be read", why=f"{type(error).__name__}: {error}"
        ) from error


def _refused(what: str, *, why: str) -> EngineError:
    return EngineError(what, why=why, fix="invoke deploy", family="host")


def _cancel_on_signals() -> threading.Event:
    cancelled = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: cancelled.set())
    return cancelled


def _fail(error: EngineError, *, is_streamed: bool) -> int:
    if not is_streamed:
        _print({"error": error_as_json(error)})
    _talk(f"error: {error.what}\nwhy:   {error.why}\nfix:   {error.fix}")
    return EXIT_CODES.get(error.family, 8)


def _print(answer: Any) -> int:
    """Print an answer piece by piece: with PYTHONUNBUFFERED, a long write that a signal cuts short loses its rest."""
    text = json.dumps(answer, indent=1) + "\n"
    for begin in range(0, len(text), WHOLE_BYTES):
        screen.data(text[begin : begin + WHOLE_BYTES], end="")
    return 0


def _talk(text: str) -> None:
    screen.talk(text)
