"""What happens in a deployment, in order?

settings → the place made ready (a droplet: cloud, connect, prepare) → release → ship → the engine's steps → verify
→ report. When the verification fails, the release before is brought back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ops import operate
from ops.engine_run import common_words, run_engine, switch_words
from ops.errors import OpsError, UsageError, VerificationError
from ops.judging import has_changed, judge, judge_release, look
from ops.redact import Redactor
from ops.release import revision
from ops.rollback import rollback
from ops.runs import Run, open_run
from ops.scale import scale
from ops.take_back import take_back
from ops.targets import Request, Target, check_target, command, ensure_env_file, open_target
from ops.verify import note_unverified

Story = Callable[[Request, Run, Target], None]
MAKES_SETTINGS = ("full", "update")
WORDS = {"full": "deploy"}  # of a mode, where the operator types another one


def run(request: Request, *, root: Path) -> int:
    """Do what was asked, leave the evidence whatever happens, and return the exit code."""
    if request.mode == "plan":
        return operate.plan(root, request)
    target, refusal, said = _open(request, root)
    try:
        current = _open_run(request, root, target)
    except OpsError as error:
        print(refusal or error, file=sys.stderr)  # noqa: T201 - there is no run to tell it
        return (refusal or error).exit_code
    for line in said:
        current.console.say(line)
    if target is not None:
        _attempt(request, current, target)
    elif refusal is not None:
        current.fail(refusal)
        note_unverified(current.folder, refusal.what, checkout=root)
    return current.finish()


def _attempt(request: Request, current: Run, target: Target) -> None:
    stories: dict[str, Story] = {"verify": _look_only, "rollback": rollback, "scale": scale}
    try:
        stories.get(request.mode, _deploy)(request, current, target)
    except OpsError as error:
        current.fail(error, outcome=current.outcome if current.outcome != "success" else "failed")
    except KeyboardInterrupt:
        _interrupted(request, current)
    if current.error and not current.checks:
        _leave_what_there_is(current, target)
    current.instance = target.instance()
    target.close()


def _leave_what_there_is(current: Run, target: Target) -> None:
    """Show the old release as it serves now; where there is none, what was attempted (A-09)."""
    if current.outcome == "rolled_back":
        look(current, target)
    else:
        note_unverified(current.folder, str(current.error), checkout=target.root)


def _deploy(request: Request, current: Run, target: Target) -> None:
    target.make_ready(request, current)
    run_id = current.folder.run_id
    with current.step("release"):
        shipment = target.pack(f"{run_id}-{revision(target.root)}")
    current.origin = shipment.release.origin
    with current.step("ship"):
        shipped = target.host.ship(run_id, shipment.release, shipment.files)
    typed = _word(request)
    words = ("--release", shipped, *common_words(request, target.root), "--word", typed, *switch_words(request))
    run_engine(current, target, "deploy", words, typed=typed)
    try:
        judge_release(current, target)
    except VerificationError as failure:
        if not request.no_rollback and has_changed(current):
            take_back(request, current, target, failure=failure)
        raise


def _look_only(_: Request, current: Run, target: Target) -> None:
    target.reach(current)
    judge(current, target)


def _open(request: Request, root: Path) -> tuple[Target | None, OpsError | None, list[str]]:
    """Read the settings before there is a run: its redactor needs the secrets."""
    said: list[str] = []
    try:
        check_target(request.target)
        if request.mode in MAKES_SETTINGS and request.target == "local":
            ensure_env_file(root / ".env", target=request.target, say=said.append)
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
            fix=command(_word(request), request.target),
        )
    )


def _word(request: Request) -> str:
    return WORDS.get(request.mode, request.mode)
