"""Whether this machine is ready for the local target."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import socket
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from ops.environments import chosen, state_of
from ops.errors import PreflightError
from ops.settings import Settings
from ops.shell_words import local_deploy
from ops.targets.local.cache import cache_dir

_PYTHON = (3, 11)
_FREE_GIB = 2.0
_GIB = 1024**3


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """One thing in the way: what, and the one thing to do about it."""

    what: str
    fix: str


def check_local(settings: Settings, *, root: Path, ours: Collection[int]) -> None:
    """Raise PreflightError with everything that keeps the local target from running below `root`.

    `ours` are the ports that the stack of this checkout holds already.
    """
    if os.name != "posix":
        raise PreflightError(
            "the local target does not run on Windows",
            why="PostgreSQL, Redis and nginx of the local target are made for Linux and macOS",
            fix=f"wsl {local_deploy().removeprefix('wsl ')}",
        )
    obstacles = [
        *_python(sys.version_info[:2]),
        *_folder(state_of(root, chosen())),
        *_disk({state_of(root, chosen()), cache_dir(settings, root)}),
        *_ports(settings, ours),
    ]
    if obstacles:
        count = f"{len(obstacles)} things are" if len(obstacles) > 1 else "one thing is"
        raise PreflightError(
            f"{count} in the way of the local target",
            why="\n".join(obstacle.what for obstacle in obstacles),
            fix="\n".join(dict.fromkeys(obstacle.fix for obstacle in obstacles)),
        )


def _python(version: tuple[int, int]) -> Iterator[Obstacle]:
    if version < _PYTHON:
        seen, least = (".".join(map(str, numbers)) for numbers in (version, _PYTHON))
        yield Obstacle(
            what=f"this is Python {seen}; {least} or newer is needed",
            fix=f"install Python {least} or newer, then run the same command again",
        )


def _folder(state: Path) -> Iterator[Obstacle]:
    """Refuse a `.local` that another user made: half of it could then be neither read nor replaced."""
    try:
        owner = state.stat().st_uid
    except FileNotFoundError:
        if not os.access(state.parent, os.W_OK | os.X_OK):
            folder = shlex.quote(str(state.parent))
            yield Obstacle(what=f"{state.parent} cannot be written to by this user", fix=f"ls -ld {folder}")
        return
    except OSError as error:
        yield Obstacle(what=f"{state}: {error.strerror}", fix=f"ls -ld {shlex.quote(str(state))}")
        return
    me = os.geteuid()
    if owner == me:
        return
    quoted = shlex.quote(str(state))
    fix = f"sudo -u {_user(owner)} {local_deploy()}" if me == 0 else f'sudo chown -R "$(id -u):$(id -g)" {quoted}'
    yield Obstacle(
        what=f"{state} belongs to {_user(owner)}, and this is {_user(me)}: it ran as {_user(owner)}", fix=fix
    )


def _user(number: int) -> str:
    import pwd  # noqa: PLC0415 - there is none on Windows, where this module is imported too

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _disk(folders: Collection[Path]) -> Iterator[Obstacle]:
    seen: set[int] = set()
    for folder in sorted(folders):
        place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        device = place.stat().st_dev
        free_gib = shutil.disk_usage(place).free / _GIB
        if device not in seen and free_gib < _FREE_GIB:
            what = f"{free_gib:.1f} GiB are free where {folder} stands; {_FREE_GIB:.0f} GiB are needed"
            yield Obstacle(what=what, fix=f"df -h {shlex.quote(str(place))}")
        seen.add(device)


def _ports(settings: Settings, ours: Collection[int]) -> Iterator[Obstacle]:
    for key, port in settings.ports.items():
        refusal = "" if port in ours else _refusal(port)
        if refusal:
            yield Obstacle(what=f"port {port} ({key}) {refusal}", fix=f"set {key} in .env to a free port")


def _refusal(port: int) -> str:
    """Say why this port cannot be listened on; empty when it can."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # as servers do: connections that linger from the last run do not count
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"is held by {_holder(port)}"
            if error.errno == errno.EACCES:
                return "is for the administrator of this machine only, as all below 1024"
            return f"cannot be used: {error.strerror}"
    return ""


def _holder(port: int) -> str:
    """Name who listens on a port, without the arguments of its command: they may hold secrets."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except (psutil.Error, OSError):
        return "another process"
    listening = [item for item in connections if item.status == psutil.CONN_LISTEN]
    pid = next((item.pid for item in listening if item.pid and item.laddr and item.laddr.port == port), None)
    if pid is None:
        return "another process, of another user"
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            # a server that names itself anew puts everything into the first word
            program = next(iter(" ".join(process.cmdline()[:1]).split()), "no command line")
            return f"{process.name()} (pid {pid}, user {process.username()}, {program})"
    except (psutil.Error, OSError):
        return f"another process (pid {pid})"
