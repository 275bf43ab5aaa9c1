"""Which host do tests of the operator's side play with? One that answers as it is told."""

from __future__ import annotations

import json
import shlex
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

from ops.errors import HostError
from ops.ssh.connection import CommandResult, Remote
from ops.ssh.errors import Login
from ops.ssh.frame import Command

HELLO = {"bootstrap": "v1", "engine": "", "blobs": [], "has_state": True, "free_mib": 9999, "boot": "boot-1"}
DOOR = Login(address="203.0.113.7", port=22, user="deploy", key=Path("key"), known_hosts=Path("kh"), alias="droplet-1")
Script = list[str | HostError]


class FakeRemote(Remote):
    """A host that plays what it is given, and notes each command with the size of its input."""

    def __init__(self, *, answers: dict[str, Any] | None = None, journals: list[Script] | None = None) -> None:
        super().__init__(DOOR)
        self.answers = {"hello": HELLO, "receive": {"received": 1}, **(answers or {})}
        self.journals = journals or []
        self.commands: list[str] = []
        self.sent: dict[str, bytes] = {}
        self.connected = 0
        self.ended = CommandResult(exit_code=0, output="", errors="")

    def connect(self, *, patience_s: float = 0.0) -> None:  # noqa: ARG002 - it has Remote's shape
        """Count the attempt."""
        self.connected += 1

    def close(self) -> None:
        """Leave everything as it is."""

    def run(
        self,
        command: Command,
        *,
        stdin: bytes | Iterable[bytes] | None = None,
        sudo: bool = False,
        timeout_s: float = 120.0,
    ) -> CommandResult:
        """Note the command and answer by the verb in it."""
        assert timeout_s > 0
        assert isinstance(command, tuple)
        assert sudo or "SSH_CONNECTION" in command[-1]  # sudo takes it away
        self.commands.append(shlex.join(command))
        verb = next((word for word in self.answers if word in command), "")
        self.sent[verb] = stdin if isinstance(stdin, bytes) else b"".join(stdin or ())
        answer = self.answers.get(verb, {})
        output = answer if isinstance(answer, str) else json.dumps(answer)
        return CommandResult(exit_code=6 if "error" in answer else 0, output=output, errors="")

    def lines(
        self,
        command: Command,
        *,
        stdin: bytes | Iterable[bytes] | None = None,
        sudo: bool = False,
        timeout_s: float,
        idle_s: float | None = None,
    ) -> Generator[str, None, CommandResult]:
        """Note the command and play the next journal."""
        assert sudo
        self.sent["lines"] = stdin if isinstance(stdin, bytes) else b""
        assert 0 < (idle_s or timeout_s) <= timeout_s
        self.commands.append(command if isinstance(command, str) else shlex.join(command))
        return self.play(self.journals.pop(0))

    def play(self, script: Script) -> Generator[str, None, CommandResult]:
        """Yield the lines of a script; an error in it is raised."""
        for line in script:
            if isinstance(line, HostError):
                raise line
            yield line
        return self.ended
