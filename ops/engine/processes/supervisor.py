"""The supervisor that keeps replicas running when the engine and the terminal are gone. One supervisor per `.local`."""

from __future__ import annotations

import os
import resource
import shlex
import signal
import subprocess
import sys
import time
import xmlrpc.client
from pathlib import Path
from typing import Any

from ops.engine.errors import EngineError
from ops.engine.processes import os_processes, socket_holder, supervisor_rpc
from ops.engine.processes.launch_file import LAUNCH_FILE, SYSTEM_PATH, Launch
from ops.engine.processes.layout import Layout, write_private
from ops.redact import last_lines

START_TIMEOUT_S = 15.0
OPEN_FILES = 8192
SUPERVISOR = "supervisor.supervisord"
HOLDER = "edge-sockets"
SOURCES = Path(__file__).resolve().parents[3]

# Paths are relative to `.local`, where the supervisor runs: a `#` or `;` in a folder's name would end its line.
MAIN = """\
[unix_http_server]
file={socket}
chmod=0700

[supervisord]
logfile=supervisor/supervisord.log
logfile_maxbytes=5MB
logfile_backups=2
pidfile=supervisor/supervisord.pid
childlogdir=logs
nocleanup=true
umask=077
minfds={open_files}
{user}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[include]
files=conf.d/*.conf
"""

PROGRAM = """\
[program:{name}]
command={command}
autostart=true
autorestart=true
startsecs=1
startretries=3
stopsignal={signal}
stopwaitsecs={grace_s}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile=logs/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""


class Supervisor:
    """The supervisor of one `.local` folder; it runs as the user who called, listens on a private socket only."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._folder = layout.supervisor

    @property
    def _socket(self) -> Path:
        return supervisor_rpc.found_socket(self._folder)

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of its interface; raises EngineError (host) when it is gone, Fault when it refuses."""
        try:
            return supervisor_rpc.call(self._socket, method, *arguments)
        except OSError as error:
            raise _gone(error, self._folder) from error

    def is_running(self) -> bool:
        """Tell whether a supervisor answers."""
        try:
            return bool(supervisor_rpc.call(self._socket, "getState")["statename"] == "RUNNING")
        except (OSError, xmlrpc.client.Fault):
            return False

    @property
    def env_id(self) -> str:
        """The environment it was started from, empty when it never was."""
        marker = self._folder / "env"
        return marker.read_text(encoding="utf-8") if marker.exists() else ""

    def start(self, env: Path) -> None:
        """Start it, detached, with every replica that has a configuration; it must not run yet."""
        user = "user=root\n" if os.getuid() == 0 else ""  # only then it may be named
        main = MAIN.format(socket=self._make_place(), open_files=_open_files(), user=user)
        write_private(self._folder / "supervisord.conf", main)
        write_private(self._folder / "env", env.name)
        # It goes to the background by itself: the call returns once it has read its configuration.
        command = (str(env / "bin" / "python"), "-m", SUPERVISOR, "-c", "supervisor/supervisord.conf")
        environment = {"PATH": SYSTEM_PATH, "HOME": str(self._layout.root), "LANG": "C.UTF-8"}
        with (self._folder / "start.log").open("w+", encoding="utf-8") as log:
            done = subprocess.run(
                command,
                cwd=self._layout.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
                timeout=START_TIMEOUT_S,
                start_new_session=True,
            )
            log.seek(0)
            if done.returncode:
                raise _no_start(log.read())
        try:
            self._wait_for_answer()
        except BaseException:
            self.end_unheard(timeout_s=START_TIMEOUT_S)  # nobody would find it again
            raise

    def _make_place(self) -> str:
        """Make the folder of a new socket and note where it is; return the socket as the supervisor is told."""
        place, noted = supervisor_rpc.socket_path(self._folder), self._folder / supervisor_rpc.PLACE
        supervisor_rpc.make_socket_folder(place)
        if place.is_relative_to(self._layout.root):
            noted.unlink(missing_ok=True)
            return os.path.relpath(place, self._layout.root)
        write_private(noted, str(place))
        return str(place)

    def _wait_for_answer(self) -> None:
        until = time.monotonic() + START_TIMEOUT_S
        while not self.is_running():
            if time.monotonic() > until:
                log = self._folder / "supervisord.log"
                raise _no_start(log.read_text(encoding="utf-8", errors="replace") if log.exists() else "")
            time.sleep(0.02)  # waits for the socket, up to START_TIMEOUT_S

    def add(self, launch: Launch) -> None:
        """Make it start a replica and keep it running."""
        self._add(launch["name"], program(launch, root=self._layout.root))

    def keep_holder(self) -> None:
        """Make it run what holds the edge's sockets; one that runs goes on."""
        place, root = self._socket.with_name(socket_holder.SOCKET), self._layout.root
        shown = os.path.relpath(place, root) if place.is_relative_to(root) else str(place)
        words = ("hold", shown, self._layout.sockets.name)
        self._add(HOLDER, _program(HOLDER, engine_command(*words, root=root), signal="TERM", grace_s=5))

    def _add(self, name: str, text: str) -> None:
        write_private(self._conf(name), text)
        self.call("reloadConfig")
        try:
            self.call("addProcessGroup", name)
        except xmlrpc.client.Fault as fault:
            if "ALREADY_ADDED" not in fault.faultString:
                raise
            self._unless_gone("startProcess", name, False)

    def tell_to_stop(self, name: str) -> None:
        """Make it send a replica its stop signal and not start it again; does not wait."""
        self._unless_gone("stopProcess", name, False)

    def forget(self, name: str, *, timeout_s: float) -> None:
        """Make it forget a replica, once it has seen it end."""
        self._conf(name).unlink(missing_ok=True)
        until = time.monotonic() + timeout_s
        while not self._unless_gone("removeProcessGroup", name):
            if time.monotonic() > until:
                raise EngineError(
                    f"{name} does not end",
                    why="the supervisor still sees its process",
                    fix="run the same command again",
                )
            time.sleep(0.02)  # waits for the supervisor to notice the end, up to timeout_s

    def _unless_gone(self, method: str, name: str, *arguments: Any) -> bool:
        """Call a method; False when the replica still runs, True when it worked or there is no such replica."""
        try:
            supervisor_rpc.call(self._socket, f"{method}", name, *arguments)
        except xmlrpc.client.Fault as fault:
            if fault.faultString.startswith("SPAWN_ERROR"):
                raise
            return not fault.faultString.startswith("STILL_RUNNING")
        except OSError:
            return True  # no supervisor, nothing to forget
        return True

    def states(self) -> dict[str, dict[str, Any]]:
        """Return what it knows about each replica, by name; empty when it does not run."""
        if not self.is_running():
            return {}
        return {info["name"]: info for info in self.call("getAllProcessInfo")}

    def shut_down(self, *, timeout_s: float) -> None:
        """End it and whatever it still runs, kill it when it does not end in time; remove its socket."""
        if self.is_running():
            pid = int(self.call("getPID"))
            self.call("shutdown")
            _wait_for_end(pid, timeout_s=timeout_s)
        place = self._socket
        for left in (place, place.with_name(socket_holder.SOCKET)):
            left.unlink(missing_ok=True)  # a killed one leaves it behind
        if not place.is_relative_to(self._layout.root) and place.parent.exists():
            place.parent.rmdir()
        (self._folder / supervisor_rpc.PLACE).unlink(missing_ok=True)

    def end_unheard(self, *, timeout_s: float) -> None:
        """End one that runs and does not answer: its socket is gone, or it never had a good one."""
        pid = self._process()
        if pid and not self.is_running():
            os_processes.send(pid, signal.SIGTERM)  # which ends what it runs, too
            _wait_for_end(pid, timeout_s=timeout_s)

    def _process(self) -> int:
        """Return the process that its own file names, 0 when that is none of ours (any more)."""
        try:
            pid = int((self._folder / "supervisord.pid").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0
        here = os_processes.folder_of(pid)
        is_here = here is None or here == self._layout.root.resolve()
        return pid if is_here and SUPERVISOR in os_processes.command_of(pid) else 0

    def _conf(self, name: str) -> Path:
        return self._folder / "conf.d" / f"{name}.conf"


def _wait_for_end(pid: int, *, timeout_s: float) -> None:
    until = time.monotonic() + timeout_s
    while pid in os_processes.table():
        if time.monotonic() > until:
            os_processes.send(pid, signal.SIGKILL)
        time.sleep(0.05)  # waits for the supervisor to end, killed after timeout_s


def program(launch: Launch, *, root: Path) -> str:
    """Return the supervisor's configuration of a replica; nothing secret is in it."""
    command = launch_command(launch["name"], root=root)
    return _program(launch["name"], command, signal=launch["stop_signal"], grace_s=launch["stop_grace_s"])


def _program(name: str, command: tuple[str, ...], *, signal: str, grace_s: float) -> str:
    words = shlex.join(command).replace("%", "%%")
    return PROGRAM.format(name=name, command=words, signal=signal, grace_s=max(1, round(grace_s)))


def launch_command(name: str, *, root: Path) -> tuple[str, ...]:
    """Return the command, to be run in `root`, that becomes the replica."""
    return engine_command("exec", f"replicas/{name}/{LAUNCH_FILE}", root=root)


def engine_command(*words: str, root: Path) -> tuple[str, ...]:
    """Return the command, to be run in `root`, that is a process of the stack: `exec FILE`, or `hold SOCKET FOLDER`.

    It uses the Python below any virtual environment, because that one stays when an environment is renewed.
    """
    python = os.path.realpath(sys.executable)
    if (root / "engine.pyz").exists():
        return (python, "-I", "-S", "-B", "engine.pyz", *words)
    # From a checkout without the packed engine: tests, and a developer's shell.
    start = f"import sys; sys.path.insert(0, {str(SOURCES)!r}); from ops.engine.__main__ import main; "
    return (python, "-I", "-S", "-B", "-c", f"{start}sys.exit(main({list(words)!r}))")


def _open_files() -> int:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)


def _gone(error: OSError, folder: Path) -> EngineError:
    return EngineError(
        "the supervisor does not answer",
        why=f"{error.strerror or error}; its log is {folder / 'supervisord.log'}",
        fix="run the same command again",
        family="host",
    )


def _no_start(output: str) -> EngineError:
    return EngineError(
        "the supervisor did not start",
        why=last_lines(output, 8) or f"it did not answer within {START_TIMEOUT_S:.0f} s",
        fix="run the same command again",
        family="host",
    )
