"""Is every request answered while a test does something? Bounded in clients, and it ends with the test."""

from __future__ import annotations

import collections
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.rehearsal.compose.compose_fixtures import HOST

SLOW = "/slow"
EVERY_S = 0.02  # as many requests as a site has, and no more: the host has work to do meanwhile


@dataclass
class Load:
    """What was answered: how often each version, and every failure."""

    answers: collections.Counter[str] = field(default_factory=collections.Counter)
    failures: list[str] = field(default_factory=list)
    longest_s: float = 0.0  # of all but `/slow`, which takes a second


@contextmanager
def load_on(address: str, *paths: str, anew: int = 0) -> Iterator[Load]:
    """Keep one client busy for each path, on a connection that it keeps alive, and `anew` that connect each time."""
    load, stopped = Load(), threading.Event()
    asked = [*((path, False) for path in paths), *[("/", True)] * anew]
    clients = [
        threading.Thread(target=_ask, args=(address, path, load, stopped), kwargs={"anew": is_new})
        for path, is_new in asked
    ]
    for client in clients:
        client.start()
    try:
        yield load
    finally:
        stopped.set()
        for client in clients:
            client.join(timeout=20)


def _ask(address: str, path: str, load: Load, stopped: threading.Event, *, anew: bool) -> None:
    connection = http.client.HTTPConnection(address, 80, timeout=10)
    while not stopped.wait(EVERY_S):
        began = time.monotonic()
        try:
            connection.request("GET", path, headers={"Host": HOST})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            load.failures.append(f"{path}: {error!r}")
            connection.close()
            continue
        if path != SLOW:
            load.longest_s = max(load.longest_s, time.monotonic() - began)
        if answer.status == http.client.OK:
            load.answers[json.loads(body)["version"]] += 1
        else:
            load.failures.append(f"{path}: {answer.status}")
        if anew:
            connection.close()
    connection.close()


def wait_for(what: str, is_so: Callable[[], object], *, timeout_s: float = 60) -> None:
    """Ask until it is so; fail with the words when it never is."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, f"waited {timeout_s:.0f} s for {what}"
        time.sleep(0.2)
