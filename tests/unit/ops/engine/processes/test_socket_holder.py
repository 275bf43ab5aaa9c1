from __future__ import annotations

import contextlib
import os
import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.engine.processes.socket_holder import TRIAL_ADDRESS, Holder, is_free, knows_programs
from tests.ports import free_port

pytestmark = pytest.mark.skipif(not knows_programs(), reason="this system has no program between sockets")


@pytest.fixture
def address() -> str:
    """Return an address that nobody listens at."""
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def closing() -> Iterator[contextlib.ExitStack]:
    """Close whatever was handed over."""
    with contextlib.ExitStack() as stack:
        yield stack


def taken(holder: Holder, name: str, address: str, closing: contextlib.ExitStack) -> socket.socket:
    """Take a socket as a Traefik does: a descriptor of its own."""
    _, handed = holder.take(name, {"web": address})
    return closing.enter_context(socket.socket(fileno=os.dup(handed[0])))


def visited(address: str, *doors: socket.socket, source: str = "") -> list[int]:
    """Connect twenty times and return how many came to each door."""
    host, _, port = address.rpartition(":")
    came = [0] * len(doors)
    for _ in range(20):
        with socket.create_connection((host, int(port)), 5, (source, 0) if source else None):
            ready, _, _ = select.select(doors, [], [], 5)
            ready[0].accept()[0].close()
            came[doors.index(ready[0])] += 1
    return came


def end(holder: Holder) -> None:
    for pair in holder.pairs.values():
        for one in pair.sockets:
            one.close()


@pytest.mark.req("B-01", "D-12")
def test_the_second_gets_nobody_but_trials_until_it_is_turned_to_and_then_everybody(
    tmp_path: Path, address: str, closing: contextlib.ExitStack
) -> None:
    holder = Holder(tmp_path)
    closing.callback(end, holder)
    old = taken(holder, "old", address, closing)
    assert visited(address, old) == [20]
    new = taken(holder, "new", address, closing)
    assert visited(address, old, new) == [20, 0]
    assert visited(address, old, new, source=TRIAL_ADDRESS) == [0, 20]
    holder.turn("new")
    assert visited(address, old, new) == [0, 20]
    old.close()
    holder.forget("old")
    assert visited(address, new) == [20]


@pytest.mark.req("B-01")
@pytest.mark.parametrize("exchanges", [0, 1])
def test_a_holder_that_was_killed_goes_on_with_a_traefik_that_has_its_sockets(
    tmp_path: Path, address: str, closing: contextlib.ExitStack, exchanges: int
) -> None:
    killed, names = Holder(tmp_path), ["first", "second"]
    serving = taken(killed, names[0], address, closing)
    for name in names[1 : exchanges + 1]:
        serving.close()
        serving = taken(killed, name, address, closing)
        killed.turn(name)
    end(killed)
    holder = Holder(tmp_path)
    closing.callback(end, holder)
    holder.restore()
    assert visited(address, serving) == [20]
    for name in ("third", "fourth"):
        new = taken(holder, name, address, closing)
        assert visited(address, serving, new) == [20, 0]
        holder.turn(name)
        assert visited(address, serving, new) == [0, 20]
        serving.close()
        assert visited(address, new) == [20]
        serving = new


def test_who_is_left_serves_and_who_comes_back_has_the_same_socket(
    tmp_path: Path, address: str, closing: contextlib.ExitStack
) -> None:
    holder = Holder(tmp_path)
    closing.callback(end, holder)
    old, new = (taken(holder, name, address, closing) for name in ("old", "new"))
    holder.forget("old")
    again = taken(holder, "new", address, closing)
    assert os.fstat(again.fileno()).st_ino == os.fstat(new.fileno()).st_ino
    assert visited(address, old, again) == [0, 20]


def test_an_address_that_nobody_wants_any_more_is_free_again(
    tmp_path: Path, address: str, closing: contextlib.ExitStack
) -> None:
    holder, other = Holder(tmp_path), f"127.0.0.1:{free_port()}"
    closing.callback(end, holder)
    taken(holder, "old", address, closing).close()
    taken(holder, "new", other, closing)
    assert not is_free(address)
    holder.turn("new")
    holder.forget("old")
    assert (is_free(address), is_free(other)) == (True, False)


def test_what_waits_to_be_let_in_is_counted(tmp_path: Path, address: str, closing: contextlib.ExitStack) -> None:
    holder = Holder(tmp_path)
    closing.callback(end, holder)
    door = taken(holder, "old", address, closing)
    host, _, port = address.rpartition(":")
    for _ in range(3):
        closing.enter_context(socket.create_connection((host, int(port)), 5))
    assert holder.answer({"verb": "look"})[0]["waiting"] == {"old": 3}
    door.accept()[0].close()
    assert holder.answer({"verb": "look"})[0]["waiting"] == {"old": 2}


def test_a_stranger_at_the_address_is_an_error(tmp_path: Path, closing: contextlib.ExitStack) -> None:
    stranger = closing.enter_context(socket.create_server(("127.0.0.1", 0)))
    with pytest.raises(OSError, match="in use"):
        Holder(tmp_path).take("old", {"web": f"127.0.0.1:{stranger.getsockname()[1]}"})
