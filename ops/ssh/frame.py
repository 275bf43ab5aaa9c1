"""How a command is put to the log-in shell of a host, whichever that is, and its answer told from what that shell says.

A `.bashrc` that prints, a trap that says goodbye: what comes outside of the marks is not the command's. What the shell
itself gets to read is one word of letters that mean nothing to any shell (sh, bash, zsh, fish, tcsh), so nothing of a
command depends on how it quotes.
"""

from __future__ import annotations

import base64
import secrets
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

from ops.ssh.channel import Stdin

Command = tuple[str, ...] | str  # words, or the text of a shell script
# sudo that wants a terminal (`Defaults requiretty`) is content with one that controls it; what is piped stays piped.
WITH_TERMINAL = """\
import fcntl, os, pty, sys, termios
ours, theirs = pty.openpty()
child = os.fork()
if not child:
    os.setsid()
    fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
    os.execvp(sys.argv[1], sys.argv[1:])
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(code if code >= 0 else 128 - code)
"""
WANTS_TERMINAL = "must have a tty"  # what sudo says then


@dataclass(frozen=True)
class Frame:
    """The marks around one command's answer; nobody can guess them, so no answer holds them by chance."""

    name: str = field(default_factory=lambda: f"slipway-{secrets.token_hex(8)}")

    @property
    def begin(self) -> bytes:
        """The line before the answer."""
        return f"{self.name}-begin\n".encode()

    @property
    def end(self) -> bytes:
        """What follows its last letter."""
        return f"{self.name}-end\n".encode()

    def line(self, command: Command, *, sudo: bool, terminal: bool = False) -> str:
        """Return what the log-in shell is asked to do."""
        words = ("sh", "-c", command) if isinstance(command, str) else command
        asked = shlex.join(("sudo", "-n", *words) if sudo else words)
        if sudo and terminal:
            asked = f"{shlex.join(('python3', '-c', WITH_TERMINAL))} {asked}"
        if sudo:
            asked = f"LC_MESSAGES=C {asked}"  # its words are understood here in English alone
        say = f"printf '%s\\n' {self.name}"
        script = f"{say}-begin; {say}-begin >&2; {asked}; c=$?; {say}-end; {say}-end >&2; exit $c"
        packed = base64.b64encode(script.encode()).decode()
        return f"sh -c 'eval \"$(echo {packed} | base64 -d)\"'"

    def answer(self, text: bytes) -> bytes | None:
        """Return what stands between the marks, None where the command never began."""
        _, begun, rest = text.partition(self.begin)
        return rest.partition(self.end)[0] if begun else None

    def errors(self, text: bytes, output: bytes) -> bytes:
        """Return what the command said on stderr; where it never began, all that was said instead."""
        within = self.answer(text)
        return b"\n".join(part for part in (output, text) if part) if within is None else within


class Lines:
    """The lines between the marks, of an answer that comes in pieces; `outside` is what came before it began."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._torn = b""
        self._is_begun = self._is_over = False
        self.outside = b""

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Take a piece, and yield the lines that are whole now."""
        *whole, self._torn = (self._torn + chunk).split(b"\n")
        for line in whole:
            yield from self._told(line + b"\n")

    def rest(self) -> Iterator[str]:
        """Yield what came last and has no end."""
        if self._torn:
            yield from self._told(self._torn)

    def _told(self, line: bytes) -> Iterator[str]:
        if not self._is_begun:
            self._is_begun = line.endswith(self._frame.begin)  # what a shell prints may have no end of line
            self.outside += line
        elif not self._is_over:
            text, mark, _ = line.partition(self._frame.end)
            self._is_over = bool(mark)
            if text:
                yield text.removesuffix(b"\n").decode(errors="replace")


@dataclass(frozen=True)
class Asked:
    """A command with what it reads, and how it is asked for."""

    command: Command
    stdin: Stdin
    sudo: bool = field(kw_only=True)
    terminal: bool = field(kw_only=True)  # sudo gets one
    frame: Frame = field(default_factory=Frame, kw_only=True)

    @property
    def line(self) -> str:
        """Return what the log-in shell is asked to do."""
        return self.frame.line(self.command, sudo=self.sudo, terminal=self.terminal)

    @property
    def name(self) -> str:
        """Return in short what runs: the first words of a command, the first line of a script."""
        if isinstance(self.command, str):
            return f"`{self.command.strip().partition(chr(10))[0].removeprefix('# ')[:60]}`"
        return f"`{' '.join(word for word in self.command if len(word) <= 60)[:60]}`"  # noqa: PLR2004 - a program text is no name
