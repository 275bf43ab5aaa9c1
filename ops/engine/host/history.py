"""The runs of this host: who asked for them, and how they ended.

Lines for each run in `history.jsonl`: one when it begins, one when it ends, one with how its verification ended. A run
without an end that holds no lock was interrupted.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from ops.engine.errors import EngineError
from ops.engine.host.files import write_atomically
from ops.engine.host.lock import lock_holder
from ops.engine.host.state import State, Store
from ops.engine.model import Release

MOST_LINES = 2000
Entry = dict[str, Any]


class History:
    """The record of runs below the engine's root. A disk that does not take it stops nobody."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file = root / "history.jsonl"

    def begin(self, run: str, *, at: str, word: str, by: str, release: Release) -> None:
        """Note that a run began."""
        origin = release.origin
        what = {"release": release.id, "commit": origin.commit, "subject": origin.subject}
        self._append({"run": run, "word": word, "by": by, **what, "began_at": at})

    def end(self, run: str, *, at: str, outcome: str, seconds: float, error: str) -> None:
        """Note how a run ended; `error` is empty when all was well."""
        self._append({"run": run, "ended_at": at, "outcome": outcome, "seconds": round(seconds, 2), "error": error})

    def conclude(self, run: str, *, outcome: str, finding: str) -> None:
        """Note how a run ended for whoever asked for it: with its verification, which is no part of the engine."""
        self._append({"run": run, "concluded": outcome, "finding": finding})

    def runs(self, *, lines: int) -> list[Entry]:
        """Return the last runs, newest first, each as one entry."""
        runs: dict[str, Entry] = {}
        for entry in self._entries():
            runs[entry["run"]] = {**runs.get(entry["run"], {}), **entry}
        holder = lock_holder(self._root)
        at_work = holder.run if holder else ""
        return [_finished(entry, at_work=at_work) for entry in reversed(runs.values())][:lines]

    def _append(self, entry: Entry) -> None:
        with contextlib.suppress(OSError):
            lines = self._lines()
            if len(lines) > MOST_LINES:
                write_atomically(self._file, "".join(f"{line}\n" for line in lines[-MOST_LINES // 2 :]))
            descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, f"\n{json.dumps(entry, ensure_ascii=False)}\n".encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _entries(self) -> list[Entry]:
        found = []
        for line in self._lines():
            with contextlib.suppress(ValueError):  # a line that a crash cut off, or an empty one
                entry = json.loads(line)
                found += [entry] if _is_of_a_run(entry) else []
        return found

    def _lines(self) -> list[str]:
        """Return the lines; what a crash cut off may end within a letter, and a subject may hold a Unicode line end."""
        text = self._file.read_text(encoding="utf-8", errors="replace") if self._file.exists() else ""
        return text.split("\n")


def read_history(root: Path, *, lines: int) -> dict[str, Any]:
    """Return the live release, those that can be gone back to (newest first), and the last runs."""
    store = Store(root)
    state, runs = store.read(), History(root).runs(lines=MOST_LINES)
    since = {run["release"]: run["ended_at"] for run in reversed(runs) if run["outcome"] == "success"}
    described = (_described(store, one, since=since.get(one, "")) for one in state.past)
    past = [{**one, "barred": "; ".join(_barred(state, one["release"]))} for one in described if one]
    live = _described(store, state.release, since=state.since) if state.release else None
    return {"live": live, "past": past, "runs": runs[:lines]}


def _barred(state: State, release_id: str) -> list[str]:
    """Return why a release cannot be gone back to; nothing when it can."""
    return [f"{migration} {what}" for migration, what in sorted(state.barred.get(release_id, {}).items())]


def _described(store: Store, release_id: str, *, since: str) -> Entry | None:
    try:
        release = store.load_release(release_id)
    except EngineError:
        return None
    if release is None:
        return None
    origin = release.origin
    what = {"commit": origin.commit, "committed_at": origin.committed_at, "subject": origin.subject}
    return {"release": release_id, **what, "live_since": since}


def _is_of_a_run(entry: Any) -> bool:
    """Tell whether a line is about a run; those of another kind are a newer version's."""
    return isinstance(entry, dict) and isinstance(entry.get("run"), str) and bool(entry["run"])


def _finished(entry: Entry, *, at_work: str) -> Entry:
    unfinished = {"outcome": "running" if entry["run"] == at_work else "interrupted", "ended_at": "", "seconds": None}
    began = {"run": "", "word": "", "by": "", "release": "", "commit": "", "subject": "", "began_at": ""}
    return {**began, **unfinished, "error": "", "concluded": "", "finding": "", **entry}
