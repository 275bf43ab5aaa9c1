"""What does the account hold?"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal.cloud.machines import Addresses, Machine, Machines
from rehearsal.cloud.wire import Body

RECORD_TTL_S = 1800


@dataclass(kw_only=True)
class Droplet:
    """One droplet."""

    machine: Machine
    tags: list[str]
    created_at: str
    features: list[str]
    status: str = "new"
    addresses: Addresses | None = None


@dataclass(kw_only=True)
class Action:
    """Something that takes time; `is_over` says when."""

    body: Body
    is_over: threading.Event = field(default_factory=threading.Event)


@dataclass(kw_only=True)
class Account:
    """Everything that the API's requests read and write, under one lock.

    `boot_s` is how long a droplet takes at least, `settle_s` how long a firewall stays `waiting`.
    """

    machines: Machines
    boot_s: float = 0.0
    settle_s: float = 0.0
    droplets: dict[int, Droplet] = field(default_factory=dict)
    actions: dict[int, Action] = field(default_factory=dict)
    keys: dict[int, Body] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    firewalls: dict[str, Body] = field(default_factory=dict)
    domains: dict[str, dict[int, Body]] = field(default_factory=dict)
    reserved: dict[str, Body] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(3_164_444))
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8, "fake-cloud"))
    _closed: threading.Event = field(default_factory=threading.Event)

    def next_id(self) -> int:
        """Return a number that nothing has yet."""
        return next(self._ids)

    def add_domain(self, name: str) -> None:
        """Put a zone into the account, with the name servers that every zone has."""
        with self.lock:
            self.domains[name] = {}
            for number in (1, 2, 3):
                self.add_record(name, {"type": "NS", "name": "@", "data": f"ns{number}.digitalocean.com"})

    def add_record(self, domain: str, asked: Body) -> Body:
        """Write a record into a zone."""
        empty: Body = {"priority": None, "port": None, "ttl": RECORD_TTL_S, "weight": None, "flags": None, "tag": None}
        with self.lock:
            record = {"id": self.next_id(), **empty, **asked}
            self.domains[domain][record["id"]] = record
        return record

    def start(self, kind: str, work: Callable[[], None], *, resource: int, region: str, least_s: float = 0.0) -> Action:
        """Begin an action that takes `least_s` at least; work that raises ends it as `errored`."""
        body: Body = {
            "id": self.next_id(),
            "status": "in-progress",
            "type": kind,
            "started_at": now(),
            "completed_at": None,
            "resource_id": resource,
            "resource_type": "droplet",
            "region_slug": region,
        }
        action = Action(body=body)
        self.actions[body["id"]] = action
        self._pool.submit(self._run, action, work, least_s)
        return action

    def later(self, seconds: float, work: Callable[[], Any]) -> None:
        """Do something after some seconds, unless the cloud is closed before."""
        self._pool.submit(lambda: None if self._closed.wait(seconds) else work())

    def close(self) -> None:
        """End what still waits, and join the threads."""
        self._closed.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def wait(self, seconds: float) -> None:
        """Wait, or return early when the cloud is closed."""
        self._closed.wait(seconds)

    def _run(self, action: Action, work: Callable[[], None], least_s: float) -> None:
        began = time.monotonic()
        status = "completed"
        try:
            work()
        except Exception:  # noqa: BLE001 - whatever a machine raises is an errored action
            status = "errored"
        self._closed.wait(max(0.0, least_s - (time.monotonic() - began)))
        with self.lock:
            action.body |= {"status": status, "completed_at": now()}
        action.is_over.set()


def now() -> str:
    """Return the time as the API writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
