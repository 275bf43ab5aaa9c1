"""A run that changes this host: a deploy, a rollback, another number of replicas.

Each takes the lock, writes a journal and the history, and ends with `run_finished`.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import threading
from collections.abc import Callable

from ops.engine.connections import MOST_REPLICAS, WHY_NO_MORE
from ops.engine.errors import EngineError
from ops.engine.host.history import History
from ops.engine.host.journal import Journal
from ops.engine.host.lock import hold_lock
from ops.engine.host.state import Store
from ops.engine.host.words import ComparisonFiles
from ops.engine.http import fetch
from ops.engine.model import Release
from ops.engine.rollout.context import Engine, Order
from ops.engine.rollout.deploy import deploy
from ops.engine.rollout.journal_events import finish
from ops.engine.runtimes import open_runtime
from ops.engine.secrets import redactor_of
from ops.engine.waiter import Waiter

Chosen = tuple[Release, Order]


def work(
    asked: argparse.Namespace, choose: Callable[[Store], Chosen], *, cancelled: threading.Event, shipped: Release | None
) -> EngineError | None:
    """Do a run; what it is about is chosen once the lock is held. Return what stopped it."""
    store = Store(asked.root)
    redactor = redactor_of([*([shipped] if shipped else []), *store.kept_releases()])
    journal = Journal(asked.root / "runs" / asked.run_id / "journal.jsonl", redactor=redactor, echo=sys.stdout)
    waiter = Waiter(cancelled)
    release_id = shipped.id if shipped else ""
    journal.write("run_started", run=asked.run_id, release=release_id, word=asked.word, pid=os.getpid())
    runtime = open_runtime(asked.runtime, asked.root)
    return do_run(Engine(runtime=runtime, store=store, journal=journal, waiter=waiter, fetch=fetch), asked, choose)


def do_run(engine: Engine, asked: argparse.Namespace, choose: Callable[[Store], Chosen]) -> EngineError | None:
    """Do a run under the lock, and put it in the history. Return what stopped it."""
    say, waiter = engine.say("lock"), engine.waiter
    try:
        with hold_lock(asked.root, run=asked.run_id, wait_s=asked.lock_wait, say=say, waiter=waiter):
            return _recorded(engine, asked, choose)
    except EngineError as refused:
        return finish(engine, "failed", changed=[], error=refused)[1]


def _recorded(engine: Engine, asked: argparse.Namespace, choose: Callable[[Store], Chosen]) -> EngineError | None:
    release, order = choose(engine.store)
    history, began = History(asked.root), engine.waiter.now()
    history.begin(asked.run_id, at=engine.journal.time(), word=asked.word, by=asked.by, release=release)
    outcome, error = deploy(engine, release, order)
    seconds = engine.waiter.now() - began
    told = engine.journal.redacted(error.what) if error else ""
    history.end(asked.run_id, at=engine.journal.time(), outcome=outcome, seconds=seconds, error=told)
    return error


def order_of(asked: argparse.Namespace) -> Order:
    """Return what a command line allows."""
    return Order(
        word=asked.word,
        allow_interruption=asked.allow_interruption,
        allow_breaking_migration=getattr(asked, "allow_breaking_migration", False),  # of a deploy alone, as the next
        skip_dump=getattr(asked, "skip_dump", False),
        comparison=ComparisonFiles(asked.root / "runs" / asked.run_id) if getattr(asked, "compare", False) else None,
    )


def choose_past(asked: argparse.Namespace) -> Callable[[Store], Chosen]:
    """Choose the release before the live one, or the one that was named."""

    def choose(store: Store) -> Chosen:
        state = store.read()
        past = state.past
        only_from = getattr(asked, "only_from", "")
        if only_from and state.release != only_from:
            why = f"`{state.release}` is live, and not `{only_from}`: somebody has changed it meanwhile"
            raise EngineError("another release is live by now", why=why, fix="invoke history", family="host")
        wanted = asked.to or next(iter(past), "")
        release = store.load_release(wanted) if wanted in past else None
        if release is None:
            known = f"those that are kept are {', '.join(past)}" if past else "no earlier release is kept on this host"
            what = f"there is no release `{wanted}` to go back to" if wanted else "there is nothing to go back to"
            raise EngineError(what, why=known, fix="invoke history", family="host")
        order = dataclasses.replace(order_of(asked), past=past[past.index(wanted) + 1 :])
        return release, order

    return choose


def choose_scaled(asked: argparse.Namespace) -> Callable[[Store], Chosen]:
    """Choose the live release with other numbers of replicas."""

    def choose(store: Store) -> Chosen:
        live, state = store.live(), store.read()
        if live is None:
            raise EngineError("nothing runs here", why="no release is live", fix="invoke deploy", family="host")
        counts = dict(_count(live, text) for text in asked.count)
        scale = counts if asked.reset else {**state.scale, **counts}
        made = dataclasses.replace(live, id=f"{asked.run_id}-{live.id.partition('-')[2]}")
        return made, dataclasses.replace(order_of(asked), past=state.past, scale=scale)

    return choose


def _count(live: Release, text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    scalable = sorted(service.name for service in live.services if service.is_scalable)
    if name not in scalable:
        why = f"services that may run several times are {', '.join(scalable) or 'none'}"
        raise EngineError(f"`{name}` cannot be scaled", why=why, fix="invoke scale", family="preflight")
    if not number.isdigit() or not 1 <= int(number) <= MOST_REPLICAS:
        why = f"it has to be a whole number from 1 to {MOST_REPLICAS}: {WHY_NO_MORE}"
        raise EngineError(
            f"`{number}` replicas of {name} cannot be had", why=why, fix=f"invoke scale {name}=2", family="preflight"
        )
    return name, int(number)
