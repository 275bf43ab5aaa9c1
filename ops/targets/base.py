"""What was asked for, and what every target must be able to do."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ops.engine.model import Release
from ops.environments import addressed
from ops.errors import UsageError
from ops.redact import Redactor
from ops.runs import Instance
from ops.settings import Settings
from ops.shell_words import local_deploy
from ops.targets.host import Host
from ops.verification import Site

TARGETS = ("droplet", "local")
LOCAL_DEPLOY = local_deploy()


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the operator asked for: full, update, rollback, scale, verify or plan, and where.

    `address` is a host that exists already (the cloud is left alone), `allow` the address to let in by SSH, and
    `close_logins` turns passwords and root off for SSH there. `to` is the release of a rollback, empty for the one
    before; `counts` are those of a scale, as they were typed.
    """

    mode: str
    target: str
    json: bool = False
    timestamp: bool = True
    skip_allowlist: bool = False
    address: str = ""
    allow: str = ""
    close_logins: bool = False
    lock_wait_s: float = 30.0
    allow_interruption: bool = False
    allow_breaking_migration: bool = False
    skip_dump: bool = False
    no_rollback: bool = False
    to: str = ""
    counts: tuple[str, ...] = ()
    reset: bool = False


class Told(Protocol):
    """Who hears what a target does: the run of a deployment, or an operator's terminal."""

    def step(self, name: str) -> contextlib.AbstractContextManager[None]:
        """Time a step and show it."""

    def say(self, text: str) -> None:
        """Show progress of the step that is under way."""

    def warn(self, text: str) -> None:
        """Note what the operator should know although it stops nothing."""

    def changed(self, what: str, action: str, why: str) -> None:
        """Note a change around the host: in the cloud, or of the host itself."""


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """A release, and the files that the host needs beside it."""

    release: Release
    files: Mapping[str, bytes] = field(default_factory=dict)  # path below the engine's folder -> content


class Target(Protocol):
    """A checkout with its settings, and the place it is deployed to."""

    name: str
    root: Path
    settings: Settings
    redactor: Redactor
    url: str

    @property
    def host(self) -> Host:
        """The machine; it has to be reached first."""

    @property
    def site(self) -> Site:
        """Where the stack answers."""

    @property
    def data_place(self) -> str:
        """Where the data is, for an operator who is about to delete it."""

    def make_ready(self, request: Request, told: Told) -> None:
        """Bring the place to the point where a release can be shipped; every part is a step.

        `update` finds what is there and changes neither cloud nor host. Raises OpsError.
        """

    def reach(self, told: Told) -> None:
        """Find the host of an earlier deployment; changes nothing. Raises OpsError when there is none."""

    def wait_for_starts(self, told: Told) -> None:
        """Wait, for a limited time, until what is starting on the host is there; changes nothing."""

    def pack(self, release_id: str) -> Shipment:
        """Return what would be released from this checkout."""

    def outer_changes(self, request: Request, told: Told) -> list[dict[str, Any]]:
        """Return what a deployment would change around the host: cloud, firewall, names."""

    def seen_on_host(self) -> dict[str, Any] | None:
        """Return what `outer_changes` found on the host beside us, and what of it stands in the way."""

    def instance(self) -> Instance | None:
        """Return the cloud's machine, when there is one and it is known."""

    def close(self) -> None:
        """Let go of connections."""


def check_target(name: str) -> None:
    """Stop here unless there is such a target; raises UsageError."""
    if name not in TARGETS:
        raise UsageError(
            f"there is no target `{name}`", why=f"the targets are {' and '.join(TARGETS)}", fix="invoke deploy --help"
        )


def command(word: str, target: str) -> str:
    """Write a command that the operator may type for this target."""
    return addressed(f"invoke {word}") + ("" if target == "droplet" else f" --target {target}")
