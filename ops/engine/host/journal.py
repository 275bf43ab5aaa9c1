"""What happened in a run, in order, even if the power went away.

One JSON object a line, flushed to the disk: `{"seq": 1, "at": "...Z", "event": "...", ...}`.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from ops import screen
from ops.engine.host.files import sync_folder
from ops.redact import Redactor

Entry = dict[str, Any]


class Journal:
    """Append entries to a file; `redactor` takes secrets out of every text, `echo` gets a copy of every line."""

    def __init__(
        self,
        path: Path,
        *,
        redactor: Redactor | None = None,
        echo: IO[str] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._redactor = redactor or Redactor({})
        self._echo = echo
        self._clock = clock
        self._lock = threading.Lock()
        self._is_forgiving = False
        self._seq = max((entry["seq"] for entry in read_journal(path)), default=0)
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        _end_torn_line(self._descriptor)
        sync_folder(path.parent)

    def forgive(self) -> None:
        """Let no failing write stop the run from now on: an undo must go on even when the disk is full."""
        self._is_forgiving = True

    def write(self, event: str, **fields: Any) -> None:
        """Append one entry; OSError when the disk does not take it."""
        with self._lock:
            self._seq += 1
            at = self.time()
            shown = {key: self._redactor.value(value) for key, value in fields.items()}
            line = json.dumps({"seq": self._seq, "at": at, "event": event, **shown}, ensure_ascii=False) + "\n"
            try:
                self._append(line)
            except OSError as error:
                if not self._is_forgiving:
                    raise
                screen.talk(f"the journal could not be written: {error}")

    def redacted(self, text: str) -> str:
        """Return a text without the secrets that entries are kept free of."""
        return self._redactor.text(text)

    def time(self) -> str:
        """Return the time of this moment as entries have it: ISO 8601, UTC."""
        return self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _append(self, line: str) -> None:
        if self._echo is not None:
            _echo(self._echo, line)
        data = line.encode()
        while data:
            data = data[os.write(self._descriptor, data) :]
        os.fsync(self._descriptor)


def read_journal(path: Path) -> list[Entry]:
    """Return the entries of a journal; a last line that a crash cut off is left out."""
    if not path.exists():
        return []
    entries: list[Entry] = []
    for line in path.read_bytes().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and isinstance(entry.get("seq"), int):
            entries.append(entry)
    return entries


def _end_torn_line(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        os.write(descriptor, b"\n")


def _echo(stream: IO[str], line: str) -> None:
    try:
        stream.write(line)
        stream.flush()
    except OSError:  # whoever listened has gone; the journal is what counts
        return
