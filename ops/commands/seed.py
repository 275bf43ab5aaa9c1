"""How does the local stack get something to look at, or a crowd to be measured with?"""

from __future__ import annotations

from pathlib import Path

from ops import screen
from ops.commands.output import Talk, guarded, say
from ops.errors import HostError, UsageError
from ops.targets import LOCAL_DEPLOY, Request, Target

LIMIT_S = 590.0  # below the patience of those who asked the engine


def seed(root: Path, request: Request, *, organizations: int, people: int, events: int) -> int:
    """Run the seed in the environment of the live release; return the exit code."""
    numbers = {"organizations": organizations, "people": people, "events": events}
    words = [word for name, value in numbers.items() if value for word in (f"--{name}", str(value))]

    def act(opened: Target) -> int:
        opened.reach(Talk(opened.redactor))
        _check_that_it_runs(opened)
        if organizations:
            say("a crowd takes a while: about a minute for 1,000 organizations")
        code, output = opened.host.run("seed", ("python", "manage.py", "seed", *words), timeout_s=LIMIT_S)
        said = opened.redactor.text(output.rstrip())
        if request.json:
            screen.data_json({"exit_code": code, "output": said}, indent=None)
        else:
            screen.data(said)
        if code:
            last = said.rpartition("\n")[2]
            raise HostError("the seed failed", why=last or f"exit code {code}", fix="invoke logs --target local")
        return 0

    return guarded(root, request, act)


def _check_that_it_runs(opened: Target) -> None:
    rows = opened.host.engine("status", "--no-health")["services"]
    if not any(row["service"] == "postgres" and row["state"] == "running" for row in rows):
        raise UsageError(
            "there is no database to fill", why="PostgreSQL does not run: the stack is down", fix=LOCAL_DEPLOY
        )
