"""Holds the sockets at which visitors arrive, and hands the same ones to one Traefik after the other.

It runs for as long as the stack does and is not replaced by a deploy. Each address has two sockets of one group
(SO_REUSEPORT), one for each of the two Traefiks that may run at a time. The kernel asks a program of a few instructions
which of the two gets a new connection, so the one that has just started gets nobody before it is told to serve, and the
one that goes gets nobody new. No socket is ever closed while somebody may wait in its queue: this process has them all.

Whoever connects from `TRIAL_ADDRESS` is sent to the other one, which does not serve yet: so it is asked as visitors
will ask it.

Where the kernel knows no such program (macOS) both accept from one and the same socket.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import json
import signal
import socket
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from ops.engine.processes import os_processes
from ops.engine.processes.layout import write_private

STATE_FILE = "state.json"
SOCKET = "edge.sock"  # beside the supervisor's, whose place is short enough on every system
TRIAL_ADDRESS = "127.83.76.80"
BACKLOG = 4096
QUESTION_S = 5.0  # whoever connects and says nothing keeps nobody waiting longer
MOST_BYTES = 65536
ATTACH_PROGRAM = 51  # SO_ATTACH_REUSEPORT_CBPF of <asm-generic/socket.h>
SOURCE_ADDRESS = 0xFFF00000 + 12  # SKF_NET_OFF, and where an IPv4 header has the sender
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # of <linux/bpf_common.h>
Addresses = dict[str, str]  # entry point -> host:port


@dataclass(frozen=True)
class Pair:
    """The two sockets of an address, and the place that each has in the kernel's group."""

    sockets: tuple[socket.socket, socket.socket]
    places: tuple[int, int]


@dataclass
class Holder:
    """Who has which of the two sockets of every address, and which of them gets visitors."""

    folder: Path
    owners: list[str] = field(default_factory=lambda: ["", ""])
    wants: list[Addresses] = field(default_factory=lambda: [{}, {}])
    serving: int = -1  # -1: nobody yet
    pairs: dict[str, Pair] = field(default_factory=dict)
    inherited: set[str] = field(default_factory=set)  # addresses at which a Traefik of before still listens

    def restore(self) -> None:
        """Read what a holder knew that was killed: its Traefik serves on, with sockets that are its own now."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            known = json.loads((self.folder / STATE_FILE).read_text(encoding="utf-8"))
            self.owners, self.wants, self.serving = known["owners"], known["wants"], known["serving"]
            self.inherited = {address for wants in self.wants for address in wants.values()}

    def take(self, name: str, addresses: Addresses) -> tuple[dict[str, Any], list[int]]:
        """Give a Traefik its socket of every address; the first one that asks serves."""
        slot = self.owners.index(name) if name in self.owners else max(1 - self.serving, 0) % 2
        self.owners[slot], self.wants[slot] = name, addresses
        self._close_unwanted()
        for address in addresses.values():
            if address not in self.pairs:
                self.pairs[address] = self._open(address, first=slot)
        if self.serving < 0:
            self.serving = slot
        self._direct()
        handed = [self.pairs[address].sockets[slot].fileno() for address in addresses.values()]
        return {"names": list(addresses)}, handed

    def turn(self, name: str) -> None:
        """Send whoever connects from now on to this one."""
        self.serving = self.owners.index(name)
        self._direct()

    def forget(self, name: str) -> None:
        """Forget one that has ended; who is left serves."""
        if name not in self.owners:
            return
        slot = self.owners.index(name)
        self.owners[slot], self.wants[slot] = "", {}
        if self.serving == slot:
            self.serving = 1 - slot if self.owners[1 - slot] else -1
        self._close_unwanted()
        self._direct()

    def _open(self, address: str, *, first: int) -> Pair:
        """Open both sockets of an address; OSError when somebody else listens there.

        One that is inherited has the first place of the group until its Traefik ends, and nobody can give it up but by
        that: then the last of the group moves there.
        """
        is_shared = not knows_programs()
        if is_shared or address not in self.inherited or is_free(address):
            one = listen(address)
            return Pair((one, one if is_shared else listen(address)), (0, 1))
        new = listen(address)
        send_to(new, 0, trial=1)
        last = listen(address)
        sockets, places = ((new, last), (1, 0)) if first == 0 else ((last, new), (0, 1))
        return Pair(sockets, places)

    def _close_unwanted(self) -> None:
        wanted = {address for wants in self.wants for address in wants.values()}
        for address in self.pairs.keys() - wanted:
            for each in self.pairs.pop(address).sockets:
                each.close()

    def _direct(self) -> None:
        """Tell the kernel who gets new connections, and write down who that is."""
        for address, pair in self.pairs.items():
            there = [slot for slot in (0, 1) if address in self.wants[slot].values()]
            slot = self.serving if self.serving in there or not there else there[0]
            if pair.sockets[0] is not pair.sockets[1]:
                send_to(pair.sockets[0], pair.places[slot], trial=pair.places[1 - slot])
        known = {"owners": self.owners, "wants": self.wants, "serving": self.serving}
        write_private(self.folder / STATE_FILE, json.dumps(known))

    def answer(self, question: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        """Do what is asked for; ValueError when nobody of that name has sockets."""
        verb, name = question["verb"], str(question.get("name", ""))
        if verb == "take":
            return self.take(name, dict(question["addresses"]))
        if verb in {"turn", "forget"}:
            getattr(self, verb)(name)
        return {"held": sorted({*self.pairs, *self.inherited}), "waiting": self._waiting()}, []

    def _waiting(self) -> dict[str, int]:
        """Return how many connections wait for each Traefik to accept them."""
        waiting = {name: 0 for name in self.owners if name}
        for pair in self.pairs.values():
            for name, one in zip(self.owners, pair.sockets, strict=True):
                if name and knows_programs():
                    waiting[name] += _queued(one)
        return waiting


@functools.cache
def knows_programs() -> bool:
    """Tell whether this system lets a program choose between sockets of a group."""
    if sys.platform != "linux":
        return False
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            send_to(tried, 0, trial=0)
        except OSError:
            return False
    return True


def listen(address: str) -> socket.socket:
    """Return a socket that listens at `host:port`, beside others of ours."""
    made = socket.socket()
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if knows_programs():
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(_place(address))
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    return made


def is_free(address: str) -> bool:
    """Tell whether nobody listens at `host:port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(_place(address))
        except OSError:
            return False
    return True


def send_to(one: socket.socket, place: int, *, trial: int) -> None:
    """Let the kernel give new connections of this socket's group to the one at a place, our own trials to another."""
    trial_from = struct.unpack("!I", socket.inet_aton(TRIAL_ADDRESS))[0]
    steps = (
        (LOAD_WORD, 0, 0, SOURCE_ADDRESS),
        (JUMP_IF_EQUAL, 0, 1, trial_from),
        (RETURN, 0, 0, trial),
        (RETURN, 0, 0, place),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    one.setsockopt(socket.SOL_SOCKET, ATTACH_PROGRAM, struct.pack("HP", len(steps), ctypes.addressof(code)))


def _queued(one: socket.socket) -> int:
    """Return how many wait in the queue of a socket that listens: what TCP_INFO calls `unacked` there."""
    info = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return int(struct.unpack_from("I", info, 24)[0])


def _place(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


def main(argv: list[str]) -> int:
    """Answer at the socket `argv[0]` until told to end; what is known lies in the folder `argv[1]`."""
    place, folder = Path(argv[0]), Path(argv[1])
    signal.signal(signal.SIGTERM, _end)
    os_processes.record_self(folder)
    holder = Holder(folder)
    holder.restore()
    place.unlink(missing_ok=True)  # of one that was killed: two never run
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(place))
        door.listen()
        try:
            while True:
                caller, _ = door.accept()
                with caller, contextlib.suppress(OSError):
                    caller.settimeout(QUESTION_S)
                    _serve(holder, caller)
        finally:
            place.unlink(missing_ok=True)


def _serve(holder: Holder, caller: socket.socket) -> None:
    try:
        said, sockets = holder.answer(json.loads(caller.recv(MOST_BYTES)))
    except (OSError, ValueError, KeyError) as error:
        said, sockets = {"error": f"{type(error).__name__}: {error}"}, []
    socket.send_fds(caller, [json.dumps(said).encode()], sockets)


def _end(*_: object) -> NoReturn:
    raise SystemExit(0)
