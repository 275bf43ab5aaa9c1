"""The way of a run's journal to the operator's side, also when the engine dies.

Lines of the journal go out as they are. An empty line now and then shows that the link is alive; an `engine_gone` line,
which is not in the journal, ends what no `run_finished` will end.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from ops.redact import last_lines

BEGIN_S = 20.0
ALIVE_EVERY_S = 5.0
LOOK_EVERY_S = 0.05
Line = dict[str, object]


def follow(root: Path, run_id: str, *, after: int, begin_s: float = BEGIN_S) -> Iterator[str]:
    """Yield the journal's lines after a byte offset until the run has finished or its engine has gone."""
    run = root / "runs" / run_id
    journal, engine = run / "journal.jsonl", _engine(run / "journal.jsonl")
    deadline, told = time.monotonic() + begin_s, time.monotonic()
    while True:
        is_gone = not is_alive(engine, run_id) if engine else time.monotonic() > deadline
        lines = list(_lines(journal, after))
        for line in lines:  # read after looking at the engine: what it wrote last is not missed
            after += len(line.encode()) + 1
            yield line
            if _is_last(line):
                return
        if is_gone and not lines:
            yield json.dumps({"event": "engine_gone", "why": last_words(run, began=engine > 0)})
            return
        if not lines and time.monotonic() - told > ALIVE_EVERY_S:
            told = time.monotonic()
            yield ""
        engine = engine or _engine(journal)
        time.sleep(LOOK_EVERY_S)


def is_alive(pid: int, run_id: str) -> bool:
    """Tell whether this process is the engine of the run, and not another one that got its number after a restart."""
    words = Path(f"/proc/{pid}/cmdline")
    if not words.parent.parent.joinpath("self").exists():
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True
    try:
        return run_id.encode() in words.read_bytes().split(b"\0")
    except OSError:
        return False


def last_words(run: Path, *, began: bool) -> str:
    """Return why an engine that is gone said nothing more, as far as its log knows."""
    log = run / "engine.log"
    text = log.read_text(encoding="utf-8", errors="replace").strip() if log.exists() else ""
    spoken = last_lines("\n".join(line for line in text.splitlines() if not line.startswith("{")), 1)
    return spoken or ("it was killed" if began else "it never began")


def _engine(journal: Path) -> int:
    """Return the process that the run's first entry names, 0 as long as there is none."""
    for line in _lines(journal, 0):
        entry: Line = json.loads(line)
        if entry.get("event") == "run_started":
            return int(str(entry["pid"]))
    return 0


def _lines(journal: Path, position: int) -> Iterator[str]:
    """Yield whole lines after a byte offset; a torn last one waits for its rest."""
    if not journal.exists():
        return
    with journal.open("rb") as file:
        file.seek(position)
        for line in file:
            if line.endswith(b"\n"):
                yield line[:-1].decode()


def _is_last(line: str) -> bool:
    return '"run_finished"' in line and bool(json.loads(line)["event"] == "run_finished")
