"""The doors at which visitors arrive, between two Traefiks; see `ops.engine.runtime.Doors`."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

from ops.engine.errors import EngineError
from ops.engine.host.files import FAREWELL, FAREWELL_FILE, only_this_host, put_by_rename, write_routes
from ops.engine.http import Response, fetch_over_tls
from ops.engine.model import Service
from ops.engine.processes import handed_sockets, socket_holder
from ops.engine.processes.launch_file import launches, read_launch
from ops.engine.processes.layout import Layout, disk, make_private
from ops.engine.processes.supervisor import HOLDER, Supervisor
from ops.engine.service_roles import EDGE_SERVICE
from ops.redact import last_lines

START_TIMEOUT_S = 10.0
HTTPS_ENTRY = "websecure"
KEYS = {"web": "HTTP", "websecure": "HTTPS", "steady": "INTERNAL"}  # what stands in LOCAL_…_PORT


class ProcessDoors:
    """The sockets of this `.local`, which one Traefik hands over to the next."""

    def __init__(self, layout: Layout, supervisor: Supervisor) -> None:
        self._layout = layout
        self._supervisor = supervisor

    def prepare(self, service: Service, name: str) -> None:
        """Let the holder run, and give this one its folder of routes if it has none: those that were written last.

        Raises EngineError (preflight) when somebody else has a port that the holder shall hold.
        """
        if not self._layout.dynamic(name).is_dir():
            written = sorted(self._layout.routes.glob("*.yml"))
            self.write_routes(name, {path.name: path.read_text(encoding="utf-8") for path in written})
        held = self._held()
        _refuse_taken(service.sockets, held=held or set())
        if held is None:
            self._supervisor.keep_holder()
            self._wait_for_holder()

    def _held(self) -> set[str] | None:
        """Return the addresses that the holder holds, None when there is no holder."""
        try:
            return set(self._ask("look")["held"])
        except OSError:
            return None

    def _wait_for_holder(self) -> None:
        until = time.monotonic() + START_TIMEOUT_S
        while self._held() is None:
            if time.monotonic() > until:
                log = self._layout.logs / f"{HOLDER}.log"
                said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
                why = last_lines(said, 5) or f"it did not answer within {START_TIMEOUT_S:.0f} s"
                what = "the holder of the edge's sockets did not start"
                raise EngineError(what, why=why, fix="run the same command again", family="host")
            time.sleep(0.02)  # waits for its socket, up to START_TIMEOUT_S

    def _ask(self, verb: str, **question: Any) -> dict[str, Any]:
        return handed_sockets.ask(handed_sockets.socket_of(self._layout.root), verb, **question)[0]

    def serving(self) -> str:
        """Return who gets visitors, as the holder wrote it down; who is alone serves in any case."""
        names = [launch["name"] for launch in launches(self._layout) if launch["service"] == EDGE_SERVICE]
        told = ""
        with contextlib.suppress(OSError, ValueError, KeyError, IndexError):
            known = json.loads((self._layout.sockets / socket_holder.STATE_FILE).read_text(encoding="utf-8"))
            told = known["owners"][known["serving"]] if known["serving"] >= 0 else ""
        return told if told in names else next(iter(names), "")

    def url(self, name: str) -> str:
        """Return where this one's own API answers; empty for one that has no address of its own."""
        launch = read_launch(self._layout.replica(name)) or {}
        return f"http://127.0.0.1:{launch['port']}" if launch.get("sockets") else ""

    def write_routes(self, name: str, files: dict[str, str]) -> None:
        """Put these files in the folder that this one alone watches, or will watch."""
        with disk("writing the routes"):
            make_private(self._layout.dynamic(name))
            write_routes(self._layout.dynamic(name), only_this_host(()) | files)

    def folders(self) -> list[Path]:
        """Return the folders of all that have one."""
        return [path for path in sorted(self._layout.replicas.glob(f"{EDGE_SERVICE}-*/dynamic")) if path.is_dir()]

    def ask(self, name: str, path: str, *, host: str) -> Response | None:
        """Ask one that has no visitors yet as they will ask it; None where it cannot be asked alone."""
        launch = read_launch(self._layout.replica(name)) or {}
        if not socket_holder.knows_programs() or HTTPS_ENTRY not in launch.get("sockets", {}):
            return None
        address, _, port = launch["sockets"][HTTPS_ENTRY].rpartition(":")
        source = "" if name == self.serving() else socket_holder.TRIAL_ADDRESS
        if source and not socket_holder.is_free(f"{source}:0"):
            return None  # a system whose loopback range is one address
        return fetch_over_tls((address, int(port)), path, host=host, source=source)

    def lead_challenges(self, to: str) -> None:
        """Do nothing: nobody orders a certificate for a loopback address."""

    def has_certificate(self, name: str, host: str) -> bool:
        """Tell whether this one shows a certificate that names a host."""
        return bool(name and host)  # there is one for loopback names, and nobody orders it

    def turn_to(self, name: str) -> None:
        """Send whoever connects from now on to this one."""
        try:
            self._ask("turn", name=name)
        except OSError as error:
            why, fix = str(error), "run the same command again"
            raise EngineError("visitors were not sent to the new Traefik", why=why, fix=fix, family="host") from error

    def forget(self, name: str) -> None:
        """Forget one that is gone."""
        with contextlib.suppress(OSError):  # without a holder there is nobody who knows it
            self._ask("forget", name=name)

    def say_farewell(self, name: str) -> None:
        """Let this one ask each of its visitors to connect anew."""
        with disk("writing the farewell"):
            put_by_rename(self._layout.dynamic(name) / FAREWELL_FILE, FAREWELL)

    def waiting(self, name: str) -> int:
        """Return how many have come to this one's doors and were not let in yet."""
        try:
            return int(self._ask("look")["waiting"].get(name, 0))
        except OSError:
            return 0  # a killed holder has no queues any more


def _refuse_taken(addresses: dict[str, str], *, held: set[str]) -> None:
    for entry, address in addresses.items():
        if address not in held and not socket_holder.is_free(address):
            key = f"LOCAL_{KEYS.get(entry, entry.upper())}_PORT"
            raise EngineError(
                f"port {address.rpartition(':')[2]} is taken, traefik cannot listen on it",
                why=f"another program listens on {address}",
                fix=f"set another {key} in .env, or end that program",
                family="preflight",
            )
