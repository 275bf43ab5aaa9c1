"""What was deployed, by whom, from which commit, and how did it end?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from ops import screen
from ops.commands.auto_rollback import undo_of
from ops.commands.kept_releases import live_of, moment, past_of, short_release
from ops.commands.output import Talk, guarded, print_table, screen_width
from ops.release import short
from ops.runs import duration
from ops.targets import Request, Target, command

WHO = 16
COLUMNS = ("", "when", "who", "word", "release", "commit", "outcome", "took")
NARROW = 120
WIDE = 160  # for whoever does not say how wide the screen is
LIVE, REACHABLE = "live", "kept"
STYLES = {"success": "green", "rolled_back": "yellow", "partial": "yellow", "failed": "red", "interrupted": "red"}


def history(root: Path, request: Request, *, lines: int) -> int:
    """Print the runs of this host, newest first; return the exit code."""

    def act(opened: Target) -> int:
        opened.reach(Talk(opened.redactor))
        seen = opened.redactor.value(opened.host.engine("history", "--lines", str(lines)))
        if request.json:
            screen.data_json(seen)
        else:
            print_table(table_of(seen, width=screen_width()))
            for line in _below(seen, request.target):
                screen.data(line)
        return 0

    return guarded(root, request, act)


def table_of(seen: dict[str, Any], *, width: int = WIDE) -> Table:
    """Return the runs as a table; the live release and those that can be gone back to are marked at their last run.

    On a screen of less than `NARROW` columns who and commit stand below the release.
    """
    is_narrow = width < NARROW
    names = ("", "when", "word", "release", "outcome", "took") if is_narrow else COLUMNS
    table = Table(box=None)
    for name in names:
        table.add_column(name, no_wrap=not (is_narrow and name == "release"), max_width=WHO if name == "who" else None)
    unmarked = marks_of(seen)
    undone = {run["run"] for run in seen["runs"] if run["outcome"] == "success"}
    for run in seen["runs"]:
        mark = unmarked.pop(run["release"], "") if run["outcome"] == "success" else ""
        cells = _cells(run, mark=mark, outcome=_outcome(run, undone=undone))
        below = f"{cells['release']}\n{cells['commit']}\n{cells['who']}"
        cells |= {"release": below} if is_narrow else {}
        table.add_row(*(cells[name] for name in names))
    return table


def _cells(run: dict[str, Any], *, mark: str, outcome: str) -> dict[str, str | Text]:
    return {
        "": Text(mark, style="bold green" if mark == LIVE else "cyan"),
        "when": moment(run["began_at"]),
        "who": run["by"].partition(" <")[0],
        "word": run["word"],
        "release": short_release(run["release"]),
        "commit": f"{short(run['commit'])} {run['subject']}".strip(),
        "outcome": Text(outcome, style=STYLES.get(outcome, "")),
        "took": duration(run["seconds"]) if run["seconds"] is not None else "",
    }


def _outcome(run: dict[str, Any], *, undone: set[str]) -> str:
    """Return how a run ended with its verification; an engine from before `concluded` knows its own part alone."""
    if undo_of(run["run"]) in undone:
        return "rolled_back"
    return str(run.get("concluded") or run["outcome"])


def marks_of(seen: dict[str, Any]) -> dict[str, str]:
    """Return release -> mark."""
    live = live_of(seen)
    return {one.release: REACHABLE for one in past_of(seen) if not one.barred} | ({live.release: LIVE} if live else {})


def _below(seen: dict[str, Any], target: str) -> list[str]:
    past = past_of(seen)
    if not past:
        return ["there is no release to go back to"]
    if past[0].barred:
        return [f"there is no way back to {past[0].words}: {past[0].barred}"]
    return [f"`{command('rollback', target)}` goes back to {past[0].words}"]
