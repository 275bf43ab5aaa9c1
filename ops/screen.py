"""The one door through which text leaves for whoever reads it. It cannot fail.

Data goes to stdout, talk to stderr. A letter that the output's encoding lacks is replaced, a mark by one that means the
same. Where nothing can be written any more, what is still said goes nowhere and the work goes on:

| what is at the other end | what a word ends with |
|---|---|
| a reader who has gone (`| head -1`) | its own exit code: they read what they wanted |
| a place that takes no more (a full disk) | 4 where it would be 0: somebody wanted an answer and has none |

Standard library only: the engine speaks through it too.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import os
import re
import select
import stat
import sys
import threading
from typing import Any, TextIO

PLAIN = "slipway.plain"  # the name under which Python knows the replacements
NOT_READY = 4  # the exit code of the family that a full disk belongs to
LIKE = {
    "✓": "+",
    "✗": "x",
    "·": "-",
    "•": "*",
    "↶": "<-",
    "→": "->",
    "←": "<-",
    "…": "...",
    "│": "|",
    "─": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{NO-BREAK SPACE}": " ",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
}


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Answer Python's question what to write for letters that an encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(LIKE.get(letter, "?") for letter in lacking), error.end


codecs.register_error(PLAIN, _plain)


class Door(io.TextIOBase):
    """A stream that takes every text; `lost` is what kept it from passing text on, once something has."""

    def __init__(self, stream: TextIO | None, *, encoding: str | None = None) -> None:
        super().__init__()
        self._stream = stream  # None where the program was started with it closed
        self.lost: OSError | None = None
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(OSError, ValueError):
                stream.reconfigure(encoding=encoding, errors=PLAIN)

    @property
    def encoding(self) -> str:  # type: ignore[override] # the base class has a field of this name
        """The encoding of what is at the other end."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def writable(self) -> bool:
        """Say that text may be written: always."""
        return True

    def isatty(self) -> bool:
        """Tell whether a person looks at it."""
        try:
            return bool(self._stream and self._stream.isatty())
        except ValueError:  # it was closed
            return False

    def fileno(self) -> int:
        """Return the descriptor, for programs that are started with it."""
        if self._stream is None:
            raise io.UnsupportedOperation("fileno")
        return self._stream.fileno()

    def write(self, text: str) -> int:
        """Pass the text on, or nowhere."""
        if self._stream is not None:
            with self._giving_up():
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what is held back."""
        if self._stream is not None:
            with self._giving_up():
                self._stream.flush()

    @contextlib.contextmanager
    def _giving_up(self) -> Any:
        try:
            yield
        except OSError as error:
            self.lost = self.lost or error
            with contextlib.suppress(OSError, ValueError):  # what Python still holds must have somewhere to go at exit
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self.fileno())
                os.close(nowhere)
        except ValueError:  # somebody has closed the stream
            self._stream = None


def install(*, encoding: str | None = None) -> None:
    """Let everything that this program prints leave by the door, also what a library prints by itself."""
    if not isinstance(sys.stdout, Door):
        sys.stdout = Door(sys.stdout, encoding=encoding)
    if not isinstance(sys.stderr, Door):
        sys.stderr = Door(sys.stderr, encoding=encoding)


def out() -> Door:
    """Return the door for data."""
    return sys.stdout if isinstance(sys.stdout, Door) else Door(sys.stdout)


def err() -> Door:
    """Return the door for talk."""
    return sys.stderr if isinstance(sys.stderr, Door) else Door(sys.stderr)


def data(text: str, *, end: str = "\n") -> bool:
    """Print data; tell whether it arrived: a reader who has gone wants no more of it."""
    door = out()
    door.write(f"{text}{end}")
    door.flush()
    return door.lost is None


def data_json(value: Any, *, indent: int | None = 1) -> bool:
    """Print a value as JSON that every encoding can carry."""
    return data(json.dumps(value, indent=indent))


def talk(text: str) -> None:
    """Print a line for a person."""
    door = err()
    door.write(f"{text}\n")
    door.flush()


def ascii_json(text: str) -> str:
    """Return JSON with every letter that some encoding might lack as an escape: no replacement may change data."""
    return re.sub(r"[^\x00-\x7f]", lambda found: json.dumps(found[0])[1:-1], text)


def end_with_reader() -> None:
    """End this program once nobody reads its data; a quiet stack would never let it notice by writing."""
    try:
        descriptor = out().fileno()
        is_pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except (OSError, ValueError):
        return
    if is_pipe and hasattr(select, "poll"):
        threading.Thread(target=_wait_for_hang_up, args=(descriptor,), daemon=True).start()


def _wait_for_hang_up(descriptor: int) -> None:
    reader = select.poll()
    reader.register(descriptor, 0)  # an error or a hang-up is always reported
    reader.poll()
    os._exit(0)  # as after any reader who has gone: the engine, wherever it is, ends with us


def exit_code(code: int) -> int:
    """Return what a word ends with; one whose answer could not be written has not ended well (see above)."""
    door = out()
    door.flush()
    if door.lost is None or isinstance(door.lost, BrokenPipeError):
        return code
    why = door.lost.strerror or str(door.lost)
    talk(
        f"error: the answer could not be written\nwhy:   {why}\nfix:   free that disk, then run the same command again"
    )
    return code or NOT_READY
