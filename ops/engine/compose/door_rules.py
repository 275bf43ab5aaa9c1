"""The packet rules that send visitors of the public ports to one address, in the kernel and for the next boot."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from ops.engine.errors import EngineError
from ops.engine.host.files import write_atomically
from ops.engine.runtime import Listener

CHAIN = "SLIPWAY-DOORS"
LOCAL = "-m addrtype --dst-type LOCAL"
HOOKS = ("PREROUTING", "OUTPUT")  # visitors from outside, and this host itself
UNIT = Path("/etc/systemd/system/slipway-doors.service")
KEPT = Path("/var/lib/slipway/doors/rules")
TIMEOUT_S = 20.0
_RULE = re.compile(rf"^-A {CHAIN} -p (?P<protocol>\w+) .*--dport (?P<port>\d+) .*--to-destination (?P<to>[\d.]+):\d+$")
SERVICE = f"""\
[Unit]
Description=Where visitors of the site arrive (Slipway)
After=nftables.service netfilter-persistent.service ufw.service firewalld.service
Before=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'exec iptables-restore --noflush --wait 5 <{KEPT}'

[Install]
WantedBy=multi-user.target
"""


def written(ports: Mapping[str, str], address: str) -> str:
    """Return the chain for these ports, `<port>/<protocol>` of a container -> port of the host."""
    rules = []
    for inside, outside in sorted(ports.items()):
        port, _, protocol = inside.partition("/")
        match = f"-p {protocol} -m {protocol} --dport {outside}"
        rules.append(f"-A {CHAIN} {match} -j DNAT --to-destination {address}:{port}")
    return "\n".join((f":{CHAIN} - [0:0]", *rules, ""))


def hooked(hooks: tuple[str, ...] = HOOKS) -> str:
    """Return what leads packets into the chain, before anything else does."""
    return "".join(f"-I {hook} 1 {LOCAL} -j {CHAIN}\n" for hook in hooks)


def removed(saved: str) -> str:
    """Return what takes the chain away; empty if there is none."""
    if f"\n:{CHAIN} " not in saved:
        return ""
    jumps = [f"-D {line.removeprefix('-A ')}" for line in saved.splitlines() if line.endswith(f"-j {CHAIN}")]
    return "\n".join(("*nat", *jumps, f"-F {CHAIN}", f"-X {CHAIN}", "COMMIT", ""))


def turn(ports: Mapping[str, str], address: str) -> None:
    """Send whoever connects from now on to this address; EngineError (host) when the kernel does not take it."""
    write_atomically(KEPT, f"*nat\n{written(ports, address)}{hooked()}COMMIT\n")
    _write_unit()
    saved = _saved()
    missing = tuple(hook for hook in HOOKS if f"-A {hook} {LOCAL} -j {CHAIN}" not in saved.splitlines())
    _restore(f"*nat\n{written(ports, address)}{hooked(missing)}COMMIT\n")


def close() -> None:
    """Send nobody anywhere any more, after the next boot neither; nothing happens where that is so."""
    if UNIT.exists():
        _run("systemctl", "disable", "--quiet", UNIT.name)
        UNIT.unlink(missing_ok=True)
    KEPT.unlink(missing_ok=True)
    _restore(removed(_saved()))


def destination() -> str:
    """Return the address that visitors are sent to now; empty when it is none."""
    return next((found["to"] for found in _found(_saved())), "")


def listeners(owner: str) -> Iterator[Listener]:
    """Yield the ports of the host that lead to it."""
    for found in _found(_saved()):
        yield Listener(address="0.0.0.0", port=int(found["port"]), protocol=found["protocol"], owner=owner)  # noqa: S104 - any address of the host


def _found(saved: str) -> Iterator[re.Match[str]]:
    return filter(None, map(_RULE.match, saved.splitlines()))


def _write_unit() -> None:
    if UNIT.exists() and UNIT.read_text(encoding="utf-8") == SERVICE:
        return
    write_atomically(UNIT, SERVICE)
    UNIT.chmod(0o644)
    _run("systemctl", "daemon-reload")
    _run("systemctl", "enable", "--quiet", UNIT.name)


def _saved() -> str:
    return _run("iptables-save", "-t", "nat")


def _restore(text: str) -> None:
    if text:
        _run("iptables-restore", "--noflush", "--wait", "5", stdin=text)


def _run(*command: str, stdin: str = "") -> str:
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, encoding="utf-8", check=True, timeout=TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip()
        raise EngineError(
            "the host's rules for visitors were not changed", why=said, fix="invoke deploy", family="host"
        ) from error
    return done.stdout
