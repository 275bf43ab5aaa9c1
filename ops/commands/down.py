"""How is the stack stopped, with or without its data?"""

from __future__ import annotations

from pathlib import Path

from ops import screen
from ops.commands.output import Talk, confirmed, guarded, say
from ops.targets import Request, Target, command


def down(root: Path, request: Request, *, volumes: bool, yes: bool) -> int:
    """Stop the stack; with `volumes`, ask and then delete its data too. Return the exit code."""

    def act(opened: Target) -> int:
        if request.target == "local" and not opened.host.is_ready:
            say("nothing was ever deployed here")
            return 0
        opened.reach(Talk(opened.redactor))
        again = command("down --volumes --yes", request.target)
        if (
            volumes
            and not yes
            and not confirmed(f"Delete the database and all other data in {opened.data_place}?", again)
        ):
            say("nothing was stopped or deleted")
            return 1
        stopped = opened.host.engine("down", *(["--volumes"] if volumes else []))
        if request.json:
            screen.data_json(stopped, indent=None)
        else:
            kept = "its data is deleted" if volumes else "its data is kept"
            say(f"stopped {len(stopped['stopped'])} replicas; {kept}")
        return 0

    return guarded(root, request, act)
