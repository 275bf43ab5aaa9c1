"""Which ports may a test listen on, while other tests run beside it?

Each worker of a run hands out ports of a range of its own, below the range from which systems take the ports of
outgoing connections: nobody gets a port that another one was given and has not opened yet.
"""

from __future__ import annotations

import itertools
import os
import socket

FIRST, PER_WORKER, WORKERS = 18_400, 900, 8  # above those of a developer's own stack, see .env.example
BLOCKS, BLOCK = 4, 200  # for the replicas of stacks; they end below 32,768, where Linux takes outgoing ports from

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
_mine = range(FIRST + _worker * PER_WORKER, FIRST + (_worker + 1) * PER_WORKER)
# From another place in each process, so that a run right after another one does not meet its closing connections.
_next = itertools.cycle([*_mine[os.getpid() % PER_WORKER :], *_mine[: os.getpid() % PER_WORKER]])
_first_block = FIRST + WORKERS * PER_WORKER + _worker * BLOCKS * BLOCK
_blocks = itertools.cycle(range(_first_block, _first_block + BLOCKS * BLOCK, BLOCK))


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on, and that no other test is given."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Return that many of them."""
    found: list[int] = []
    for port in itertools.islice(_next, PER_WORKER):
        if len(found) == count:
            break
        if _is_free(port):
            found.append(port)
    assert len(found) == count, f"no {count} free ports in {_mine}"
    return found


def first_of_block() -> int:
    """Return the first of 200 ports in a row, for the replicas of one stack."""
    return next(_blocks)


def every_port() -> list[int]:
    """Return every port that this worker may hand out."""
    return [*_mine, *range(_first_block, _first_block + BLOCKS * BLOCK)]


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):  # Traefik listens on both, for HTTP/3
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
