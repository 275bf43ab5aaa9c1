from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from rehearsal.relay import Relay

RTT_MS = 80.0
PATIENCE_S = 5.0
SILENCE_S = 0.2


class Echo(socketserver.BaseRequestHandler):
    """Sends back what it gets."""

    def handle(self) -> None:
        """Serve one connection."""
        while data := self.request.recv(65536):
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    """The far end."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True


@pytest.fixture
def far() -> Iterator[tuple[str, int]]:
    with Server(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield ("127.0.0.1", server.server_address[1])
        server.shutdown()


def connect(relay: Relay) -> socket.socket:
    return socket.create_connection((relay.host, relay.port), timeout=PATIENCE_S)


def ask(connection: socket.socket, text: bytes = b"hello") -> bytes:
    connection.sendall(text)
    got = b""
    while len(got) < len(text):
        more = connection.recv(65536)
        if not more:
            break
        got += more
    return got


def test_each_round_trip_takes_longer_and_a_new_connection_costs_one_more(far: tuple[str, int]) -> None:
    with Relay(("127.0.0.1", 0), far, rtt_ms=RTT_MS) as relay:
        fresh = [timed(relay) for _ in range(3)]
    first, second = (min(times) for times in zip(*fresh, strict=True))  # a busy machine only ever adds
    assert 2 * RTT_MS / 1000 <= first < 3 * RTT_MS / 1000
    assert RTT_MS / 1000 <= second < 2 * RTT_MS / 1000


def timed(relay: Relay) -> tuple[float, float]:
    """Return the seconds of the first question on a new connection, and of the second."""
    with connect(relay) as connection:
        began = time.monotonic()
        ask(connection)
        between = time.monotonic()
        ask(connection)
        return between - began, time.monotonic() - between


def test_many_bytes_arrive_whole_and_in_order(far: tuple[str, int]) -> None:
    sent, got = bytes(range(256)) * 4000, bytearray()
    with Relay(("127.0.0.1", 0), far, rtt_ms=10) as relay, connect(relay) as connection:
        sender = threading.Thread(target=connection.sendall, args=(sent,), daemon=True)
        sender.start()
        while len(got) < len(sent):
            got += connection.recv(65536)
        sender.join(PATIENCE_S)
    assert bytes(got) == sent


def test_a_cut_resets_every_connection_and_refuses_new_ones_until_it_is_healed(far: tuple[str, int]) -> None:
    with Relay(("127.0.0.1", 0), far) as relay:
        with connect(relay) as connection:
            assert ask(connection) == b"hello"
            relay.cut()
            assert is_gone(connection)
        with connect(relay) as refused:
            assert is_gone(refused)
        relay.heal()
        with connect(relay) as healed:
            assert ask(healed) == b"hello"


def is_gone(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def test_a_stall_tells_nobody_and_what_was_sent_arrives_after_it(far: tuple[str, int]) -> None:
    with Relay(("127.0.0.1", 0), far) as relay, connect(relay) as connection:
        assert ask(connection) == b"hello"
        relay.stall()
        connection.sendall(b"later")
        connection.settimeout(SILENCE_S)
        with pytest.raises(TimeoutError):
            connection.recv(5)
        relay.heal()
        connection.settimeout(PATIENCE_S)
        assert connection.recv(5) == b"later"


def test_an_address_of_its_own_takes_the_same_port_as_the_far_end(far: tuple[str, int]) -> None:
    with Relay(("127.0.0.2", far[1]), far) as relay, connect(relay) as connection:
        assert ask(connection) == b"hello"


def test_a_far_end_that_refuses_is_refused_here() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with Relay(("127.0.0.1", 0), ("127.0.0.1", unused.getsockname()[1])) as relay, connect(relay) as connection:
            assert is_gone(connection)


def test_closing_the_relay_ends_what_still_runs(far: tuple[str, int]) -> None:
    with Relay(("127.0.0.1", 0), far) as relay:
        connection = connect(relay)
        assert ask(connection) == b"hello"
        relay.stall()
    with connection:
        assert is_gone(connection)
