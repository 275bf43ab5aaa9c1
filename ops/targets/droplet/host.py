"""The engine on a host at the other end of SSH: shipped to, started, followed and questioned.

The shape of `LocalHost`. Each phase is one command over there, because every command costs round trips.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import json
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ops.engine.host import receive
from ops.engine.host.formats import FILE as FORMAT_FILE
from ops.engine.host.formats import FORMAT
from ops.engine.host.state import State
from ops.engine.model import Release, release_to_json
from ops.engine.packing import packed as packed_engine
from ops.engine.rollout.plan import make_plan
from ops.environments import chosen
from ops.errors import HostError
from ops.redact import last_lines
from ops.ssh import AGAIN, CommandResult, Remote, no_sudo
from ops.targets.droplet.follow import ROOT, RUN_S, RemoteRun, engine_words
from ops.targets.droplet.upload import HostFile, blob, missing_blobs, packed, size_mib
from ops.targets.host import check_stream, refusal, refuse_newer_state

ENGINE_S = 600.0
SHIP_S = 1800.0
ROOM_MIB = 64  # what the journal, the release and the logs of a run want besides


@dataclass(frozen=True, kw_only=True)
class Hello:
    """What is on the host: bootstrap's version, engine's sha256, source files, a release and its format, room, boot.

    `ahead_s` says how far its clock is ahead of the one here, below 0 when it is behind.
    `made_here`: its first boot ran our bootstrap. `logins`: those of root and by password, `open` to whom sshd lets in,
    `closed`, or `unconfirmed`: closed, and open again soon unless somebody comes in. `environment` is whose it is,
    empty for that of `.env`, None where nobody has said so.
    """

    bootstrap: str = ""
    engine: str = ""
    blobs: frozenset[str] = frozenset()
    has_state: bool = False
    format: str = "0"
    free_mib: int = 0
    boot: str = ""
    ahead_s: float = 0.0
    made_here: bool = False
    logins: str = "open"
    environment: str | None = None


class RemoteHost:
    """The droplet: sources come from `checkout`, everything over there lies below `root`."""

    def __init__(self, remote: Remote, *, checkout: Path, say: Callable[[str], None] = lambda _: None) -> None:
        self.remote = remote
        self.checkout = checkout
        self.root = ROOT
        self._say = say
        self._seen: Hello | None = None
        self._followed = RemoteRun(remote, boot=self._boot, say=say)

    def hello(self) -> Hello:
        """Return what is on the host; raises HostError when a newer Slipway has changed it."""
        seen = self._look()
        refuse_newer_state(seen.format, target="droplet")
        return seen

    def _look(self) -> Hello:
        """Return what is on the host, asked for once; call `forget` after something else has changed it."""
        if self._seen is None:
            asked_at = time.time()
            ran = self._program("hello")
            answered_at = time.time()
            if "not found" in ran.errors:  # no Python, or not even sudo: nobody has prepared this host
                self._seen = Hello()
            elif ran.errors.startswith("sudo:"):
                raise no_sudo(self.remote.login, why=ran.errors.strip())
            else:
                answer = _answer(ran)
                ahead_s = _ahead_s(answer.pop("now", asked_at), between=(asked_at, answered_at))
                self._seen = Hello(**{**answer, "blobs": frozenset(answer["blobs"]), "ahead_s": ahead_s})
        return self._seen

    def forget(self) -> None:
        """Ask the host again the next time."""
        self._seen = None

    def ship(self, run_id: str, release: Release, files: Mapping[str, bytes]) -> str:
        """Send what the host lacks, in one stream, and return the release file there; when cut it leaves nothing.

        `files` are by their paths below the engine's folder; they and the release are readable by root alone.
        """
        shipped = PurePosixPath("runs") / run_id / "release.json"
        engine, seen = packed_engine(), self.hello()
        digest = hashlib.sha256(engine).hexdigest()
        missing = missing_blobs(release, have=seen.blobs)
        self._check_room(size_mib(self.checkout, missing))
        program = HostFile(path="engine.pyz", content=engine, mode=0o644)
        stream = itertools.chain(
            (blob(self.checkout, path, sha256) for sha256, path in missing.items()),
            (_format_file(),) if int(seen.format) < FORMAT else (),  # an older checkout must not ask this engine
            (_environment_file(),) if seen.environment is None else (),
            () if digest == seen.engine else (program,),
            (HostFile(path=path, content=content) for path, content in files.items()),
            (_release_file(str(shipped), release),),
        )
        self.forget()  # until all of it has arrived, nobody knows
        taken = _answer(self._program("receive", stdin=packed(stream)))
        refuse_newer_state(taken.get("format", seen.format), target="droplet")
        self._seen = dataclasses.replace(seen, engine=digest, blobs=seen.blobs | missing.keys(), format=f"{FORMAT}")
        return str(self.root / shipped)

    @property
    def is_ready(self) -> bool:
        """Tell whether anything was ever deployed here."""
        return bool(self._look().engine) and self._look().has_state

    @property
    def ahead_s(self) -> float:
        """How far the host's clock is ahead of the one here, also where a newer Slipway has been."""
        return self._look().ahead_s

    def engine(self, verb: str, *arguments: str) -> Any:
        """Run an engine command to its end and return the JSON it printed; raises the matching OpsError."""
        if self._seen:
            refuse_newer_state(self._seen.format, target="droplet")
        return _answer(self.remote.run(engine_words(verb, *arguments), sudo=True, timeout_s=ENGINE_S))

    def run(self, service: str, command: tuple[str, ...], *, timeout_s: float = 300) -> tuple[int, str]:
        """Run a command in a service's image and environment; return its exit code (124: too late) and output."""
        answer = self.engine("run", "--service", service, "--timeout", f"{timeout_s:g}", "--", *command)
        return int(answer["exit_code"]), str(answer["output"])

    def stream(self, verb: str, *arguments: str) -> Iterator[str]:
        """Yield an engine command's output line by line, as it comes."""
        return _streamed(self.remote.lines(engine_words(verb, *arguments), sudo=True, timeout_s=RUN_S))

    def examine(self) -> dict[str, Any]:
        """Return what the engine sees of the running stack: status, listeners, static_config, logs, problems."""
        return dict(self.engine("examine"))

    def plan(self, release: Release) -> Any:
        """Ask what this release would change; nothing is left behind."""
        if not self.hello().bootstrap:  # no engine can look around there yet, and there is nothing to see
            changes = make_plan(release, live=None, state=State(), observed=())
            return {"changes": [change.as_json() for change in changes]}
        engine = HostFile(path="engine.pyz", content=packed_engine(), mode=0o644)
        return _answer(self._program("plan", stdin=packed(iter((engine, _release_file("release.json", release))))))

    def start(self, run_id: str, verb: str, words: tuple[str, ...]) -> None:
        """Start the engine as a unit of its own, which outlives this connection."""
        self._followed.start(run_id, verb, words, boot=self.hello().boot)

    def follow(self, run_id: str) -> Iterator[dict[str, Any]]:
        """Yield the run's journal events until it has finished; raises HostError when the engine dies before.

        A second call goes on after the last event that the first one yielded. A link that is cut is made again.
        """
        return self._followed.follow(run_id)

    def tell(self, run_id: str, word: str) -> None:
        """Leave a word for the engine that works on a run."""
        self.remote.run(("touch", str(self.root / "runs" / run_id / word)), sudo=True, timeout_s=20.0)

    def cancel(self) -> None:
        """Ask the engine to undo what it began."""
        self._followed.cancel()

    def close(self) -> None:
        """End the connection; the engine goes on without it."""
        self.remote.close()

    def _boot(self) -> str:
        self.forget()
        return self._look().boot

    def _check_room(self, needed_mib: int) -> None:
        if self._seen and self._seen.free_mib < needed_mib + ROOM_MIB:
            raise HostError(
                "the host's disk is full",
                why=f"{self._seen.free_mib} MiB are free, {needed_mib + ROOM_MIB} MiB are needed for the sources alone",
                fix="free some space on the host: sudo docker system prune",
            )

    def _program(self, verb: str, *, stdin: Iterable[bytes] | None = None) -> CommandResult:
        words = ("python3", "-c", _receiver(), verb, str(self.root), str(FORMAT))
        return self.remote.run(words, stdin=stdin, sudo=True, timeout_s=SHIP_S if stdin else 60.0)


@functools.cache
def _receiver() -> str:
    return Path(receive.__file__).read_text(encoding="utf-8")


def _release_file(path: str, release: Release) -> HostFile:
    return HostFile(path=path, content=release_to_json(release).encode())  # 0600: it holds secrets


def _environment_file() -> HostFile:
    return HostFile(path=receive.ENVIRONMENT, content=f"{chosen()}\n".encode())


def _format_file() -> HostFile:
    return HostFile(path=FORMAT_FILE, content=f"{FORMAT}\n".encode())


def _streamed(lines: Generator[str, None, CommandResult]) -> Iterator[str]:
    while True:
        try:
            line = next(lines)
        except StopIteration as ended:
            check_stream(ended.value.exit_code, ended.value.errors, target="droplet")
            return
        yield f"{line}\n"


def _ahead_s(now: float, *, between: tuple[float, float]) -> float:
    """Return how far a clock is ahead that said `now` at some moment between these two."""
    asked_at, answered_at = between
    return min(now - asked_at, 0.0) + max(now - answered_at, 0.0)


def _answer(ran: CommandResult) -> Any:
    """Return the JSON that a program printed; raises what it refused with, as the operator's error."""
    try:
        answer = json.loads(ran.output)
    except ValueError:
        why = last_lines(ran.errors, 1) or f"it printed no answer and ended with {ran.exit_code}"
        raise HostError("the host refused", why=why, fix=AGAIN) from None
    if ran.exit_code:
        raise refusal(ran.output, ran.errors, target="droplet")
    return answer
