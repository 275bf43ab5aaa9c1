"""What is on a host before anything is changed there: ports, containers, room, the Docker Engine's configuration.

A shell script looks, because a host that nobody has prepared may have no Python; it waits for what is starting first.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.ssh import CommandResult, Remote, no_sudo

SCRIPT = Path(__file__).with_name("survey.sh")
PORTS = (("tcp", 80), ("tcp", 443), ("udp", 443))  # what Traefik publishes
STARTS_S = 120  # how long what is starting is waited for
SURVEY_S = STARTS_S + 120.0
SECTION = re.compile(r"\[([a-z]+)\]")
LAST = "[daemon.json]"
PROCESS = re.compile(r'\(\("(?P<name>[^"]*)",pid=(?P<pid>\d+)')
PUBLISHED = re.compile(r":(?P<port>\d+)(?:-(?P<last>\d+))?->[\d-]+/(?P<protocol>tcp|udp)")
UNIT = re.compile(r"([^/\s]+\.service)")
ENGINE = ("dockerd", "docker-proxy")  # what holds a port for a container


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container of the host; `is_ours` tells that a release brought it."""

    id: str
    name: str
    state: str
    image: str
    is_ours: bool
    published: frozenset[tuple[str, int]]


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who has a port that Traefik wants: a process with its unit, or a container."""

    protocol: str
    port: int
    process: str = ""
    pid: int = 0
    unit: str = ""
    container: str = ""

    @property
    def words(self) -> str:
        """Name it as an operator would look for it."""
        if self.container:
            return f"the container `{self.container}`"
        more = [f"pid {self.pid}"] if self.pid else []
        more += [self.unit] if self.unit else []
        name = self.process or "a process that does not say its name"
        return f"{name} ({', '.join(more)})" if more else name

    @property
    def fix(self) -> str:
        """Return the command that frees the port."""
        if self.container:
            return f"sudo docker stop {self.container}"
        return f"sudo systemctl disable --now {self.unit}" if self.unit else f"sudo ss -ltunp 'sport = :{self.port}'"


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What was seen; `free_mib` is by folder, `record` is None where no bootstrap kept one."""

    holders: tuple[Holder, ...] = ()
    containers: tuple[Container, ...] = ()
    engine: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    free_mib: Mapping[str, int] = field(default_factory=dict)
    memory_mib: Mapping[str, int] = field(default_factory=dict)
    has_release: bool = False
    record: Mapping[str, Any] | None = None
    daemon_json: bytes = b""

    @property
    def strangers(self) -> tuple[Container, ...]:
        """Return the containers that are somebody else's."""
        return tuple(one for one in self.containers if not one.is_ours)


def survey_host(remote: Remote, *, say: Callable[[str], None], starts_s: int = STARTS_S) -> Survey:
    """Wait for what is starting on a host, at most `starts_s`, and return what is there; changes nothing.

    Raises HostError when the user may not look.
    """
    found: list[str] = []
    lines = remote.lines(
        ("sh", "-c", SCRIPT.read_text(encoding="utf-8"), "survey", str(starts_s)), sudo=True, timeout_s=SURVEY_S
    )
    ran = _each(lines, lambda line: found.append(line) if found or SECTION.fullmatch(line) else _progress(line, say))
    if ran.exit_code:
        raise no_sudo(remote.login, why=ran.errors.strip() or f"exit code {ran.exit_code}")
    return read_survey("\n".join(found))


def _each(lines: Generator[str, None, CommandResult], take: Callable[[str], None]) -> CommandResult:
    while True:
        try:
            take(next(lines))
        except StopIteration as ended:
            ran: CommandResult = ended.value
            return ran


def read_survey(text: str) -> Survey:
    """Return what the script's answer says."""
    told, _, daemon_json = text.partition(LAST)
    seen = _sections(told)
    containers = tuple(_containers(seen["containers"]))
    known = dict(line.split(" ", 1) for line in seen["groups"] if " " in line)
    return Survey(
        holders=tuple(sorted(_holders(seen["sockets"], known, containers), key=lambda one: (one.port, one.protocol))),
        containers=containers,
        engine=dict(line.split("=", 1) for line in seen["engine"] if "=" in line),
        words=tuple(seen["words"]),
        free_mib={folder: int(kib) >> 10 for kib, folder in (line.split(" ", 1) for line in seen["disk"])},
        memory_mib={line.split(":")[0]: int(line.split()[1]) >> 10 for line in seen["memory"]},
        has_release=bool(seen["state"]),
        record=_record("\n".join(seen["record"])),
        daemon_json=daemon_json.strip().encode(),
    )


def _sections(text: str) -> dict[str, list[str]]:
    seen: dict[str, list[str]] = defaultdict(list)
    name = ""
    for line in text.splitlines():
        begun = SECTION.fullmatch(line)
        name = begun[1] if begun else name
        if line and not begun:
            seen[name].append(line)
    return seen


def _containers(lines: Iterable[str]) -> Iterator[Container]:
    for line in lines:
        number, name, state, label, image, ports = [*line.split("|", 5), "", "", "", "", ""][:6]
        published = frozenset(
            (found["protocol"], port)
            for found in PUBLISHED.finditer(ports)
            for port in range(int(found["port"]), int(found["last"] or found["port"]) + 1)
        )
        yield Container(id=number, name=name, state=state, image=image, is_ours=bool(label), published=published)


def _holders(lines: Iterable[str], groups: Mapping[str, str], containers: Iterable[Container]) -> Iterator[Holder]:
    """Yield who has each of our ports, once; what our own containers publish is nobody's but ours."""
    publishing = {wanted: one for wanted in PORTS for one in containers if wanted in one.published}
    for (protocol, port), one in publishing.items():
        if not one.is_ours:
            yield Holder(protocol=protocol, port=port, container=one.name)
    taken = set()
    for protocol, port, process, pid in _sockets(lines):
        by_engine = (protocol, port) in publishing and process in {*ENGINE, ""}
        if (protocol, port) not in PORTS or (protocol, port) in taken or by_engine:
            continue
        taken.add((protocol, port))
        group = groups.get(str(pid), "")
        yield Holder(
            protocol=protocol,
            port=port,
            process=process,
            pid=pid,
            unit=next(reversed(UNIT.findall(group)), ""),
            container=next((one.name for one in containers if one.id and one.id in group), ""),
        )


def _sockets(lines: Iterable[str]) -> Iterator[tuple[str, int, str, int]]:
    """Yield protocol, port, process and its number, as `ss -Hltunp` prints them."""
    for line in lines:
        protocol, _, _, _, local, *_ = [*line.split(), *[""] * 5]
        port = local.rpartition(":")[2]
        process = PROCESS.search(line)
        if port.isdigit():
            yield protocol, int(port), process["name"] if process else "", int(process["pid"]) if process else 0


def _record(text: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _progress(line: str, say: Callable[[str], None]) -> None:
    say(line.removeprefix("slipway: "))
