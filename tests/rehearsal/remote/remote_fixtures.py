"""Which droplets do tests of SSH use, and how do they log in there?"""

from __future__ import annotations

import dataclasses
import io
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pytest

from ops.engine.packing import packed
from ops.settings import KEYS, Settings
from ops.ssh.connection import Remote
from ops.ssh.errors import Login
from ops.ssh.private_key import check_key
from ops.targets.droplet.bootstrap import bootstrap_script, bootstrap_version, log_in, prepare, user_data
from ops.targets.droplet.host import RemoteHost
from ops.targets.droplet.logins import confirm_logins
from rehearsal.docker import Owner, registry_mirror, remove_owned_by, this_process
from rehearsal.droplet.machine import Machine, start_machine
from rehearsal.network import Network, create_network
from rehearsal.world import write_ssh_key

PATIENCE_S = 60.0
STUB = """\
import json, os, pathlib, signal, sys, time
if sys.argv[1] != "deploy":
    from ops.engine.__main__ import main
    sys.exit(main(sys.argv[1:]))
run_id = sys.argv[sys.argv.index("--run-id") + 1]
journal = pathlib.Path("/var/lib/slipway/runs") / run_id / "journal.jsonl"
def say(event, **more):
    with journal.open("a") as file:
        file.write(json.dumps({"event": event, **more}) + "\\n")
def stop(*_):
    say("run_finished", outcome="rolled_back")
    sys.exit(8)
signal.signal(signal.SIGTERM, stop)
say("run_started", pid=os.getpid())
for number in range(COUNT):
    say("progress", number=number)
    time.sleep(0.2)
say("run_finished", outcome="success")
"""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A network for droplets, an operator's key, and a checkout that knows no host yet."""

    network: Network
    owner: Owner
    key: Path
    checkout: Path
    said: list[str] = field(default_factory=list)

    def start(self, name: str, *, with_user_data: bool, mirror: str | None = None) -> Machine:
        """Start a droplet; without user data it knows the key as root's alone."""
        data = user_data(self.settings(mirror=mirror), check_key(self.key)) if with_user_data else ""
        keys = (check_key(self.key),)
        return start_machine(name, network=self.network, owner=self.owner, public_keys=keys, user_data=data)

    def settings(self, *, mirror: str | None = None, user: str = "deploy") -> Settings:
        """Return the defaults with this place's key and this machine's mirror."""
        asked = registry_mirror(os.environ) if mirror is None else mirror
        values = {**{key.name: key.default for key in KEYS}, "SSH_KEY_PATH": str(self.key), "SSH_USER": user}
        values["DOCKER_REGISTRY_MIRROR"] = asked
        return Settings(target="droplet", values=MappingProxyType(values), extra=MappingProxyType({}))

    def script(self) -> str:
        """Return the bootstrap as these settings want it."""
        return bootstrap_script(self.settings())

    def host(self, machine: Machine, *, at: tuple[str, int] | None = None) -> RemoteHost:
        """Return the host, to be reached at another address when a relay stands between."""
        address, port = at or (machine.address, 22)
        login = Login(
            address=address,
            port=port,
            user="deploy",
            key=self.key,
            known_hosts=self.checkout / ".local" / "known_hosts",
            alias=machine.container,
        )
        return RemoteHost(Remote(login, say=self.said.append), checkout=self.checkout, say=self.said.append)

    def prepare(self, host: RemoteHost, *, patience_s: float = 0.0) -> bool:
        """Log in and prepare the host, as a deployment does; tell whether the script ran from here."""
        key = check_key(self.key)
        log_in(host.remote, self.script(), public_key=key, patience_s=patience_s, say=self.said.append)
        host.forget()
        return prepare(host.remote, self.script(), say=self.said.append)

    def host_again(self, host: RemoteHost) -> RemoteHost:
        """Return the same host for somebody who knows nothing of it yet, over the same connection."""
        return RemoteHost(host.remote, checkout=self.checkout)

    def remote(self, machine: Machine, **other: object) -> Remote:
        """Return a connection to the host, another login where that is asked for."""
        login = self.host(machine).remote.login
        return Remote(dataclasses.replace(login, **other), say=self.said.append)  # type: ignore[arg-type] # the fields of Login


@pytest.fixture(scope="session")
def place(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:  # noqa: ARG001 - its skip counts
    """Where this session's droplets for SSH stand."""
    folder = tmp_path_factory.mktemp("place")
    write_ssh_key(folder / "ssh" / "id_ed25519")
    owner = dataclasses.replace(this_process(), name=f"ssh-{this_process().name}")
    network = create_network(f"slipway-ssh-{os.getpid()}", owner=owner)
    yield Place(network=network, owner=owner, key=folder / "ssh" / "id_ed25519", checkout=folder)
    remove_owned_by(owner)


@pytest.fixture(scope="session")
def prepared(place: Place) -> Machine:
    """Return a droplet whose first boot made it ready, with nobody's help."""
    machine = place.start("ready", with_user_data=True)
    host = place.host(machine)
    assert not place.prepare(host, patience_s=PATIENCE_S)
    assert host.hello().bootstrap == bootstrap_version(place.script())
    assert [line for line in place.said if line.startswith("first boot: ")]
    assert host.hello().logins == "unconfirmed"
    confirm_logins(host.remote, place.script(), say=place.said.append)
    host.forget()
    assert host.hello().logins == "closed"
    host.close()
    return machine


@pytest.fixture
def host(place: Place, prepared: Machine) -> Iterator[RemoteHost]:
    """Return the prepared droplet, not connected yet."""
    opened = place.host(prepared)
    yield opened
    opened.close()


@pytest.fixture
def slow_engine(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let hosts ship an engine whose deploy only writes `count` lines into its journal, five a second."""

    def ship_stub(count: int) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(packed())) as real, zipfile.ZipFile(buffer, "w") as made:
            for name in real.namelist():
                content = STUB.replace("COUNT", str(count)).encode() if name == "__main__.py" else real.read(name)
                made.writestr(name, content)
        monkeypatch.setattr("ops.targets.droplet.host.packed_engine", buffer.getvalue)

    return ship_stub
