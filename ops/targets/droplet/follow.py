"""A run on the host: started, followed over a link that may break, and cancelled."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import PurePosixPath
from typing import Any

from ops.errors import HostError
from ops.redact import last_lines
from ops.ssh import AGAIN, CommandResult, LinkLostError, Remote, TooSlowError, UnreachableError

ROOT = PurePosixPath("/var/lib/slipway")
RECONNECT_S = 180.0
SILENCE_S = 20.0  # `follow` says something every five seconds
RUN_S = 6 * 3600.0  # the longest that a deployment is followed


class RemoteRun:
    """The engine's unit on the host and its journal; `boot` asks the host which boot this is."""

    def __init__(self, remote: Remote, *, boot: Callable[[], str], say: Callable[[str], None]) -> None:
        self.remote = remote
        self._boot = boot
        self._say = say
        self._run_id = ""
        self._boot_before = ""
        self._pending: Generator[str, None, CommandResult] | None = (
            None  # the follower that came with the engine's start
        )
        self._position = 0  # how many bytes of the journal have been followed

    def start(self, run_id: str, verb: str, words: tuple[str, ...], *, boot: str) -> None:
        """Start the engine as a unit of its own, which outlives this connection, and its follower with it."""
        self._run_id, self._position, self._boot_before = run_id, 0, boot
        folder = ROOT / "runs" / run_id
        log = folder / "engine.log"
        unit = (
            *("systemd-run", f"--unit={_unit(run_id)}", "--collect", "--quiet", "--setenv=HOME=/root"),
            *(f"--property=StandardOutput=append:{log}", f"--property=StandardError=append:{log}"),
            *("--property=KillMode=mixed", "--property=TimeoutStopSec=120", "--property=After=docker.service"),
        )
        started = (*unit, *engine_words(verb, "--run-id", run_id, *words))
        self._pending = self.remote.lines(
            _in_turn(
                ("mkdir", "-p", "-m", "700", str(folder)), _refuse_again(folder), started, then=self._follower(run_id)
            ),
            sudo=True,
            timeout_s=RUN_S,
            idle_s=SILENCE_S,
        )

    def follow(self, run_id: str) -> Iterator[dict[str, Any]]:
        """Yield the run's journal events until it has finished; raises HostError when the engine dies before.

        A second call goes on after the last event that the first one yielded. A link that is cut is made again.
        """
        lost_at: float | None = None
        while True:
            try:
                for event in self._events(run_id):
                    lost_at = None
                    yield event
                    if event["event"] == "run_finished":
                        return
            except (LinkLostError, TooSlowError, UnreachableError) as error:
                lost_at = lost_at or time.monotonic()
                self._reconnect(lost_at, error)

    def cancel(self) -> None:
        """Ask the engine to undo what it began."""
        words = ("systemctl", "kill", "--kill-whom=main", "--signal=TERM", _unit(self._run_id))
        self.remote.run(words, sudo=True, timeout_s=30.0)

    def _events(self, run_id: str) -> Iterator[dict[str, Any]]:
        lines, self._pending = self._pending, None
        if lines is None:
            lines = self.remote.lines(self._follower(run_id), sudo=True, timeout_s=RUN_S, idle_s=SILENCE_S)
        ran = yield from self._parsed(lines)
        why = last_lines(ran.errors, 1) or f"its follower ended with exit code {ran.exit_code}"
        raise HostError("the engine could not be followed", why=why, fix=AGAIN)

    def _parsed(self, lines: Generator[str, None, CommandResult]) -> Generator[dict[str, Any], None, CommandResult]:
        while True:
            try:
                line = next(lines)
            except StopIteration as ended:
                ran: CommandResult = ended.value
                return ran
            if not line:
                continue
            event = json.loads(line)
            if event["event"] == "engine_gone":
                raise self._engine_gone(event["why"])
            self._position += len(line.encode()) + 1
            yield event

    def _engine_gone(self, why: str) -> HostError:
        if self._boot_before and self._boot() != self._boot_before:
            return HostError(
                "the host was restarted in the middle",
                why="the engine went down with it; the release that was live before is the one that serves",
                fix=f"{AGAIN}: it finishes or undoes what was begun",
            )
        return HostError(
            "the engine ended in the middle", why=why, fix=f"{AGAIN}: it finishes or undoes what was begun"
        )

    def _reconnect(self, lost_at: float, error: HostError) -> None:
        self._say(f"{error.what}; reconnecting ...")
        self.remote.close()
        try:
            self.remote.connect(patience_s=max(0.0, lost_at + RECONNECT_S - time.monotonic()))
        except HostError as still:
            raise HostError(
                "the connection to the host stays lost",
                why=f"{still.what}, after {RECONNECT_S:.0f} s too; the engine there finishes or undoes it by itself",
                fix=AGAIN,
            ) from still
        self._say("connected again")

    def _follower(self, run_id: str) -> tuple[str, ...]:
        return engine_words("follow", "--run-id", run_id, "--after", str(self._position))


def engine_words(verb: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs the engine on the host."""
    program = ("python3", str(ROOT / "engine.pyz"), verb, "--root", str(ROOT))
    return (*program, "--runtime", "compose", *arguments)


def _unit(run_id: str) -> str:
    return f"slipway-{run_id}"


def _refuse_again(folder: PurePosixPath) -> tuple[str, ...]:
    """Return the command that fails for a run that was there already: each operator's clock names runs."""
    program = 'test ! -e "$1" || { echo "$2" >&2; exit 1; }'
    return ("sh", "-c", program, "sh", str(folder / "journal.jsonl"), f"a run named {folder.name} was here already")


def _in_turn(*commands: tuple[str, ...], then: tuple[str, ...]) -> str:
    return " && ".join((*map(shlex.join, commands), f"exec {shlex.join(then)}"))
