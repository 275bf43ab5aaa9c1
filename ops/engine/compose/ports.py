"""What listens on this host, and which service owns it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator

from ops.engine.compose.containers import Container
from ops.engine.compose.descriptions import SERVICE
from ops.engine.errors import EngineError
from ops.engine.runtime import Listener

COMMAND = ("ss", "-Hltunp")
PROCESS = re.compile(r'"(?P<name>[^"]*)",pid=(?P<pid>\d+)')
FIELDS = 6  # netid, state, receive and send queue, local address, peer
TIMEOUT_S = 10.0


def read_listeners(rows: Iterable[Container]) -> tuple[Listener, ...]:
    """Return the host's sockets that listen and the ports that containers publish, each once."""
    published = set(publications(rows, by=lambda row: str(row["Labels"][SERVICE])))
    owners = {(port.protocol, port.port): port.owner for port in published}
    seen = {_owned(listener, owners) for listener in parse(listening())}
    # Without docker-proxy no socket listens on a published port: the kernel's own rules forward it.
    shown = {(listener.protocol, listener.port) for listener in seen}
    extra = {port for port in published if (port.protocol, port.port) not in shown}
    return tuple(sorted(seen | extra, key=lambda one: (not one.owner, one.port, one.protocol, one.address)))


def publications(rows: Iterable[Container], *, by: Callable[[Container], str]) -> Iterator[Listener]:
    """Yield the ports of the host that containers publish, each with what `by` calls its container."""
    for row in rows:
        for port in row.get("Ports") or ():
            if port.get("PublicPort"):
                address, protocol = port.get("IP", ""), port["Type"]
                yield Listener(address=address, port=port["PublicPort"], protocol=protocol, owner=by(row))


def parse(text: str) -> Iterator[Listener]:
    """Read what `ss -Hltunp` prints."""
    for line in text.splitlines():
        fields = line.split(maxsplit=FIELDS)
        if len(fields) < FIELDS:
            continue
        address, _, port = fields[4].rpartition(":")
        process = PROCESS.search(fields[6]) if len(fields) > FIELDS else None
        yield Listener(
            address=_plain(address),
            port=int(port),
            protocol=fields[0],
            pid=int(process["pid"]) if process else 0,
            process=process["name"] if process else "",
        )


def _plain(address: str) -> str:
    without_zone = address.partition("%")[0].strip("[]")
    return "::" if without_zone == "*" else without_zone


def _owned(listener: Listener, owners: dict[tuple[str, int], str]) -> Listener:
    owner = owners.get((listener.protocol, listener.port), "")
    return Listener(**{**vars(listener), "owner": owner})


def listening() -> str:
    """Return what `ss` says of the host's sockets that listen."""
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, check=True, timeout=TIMEOUT_S)
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineError(
            "the host does not tell what listens on it", why=str(error), fix="invoke deploy", family="host"
        ) from error
    return done.stdout
