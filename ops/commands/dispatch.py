"""Which story does a word tell, and how does every run begin and end?"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from ops.commands.deploy import deploy
from ops.commands.output import say
from ops.commands.plan import plan
from ops.commands.rollback import rollback
from ops.commands.scale import check_counts, scale
from ops.commands.verify import judge, look, note_unverified
from ops.environments import FILE, chosen
from ops.errors import OpsError, UsageError
from ops.redact import Redactor
from ops.runs import Run, open_run
from ops.targets import Request, Target, check_command_line, command, ensure_env_file, open_target, typed_word

Story = Callable[[Request, Run, Target], None]
MAKES_SETTINGS = ("full", "update")


def run(request: Request, *, root: Path) -> int:
    """Do what was asked, leave the evidence whatever happens, and return the exit code."""
    if request.mode == "plan":
        return plan(root, request)
    try:
        check_command_line(request)
        check_counts(request)
    except UsageError as error:  # nothing was tried: that is no run, and leaves no folder
        say(str(error))
        return error.exit_code
    target, refusal, said = _open(request, root)
    try:
        current = _open_run(request, root, target)
    except OpsError as error:
        say(str(refusal or error))  # there is no run to tell it
        return (refusal or error).exit_code
    for line in said:
        current.console.say(line)
    if target is not None:
        for notice in target.settings.notices:
            current.warn(notice)
        _attempt(request, current, target)
    elif refusal is not None:
        current.fail(refusal)
        note_unverified(current.folder, refusal.what, checkout=root)
    return current.finish()


def _attempt(request: Request, current: Run, target: Target) -> None:
    stories: dict[str, Story] = {"verify": _look_only, "rollback": rollback, "scale": scale}
    try:
        stories.get(request.mode, deploy)(request, current, target)
    except OpsError as error:
        current.fail(error, outcome=current.outcome if current.outcome != "success" else "failed")
    except KeyboardInterrupt:
        _interrupted(request, current)
    if current.error and not current.checks:
        _leave_what_there_is(current, target)
    if current.is_released:
        _conclude(current, target)
    current.instance = target.instance()
    target.close()


def _leave_what_there_is(current: Run, target: Target) -> None:
    """Show the old release as it serves now; where there is none, what was attempted (A-09)."""
    if current.outcome == "rolled_back":
        look(current, target)
    else:
        note_unverified(current.folder, str(current.error), checkout=target.root)


def _conclude(current: Run, target: Target) -> None:
    """Let the host remember how the run ended with its verification, for `invoke history` of whoever asks."""
    finding = current.redactor.text(current.error.what) if current.error else ""
    words = ("--run-id", current.folder.run_id, "--outcome", current.outcome, f"--finding={finding}")
    with contextlib.suppress(OpsError):  # an engine from before this word: then the history has its part alone
        target.host.engine("conclude", *words)


def _look_only(_: Request, current: Run, target: Target) -> None:
    target.reach(current)
    judge(current, target)


def _open(request: Request, root: Path) -> tuple[Target | None, OpsError | None, list[str]]:
    """Read the settings before there is a run: its redactor needs the secrets."""
    said: list[str] = []
    try:
        is_made_up = request.mode in MAKES_SETTINGS and request.target == "local" and not chosen()
        if is_made_up:  # an environment with a name never is
            ensure_env_file(root / FILE, target=request.target, say=said.append)
        return open_target(root, request), None, said
    except OpsError as error:
        return None, error, said


def _open_run(request: Request, root: Path, target: Target | None) -> Run:
    return open_run(
        root,
        mode=request.mode,
        target=request.target,
        redactor=target.redactor if target else Redactor({}),
        url=target.url if target else "",
        json=request.json,
        timestamp=request.timestamp,
    )


def _interrupted(request: Request, current: Run) -> None:
    current.is_interrupted = True
    current.fail(
        UsageError(
            "the run was interrupted",
            why="Ctrl-C was pressed; what the engine had begun it undoes or finishes by itself",
            fix=command(typed_word(request), request.target),
        )
    )
