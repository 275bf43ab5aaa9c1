"""The engine on this machine: started, followed and questioned."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ops.engine.host.formats import note_format, read_text
from ops.engine.host.receive import remove_old_runs
from ops.engine.model import Release, release_to_json
from ops.engine.packing import pack
from ops.errors import HostError
from ops.redact import last_lines
from ops.targets.host import AGAIN, check_stream, refusal, refuse_newer_state

UTF8: Any = {"text": True, "encoding": "utf-8", "errors": "replace"}  # what the engine prints, in any locale


class LocalHost:
    """The machine we are on, with everything that the stack needs below `state` (the `.local` folder)."""

    def __init__(self, state: Path, *, environment: dict[str, str]) -> None:
        self.state = state
        self.environment = environment  # what the engine may see: PATH, HOME, pip's and npm's own configuration
        self._running: subprocess.Popen[str] | None = None
        self._position = 0  # how far the journal has been followed

    def ship(self, run_id: str, release: Release, files: Mapping[str, bytes]) -> str:
        """Put the engine and the release (0600, it holds secrets) where the engine looks; return the release file."""
        del files  # they are where the engine looks already
        self._refuse_newer_state()
        self.state.mkdir(mode=0o700, exist_ok=True)
        note_format(self.state)  # an older checkout must not ask this engine
        pack(self.state / "engine.pyz")
        run = self._make_run(run_id)
        shipped = run / "release.json"
        shipped.touch(mode=0o600)
        shipped.write_text(release_to_json(release), encoding="utf-8")
        return str(shipped)

    @property
    def is_ready(self) -> bool:
        """Tell whether anything was ever deployed here."""
        return (self.state / "engine.pyz").exists() and (self.state / "state.json").exists()

    def engine(self, verb: str, *words: str) -> Any:
        """Run an engine command to its end and return the JSON it printed; raises the matching OpsError."""
        self._refuse_newer_state()
        done = subprocess.run(
            self._command(verb, *words), capture_output=True, env=self.environment, check=False, timeout=600, **UTF8
        )
        if done.returncode:
            raise refusal(done.stdout, done.stderr, target="local")
        return json.loads(done.stdout)

    def run(self, service: str, command: tuple[str, ...], *, timeout_s: float = 300) -> tuple[int, str]:
        """Run a command in a service's image and environment; return its exit code (124: too late) and output."""
        answer = self.engine("run", "--service", service, "--timeout", f"{timeout_s:g}", "--", *command)
        return int(answer["exit_code"]), str(answer["output"])

    def stream(self, verb: str, *words: str) -> Iterator[str]:
        """Yield an engine command's output line by line, as it comes."""
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as talk,
            subprocess.Popen(
                self._command(verb, *words), stdout=subprocess.PIPE, stderr=talk, env=self.environment, **UTF8
            ) as process,
        ):
            assert process.stdout is not None  # noqa: S101 - PIPE was asked for above
            try:
                yield from process.stdout
                process.wait()
                talk.seek(0)
                check_stream(process.returncode, talk.read(), target="local")
            finally:
                process.terminate()

    def examine(self) -> dict[str, Any]:
        """Return what the engine sees; the listeners of this machine are for the caller to find out."""
        seen: dict[str, Any] = self.engine("examine")
        return seen

    def plan(self, release: Release) -> Any:
        """Ask the engine what this release would change; nothing is left behind."""
        self._refuse_newer_state()
        self.state.mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self.state, suffix=".json", encoding="utf-8") as file:
            file.write(release_to_json(release))
            file.flush()
            pack(self.state / "engine.pyz")
            return self.engine("plan", "--release", file.name)

    def start(self, run_id: str, verb: str, words: tuple[str, ...]) -> None:
        """Start the engine in a session of its own, so that it outlives this program."""
        self._refuse_newer_state()
        self._position = 0
        with (self._make_run(run_id) / "engine.log").open("w", encoding="utf-8") as log:
            self._running = subprocess.Popen(
                self._command(verb, "--run-id", run_id, *words),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
                env=self.environment,
                start_new_session=True,
            )

    def follow(self, run_id: str) -> Iterator[dict[str, Any]]:
        """Yield the run's journal events until it has finished; raises HostError when the engine dies before.

        A second call goes on after the last event that the first one yielded.
        """
        journal = self.state / "runs" / run_id / "journal.jsonl"
        ended, finished = False, False
        while not finished:
            came = False
            for event, size in _events_from(journal, self._position):
                self._position += size
                came, finished = True, event["event"] == "run_finished"
                yield event
            if ended and not came and not finished:
                raise HostError("the engine ended in the middle", why=self._last_words(run_id), fix=AGAIN)
            ended = self._wait(timeout_s=0.05)
        self._wait(timeout_s=10)

    def tell(self, run_id: str, word: str) -> None:
        """Leave a word for the engine that works on a run."""
        (self.state / "runs" / run_id / word).touch(mode=0o600)

    def cancel(self) -> None:
        """Ask the engine to undo what it began."""
        if self._running:
            self._running.send_signal(signal.SIGTERM)

    def _refuse_newer_state(self) -> None:
        """Stop before a newer engine is replaced, or asked for what this checkout may not understand."""
        refuse_newer_state(read_text(self.state), target="local")

    def _make_run(self, run_id: str) -> Path:
        """Make the folder of a run, and remove those of old ones."""
        run = self.state / "runs" / run_id
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_old_runs(run.parent, keep={run_id})
        return run

    def _wait(self, *, timeout_s: float) -> bool:
        if self._running is None:
            return True
        try:
            self._running.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _command(self, verb: str, *words: str) -> tuple[str, ...]:
        return (sys.executable, str(self.state / "engine.pyz"), verb, "--root", str(self.state), *words)

    def _last_words(self, run_id: str) -> str:
        log = (self.state / "runs" / run_id / "engine.log").read_text(encoding="utf-8", errors="replace")
        return last_lines(log, 1) or "it was killed"


def _events_from(journal: Path, position: int) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the events after `position` with their sizes in bytes; a torn last line waits for its rest."""
    if not journal.exists():
        return
    with journal.open("rb") as file:
        file.seek(position)
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line), len(line)
