"""What happens in a deployment, in order?

settings → the place made ready (a droplet: cloud, connect, prepare) → release → ship → the engine's steps → verify
→ report
"""

from __future__ import annotations

import sys
from pathlib import Path

from ops import operate
from ops.certificate import await_certificate
from ops.errors import OpsError, UsageError, VerificationError
from ops.host import raised
from ops.local_env import ensure_env_file
from ops.open import open_target
from ops.redact import Redactor
from ops.report import QUIET, changes_from, failure_of
from ops.run import Run, open_run
from ops.sources import revision
from ops.target import Request, Target, check_target, command
from ops.verify import conclusion, note_unverified, verify, why_partial

CERTIFICATE = "certificate"  # the check that tells whether the site shows the right one


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
    story = _look_only if request.mode == "verify" else _deploy
    try:
        story(request, current, target)
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
        _look(current, target)
    else:
        note_unverified(current.folder, str(current.error), checkout=target.root)


def _deploy(request: Request, current: Run, target: Target) -> None:
    target.make_ready(request, current)
    run_id = current.folder.run_id
    with current.step("release"):
        shipment = target.pack(f"{run_id}-{revision(target.root)}")
    with current.step("ship"):
        shipped = target.host.ship(run_id, shipment.release, shipment.files)
    target.host.start_deploy(run_id, shipped, lock_wait_s=request.lock_wait_s)
    _follow(current, target)
    current.is_released = True
    has_changed = any(change.action not in QUIET for change in changes_from(current.events))
    if has_changed:
        await_certificate(target.host, target.site, say=current.say)
    _verify(current, target, may_order=not has_changed)


def _look_only(_: Request, current: Run, target: Target) -> None:
    target.reach(current)
    _verify(current, target)


def _follow(current: Run, target: Target) -> None:
    """Show the engine's journal; Ctrl-C asks it to undo, and the journal says how that went."""
    while True:
        try:
            _show(current, target)
        except KeyboardInterrupt:
            if current.is_interrupted:
                raise
            current.is_interrupted = True
            current.console.say("interrupted: undoing what was begun; Ctrl-C again leaves the engine to it")
            target.host.cancel()
        else:
            break
    if current.is_interrupted:
        raise KeyboardInterrupt


def _show(current: Run, target: Target) -> None:
    for event in target.host.follow(current.folder.run_id):
        current.add(event)
        if event["event"] == "run_finished" and event["outcome"] != "success":
            current.outcome = event["outcome"]
            raise raised(event["error"], target=target.name)


def _verify(current: Run, target: Target, *, may_order: bool = False) -> None:
    """Look and judge; `may_order` has a certificate ordered that nobody waited for, and looks again."""
    with current.step("verify"):
        _look(current, target)
        lacks = may_order and any(one.id == CERTIFICATE and not one.ok for one in current.checks)
        if lacks and await_certificate(target.host, target.site, say=current.say):
            _look(current, target)
        concluded = conclusion(current.checks, current.seen, target.site)
        if concluded == "partial" and current.is_released:
            current.outcome = "partial"
            current.warn(why_partial(current.seen, target.site))
            return
        failure = failure_of(current.checks)
        if failure:
            raise VerificationError(failure.what, why=failure.why, fix=failure.fix)


def _look(current: Run, target: Target) -> None:
    verified = verify(target.host, target.site, current.folder, checkout=target.root, events=current.events)
    current.checks, current.seen = verified.checks, verified.seen


def _open(request: Request, root: Path) -> tuple[Target | None, OpsError | None, list[str]]:
    """Read the settings before there is a run: its redactor needs the secrets."""
    said: list[str] = []
    try:
        check_target(request.target)
        if request.mode != "verify" and request.target == "local":
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
            fix=command("deploy", request.target),
        )
    )
