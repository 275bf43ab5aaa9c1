"""Keeps published ports and containers' names alive while the Docker Engine is away.

Containers outlive a restart of the Engine, but it takes its rules away and writes them again, and its name server is
gone from stop to start. Meanwhile rules of our own say the same, and the containers' hosts files have the names.

A program of its own: the bootstrap puts this text on the host, and systemd runs it around the Engine, with one word:
`leaving` before it stops, `away` once it has ended and before it starts, `back` when it has started. It imports nothing
of ours.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

CHAIN = "SLIPWAY-ENGINE-AWAY"
OUT = f"{CHAIN}-OUT"
CONFIGURATION = Path("/etc/docker/daemon.json")
DATA = "/var/lib/docker"
BEGIN, END = "# slipway: while the Docker Engine is away\n", "# slipway: until here\n"
HOSTS_KNOWN_S = 5.5  # Traefik is written in Go, which looks at a hosts file every 5 s
BACK_S = 5.0  # until the Engine that has started must have written all its rules
ESTABLISHED = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"

Rules = list[str]


class Container(NamedTuple):
    """A container that runs: its hosts file, and for each network, by id, the line that others need to find it."""

    hosts: Path
    lines: dict[str, str]


def parse(saved: str) -> dict[str, Rules]:
    """Return the rules of each table that `iptables-save` prints, without `-A`."""
    tables: dict[str, Rules] = {}
    rules: Rules = []
    for line in saved.splitlines():
        if line.startswith("*"):
            rules = tables.setdefault(line[1:].strip(), [])
        elif line.startswith("-A "):
            rules.append(line.removeprefix("-A ").strip())
    return tables


def rules_meanwhile(saved: str) -> str:
    """Return for `iptables-restore --noflush` what repeats the Engine's rules; empty if nothing is published."""
    tables = parse(saved)
    nat, passing = tables.get("nat", []), tables.get("filter", [])
    published = _published(nat, chain="DOCKER")
    if not published:
        return ""
    leaving = [rule for rule in _of("POSTROUTING", nat) if rule.endswith("-j MASQUERADE")]
    doors = [re.sub("^([A-Z]+)", r"-I \1 1", rule[: -len("DOCKER")]) + CHAIN for rule in nat if _is_door(rule)]
    return _table("nat", {CHAIN: published, OUT: leaving}, [*doors, f"-A POSTROUTING -j {OUT}"]) + _table(
        "filter", {CHAIN: _accepted(passing)}, [f"-I FORWARD 1 -j {CHAIN}"]
    )


def rules_afterwards(saved: str) -> str:
    """Return what takes ours away again; empty if there are none."""
    text = ""
    for table, rules in parse(saved).items():
        jumps = [f"-D {rule}" for rule in rules if rule.endswith((f"-j {CHAIN}", f"-j {OUT}"))]
        chains = sorted({rule.rpartition(" ")[2] for rule in jumps})
        emptied = [f"{verb} {chain}" for verb in ("-F", "-X") for chain in chains]
        text += "\n".join((f"*{table}", *jumps, *emptied, "COMMIT\n")) if jumps else ""
    return text


def is_kept(saved: str) -> bool:
    """Tell whether our rules stand."""
    return bool(_published(parse(saved).get("nat", []), chain=CHAIN))


def is_published_again(saved: str) -> bool:
    """Tell whether the Engine publishes all that it published when it went."""
    nat = parse(saved).get("nat", [])
    ours, theirs = (
        {rule.partition(" --to-destination ")[0] for rule in _published(nat, chain=chain)}
        for chain in (CHAIN, "DOCKER")
    )
    return ours <= theirs


def _accepted(passing: Rules) -> Rules:
    """Return what passes to and between containers: what the host's owner forbids in DOCKER-USER stays forbidden."""
    accepted = ["-j DOCKER-USER"] if any(rule.endswith(" -j DOCKER-USER") for rule in passing) else []
    for bridge in sorted({name for rule in passing for name in _bridges(rule)}):
        accepted += [f"-{way} {bridge} {ESTABLISHED}" for way in "io"]
        within = f"-i {bridge} -o {bridge} -j"
        is_closed = any(re.search(f"(?<!! ){re.escape(within)} DROP$", rule) for rule in passing)
        accepted += [] if is_closed else [f"{within} ACCEPT"]
    return accepted + [rule for rule in _of("DOCKER", passing) if re.match(r"-d \S+ .*--dport \d+ -j ACCEPT$", rule)]


def _bridges(rule: str) -> tuple[str, ...]:
    """Return the bridges that a rule of the Engine names; its versions write it in several ways."""
    found = re.search(r"-i (\S+)(?: !)? -o \1(?: |$)", rule) or re.search(r"-o (\S+) -j DOCKER$", rule)
    return found.groups() if found else ()


def _is_door(rule: str) -> bool:
    return bool(re.match(r"(PREROUTING|OUTPUT) .*-j DOCKER$", rule))


def _of(chain: str, rules: Rules) -> Rules:
    return [rule.removeprefix(f"{chain} ") for rule in rules if rule.startswith(f"{chain} ")]


def _published(nat: Rules, *, chain: str) -> Rules:
    return [rule for rule in _of(chain, nat) if " -j DNAT " in rule]


def _table(name: str, chains: dict[str, Rules], jumps: Rules) -> str:
    declared = [f":{chain} - [0:0]" for chain in chains]
    filled = [f"-A {chain} {rule}" for chain, rules in chains.items() for rule in rules]
    return "\n".join((f"*{name}", *declared, *filled, *jumps, "COMMIT\n"))


def containers(data: Path, proc: Path = Path("/proc")) -> list[Container]:
    """Return those that run, as the Engine's own files below `data` tell while it is away."""
    found = []
    for file in sorted(data.glob("containers/*/config.v2.json")):
        try:
            told: dict[str, Any] = json.loads(file.read_bytes())
            # After a power cut its file says that it runs, and another process may have the number.
            is_running = told["ID"] in (proc / str(told["State"]["Pid"]) / "cgroup").read_text(encoding="utf-8")
            lines = {
                network["NetworkID"]: f"{network['IPAddress']} {' '.join(_names(told, network))}\n"
                for network in told["NetworkSettings"]["Networks"].values()
                if network.get("IPAddress")
            }
            hosts = Path(told["HostsPath"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # it was removed meanwhile, or has no network of its own
        if is_running and hosts.is_file():
            found.append(Container(hosts, lines))
    return found


def _names(told: dict[str, Any], network: dict[str, Any]) -> list[str]:
    """Return by what names others know it; Engines before 25 list the aliases alone."""
    names = [told["Name"].removeprefix("/"), *(network.get("DNSNames") or []), *(network.get("Aliases") or [])]
    return list(dict.fromkeys(names))


def write_names(running: Iterable[Container]) -> int:
    """Tell each container where those are that share a network with it; return how many hosts files are new."""
    running, written = list(running), 0
    for one in running:
        lines = sorted(
            other.lines[network]
            for network in one.lines
            for other in running
            if other is not one and network in other.lines
        )
        if lines and BEGIN not in one.hosts.read_text(encoding="utf-8"):
            with one.hosts.open("a", encoding="utf-8") as hosts:  # the container has this very file: never by rename
                hosts.write("".join((BEGIN, *lines, END)))
            written += 1
    return written


def drop_names(data: Path) -> None:
    """Take the names out of all hosts files again."""
    for hosts in data.glob("containers/*/hosts"):
        before, begin, rest = hosts.read_text(encoding="utf-8").partition(BEGIN)
        if begin:
            after = rest.partition(END)[2]
            with hosts.open("r+", encoding="utf-8") as file:
                file.seek(len(before.encode()))
                file.write(after)
                file.truncate()


def main(word: str) -> None:
    """Do what is due at this moment of the Engine."""
    configured: dict[str, Any] = json.loads(CONFIGURATION.read_bytes()) if CONFIGURATION.exists() else {}
    data = Path(configured.get("data-root", DATA))
    if word == "back":
        deadline = time.monotonic() + BACK_S
        while not all(is_published_again(_saved(tool)) for tool in _tools()) and time.monotonic() < deadline:
            time.sleep(0.1)
        _clear(data)
    elif configured.get("live-restore") and not _host_goes_down():  # otherwise containers end with the Engine
        _keep(data, anew=word == "leaving")


def _keep(data: Path, *, anew: bool) -> None:
    if anew:
        _clear(data)  # what a start that failed has left
    for tool in _tools():
        saved = _saved(tool)
        if not is_kept(saved):
            _restore(tool, rules_meanwhile(saved))
    if write_names(containers(data)) and anew:
        time.sleep(HOSTS_KNOWN_S)


def _clear(data: Path) -> None:
    for tool in _tools():
        _restore(tool, rules_afterwards(_saved(tool)))
    drop_names(data)


def _host_goes_down() -> bool:
    asked = subprocess.run(
        ("systemctl", "is-system-running"), capture_output=True, encoding="utf-8", check=False, timeout=10
    )
    return asked.stdout.strip() == "stopping"


def _tools() -> list[str]:
    return [tool for tool in ("iptables", "ip6tables") if shutil.which(f"{tool}-save")]


def _saved(tool: str) -> str:
    return subprocess.run((f"{tool}-save",), capture_output=True, encoding="utf-8", check=True, timeout=10).stdout


def _restore(tool: str, text: str) -> None:
    if text:
        command = (f"{tool}-restore", "--noflush", "--wait", "5")
        subprocess.run(command, input=text, encoding="utf-8", capture_output=True, check=True, timeout=20)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        last = str(getattr(error, "stderr", "") or "").strip()
        sys.exit(f"slipway: a restart of the Docker Engine may be felt: {error} {last}".strip())
