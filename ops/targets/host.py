"""What the operator's side can ask of the machine that the stack runs on.

`LocalHost` is this machine, `RemoteHost` a droplet over SSH. Both start the same engine, and follow its journal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from ops.engine.errors import BROKEN_PIPE, EXIT_CODES, EngineError
from ops.engine.host.formats import refuse_newer
from ops.engine.model import Release
from ops.errors import BuildError, HostError, OpsError, PreflightError, ReleaseError
from ops.redact import last_lines

FAMILIES: dict[str, type[OpsError]] = {
    "build": BuildError,
    "host": HostError,
    "preflight": PreflightError,
    "release": ReleaseError,
}
AGAIN = "run the same command again"


class Host(Protocol):
    """Where a stack runs. Every method raises OpsError when the host or its engine says no."""

    @property
    def is_ready(self) -> bool:
        """Tell whether anything was ever deployed here."""

    def ship(self, run_id: str, release: Release, files: Mapping[str, bytes]) -> str:
        """Put the engine, the release and these files (path below the engine's folder -> content) on the host.

        The release and the files are readable by their owner alone. Return the release's place on the host.
        """

    def plan(self, release: Release) -> Any:
        """Ask the engine what this release would change; nothing is left behind."""

    def start(self, run_id: str, verb: str, words: tuple[str, ...]) -> None:
        """Start a run of the engine so that it outlives this program; no word may be a secret."""

    def follow(self, run_id: str) -> Iterator[dict[str, Any]]:
        """Yield the run's journal events until it has finished; a second call goes on after the last event."""

    def tell(self, run_id: str, word: str) -> None:
        """Leave a word for the engine that works on a run; see `ops.engine.host.words`."""

    def cancel(self) -> None:
        """Ask the engine to undo what it began."""

    def engine(self, verb: str, *words: str) -> Any:
        """Run an engine command to its end and return the JSON it printed."""

    def run(self, service: str, command: tuple[str, ...], *, timeout_s: float = 300) -> tuple[int, str]:
        """Run a command in a service's image and environment; return its exit code (124: too late) and output."""

    def stream(self, verb: str, *words: str) -> Iterator[str]:
        """Yield an engine command's output line by line, as it comes; raises what the engine refused it with."""

    def examine(self) -> dict[str, Any]:
        """Return what the engine sees of the running stack: status, listeners, static_config, logs, problems."""


def raised(error: Mapping[str, str], *, target: str) -> OpsError:
    """Turn an engine's error (what, why, fix, family) into the operator's."""
    family = FAMILIES.get(error.get("family", ""), ReleaseError)
    return family(error["what"], why=error["why"], fix=with_target(error["fix"], target))


def refuse_newer_state(text: str, *, target: str) -> None:
    """Stop before anything is done with a host that a newer Slipway has changed; raises HostError.

    `text` is what the host's format file says.
    """
    try:
        refuse_newer(text)
    except EngineError as refused:
        raise raised(vars(refused), target=target) from refused


def with_target(text: str, target: str) -> str:
    """Name the target in every command of a text: the engine does not know it, and `droplet` goes without saying."""
    return text if target == "droplet" else re.sub(r"\binvoke (\w+)", rf"invoke \1 --target {target}", text)


def check_stream(exit_code: int, stderr: str, *, target: str) -> None:
    """Raise what a streamed engine command was refused with, as its talk says; one whose reader has gone was not."""
    if exit_code in {0, BROKEN_PIPE}:
        return
    told = {name: text.strip() for name, text in re.findall(r"(?m)^(error|why|fix):(.*)$", stderr)}
    if {"error", "why", "fix"} <= told.keys():
        family = next((family for family, code in EXIT_CODES.items() if code == exit_code), "")
        raise raised({**told, "what": told["error"], "family": family}, target=target)
    raise HostError("the engine refused", why=last_lines(stderr, 1) or f"exit code {exit_code}", fix=AGAIN)


def refusal(stdout: str, stderr: str, *, target: str) -> OpsError:
    """Read the error that an engine command printed, or say that it printed none."""
    try:
        return raised(json.loads(stdout)["error"], target=target)
    except (ValueError, KeyError, TypeError):
        last = last_lines(stderr, 1) or "it printed nothing"
        return HostError("the engine refused", why=last, fix=AGAIN)
