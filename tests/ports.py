"""Which ports may a test listen on, while other tests run beside it?

Each process that runs tests hands out ports of a range of its own, below the range from which systems take the ports of
outgoing connections: nobody gets a port that another one was given and has not opened yet. That holds for the workers
of a run, and for other runs on the same machine.
"""

from __future__ import annotations

import atexit
import itertools
import os
import socket

FIRST, PER_WORKER, WORKERS = 18_400, 900, 8  # above those of a developer's own stack, see .env.example
CLAIMS = FIRST - WORKERS  # one port for each range; who holds it hands that range out
BLOCKS, BLOCK = 4, 200  # for the replicas of stacks; they end below 32,768, where Linux takes outgoing ports from


def _claim(wanted: int) -> int:
    """Return the number of a range that no other process hands out until this one ends."""
    for number in itertools.chain(range(wanted, WORKERS), range(wanted)):
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            claim.bind(("127.0.0.1", CLAIMS + number))
        except OSError:
            claim.close()
        else:
            atexit.register(claim.close)
            return number
    return wanted


def ports_of(number: int) -> range:
    """Return the single ports of a range."""
    return range(FIRST + number * PER_WORKER, FIRST + (number + 1) * PER_WORKER)


def blocks_of(number: int) -> range:
    """Return the first port of each block of a range."""
    first = FIRST + WORKERS * PER_WORKER + number * BLOCKS * BLOCK
    return range(first, first + BLOCKS * BLOCK, BLOCK)


_number = _claim(int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS)
_mine = ports_of(_number)
# From another place in each process, so that a run right after another one does not meet its closing connections.
_next = itertools.cycle([*_mine[os.getpid() % PER_WORKER :], *_mine[: os.getpid() % PER_WORKER]])
_blocks = itertools.cycle(blocks_of(_number))


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


def number_of_range() -> int:
    """Return the number of the range that this process hands out."""
    return _number


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
