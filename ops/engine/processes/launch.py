"""Becomes a replica's process, with exactly the environment that it declared.

The supervisor starts this with the name of a launch file (0600), and this becomes the service: so no secret stands
on a command line, in the supervisor's configuration or in the environment of anything but the service.
"""

from __future__ import annotations

import json
import os
import string
import sys
from pathlib import Path
from typing import Any

from ops.engine.processes import os_processes

CANNOT_START = 78  # EX_CONFIG of sysexits.h


def main(argv: list[str]) -> int:
    """Become the process that the launch file describes; return an exit code only when that fails."""
    path = Path(argv[0]).absolute()
    try:
        launch = json.loads(path.read_text(encoding="utf-8"))
        _end_leftovers(path.parent)
        os_processes.record_self(path.parent)
        render_files(launch)
        handed = _take_sockets(path.parents[2], launch) if launch.get("sockets") else {}
        os.chdir(launch["cwd"])
        os.execvpe(launch["command"][0], launch["command"], launch["environment"] | handed)  # noqa: S606 - this is the point
    except (OSError, ValueError, KeyError) as error:
        print(f"error: {path.parent.name} cannot start: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 - into the replica's log
    return CANNOT_START


def _end_leftovers(folder: Path) -> None:
    # A master killed by force leaves workers that hold its port: the next one could not listen.
    before = os_processes.read_record(folder)
    if before and before.pid != os.getpid():
        os_processes.kill_group(before)


def _take_sockets(root: Path, launch: dict[str, Any]) -> dict[str, str]:
    from ops.engine.processes import handed_sockets  # noqa: PLC0415 - no other replica has to pay for it

    return handed_sockets.take(root, launch["name"], launch["sockets"])


def render_files(launch: dict[str, Any]) -> None:
    """Fill each template of the image with the replica's environment and write it for this user alone."""
    for template, target in launch["files"].items():
        text = string.Template(Path(template).read_text(encoding="utf-8")).safe_substitute(launch["environment"])
        Path(target).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
