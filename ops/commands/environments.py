"""Which environments does this checkout have, and how did the last run in each end?

Told from the files and the evidence here: no host is asked, and no command that a setting names is run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.table import Table

from ops import environments as known
from ops import screen
from ops.commands.kept_releases import moment
from ops.commands.output import print_table, say
from ops.errors import OpsError
from ops.settings import stated_in

COLUMNS = {
    "environment": "environment",
    "file": "file",
    "rules": "rules",
    "site": "site",
    "droplet": "droplet",
    "last run": "last_run",
    "ended": "outcome",
    "at": "at",
    "live then": "release",
}


def environments(root: Path, *, as_json: bool) -> int:
    """Print a row for each environment; return the exit code."""
    rows = [_row(root, name) for name in known.names_in(root)]
    if as_json:
        screen.data_json({"environments": rows})
        return 0
    if not rows:
        say("no environment yet: `invoke deploy --target local` makes .env; for a droplet, copy .env.prod.example")
        return 0
    table = Table(box=None, pad_edge=False)
    for title in COLUMNS:
        table.add_column(title, no_wrap=True)
    for row in rows:
        shown = {**row, "environment": row["environment"] or "(default)", "at": moment(row["at"])}
        table.add_row(*(str(shown[key]) for key in COLUMNS.values()))
    print_table(table)
    for row in rows:
        if row["problem"]:
            say(f"{row['file']}: {row['problem']}")
    return 0


def _row(root: Path, name: str) -> dict[str, Any]:
    run = _last_run(root, name)
    row = {
        "environment": name,
        "file": known.file_of(root, name).name,
        **dict.fromkeys(("rules", "site", "droplet", "problem"), ""),
        "last_run": f"{run.get('mode', '')} to {run.get('target', '')}" if run else "",
        "outcome": run.get("outcome", ""),
        "at": run.get("finished_at", ""),
        "release": run.get("release", ""),
    }
    try:
        stated = stated_in(root, name)
    except OpsError as error:
        return {**row, "problem": f"{error.what}: {error.why}"}
    return {**row, "rules": stated["ENVIRONMENT"], "site": stated["WEBSITE_DOMAIN"], "droplet": stated["DROPLET_NAME"]}


def _last_run(root: Path, name: str) -> dict[str, Any]:
    """Return the report of the newest run that left one."""
    reports = known.runs_of(root, name).glob("*/report.json")
    for report in sorted(reports, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        return found
    return {}
