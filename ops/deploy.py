"""What happens in a deployment, in order?

settings → preflight → release (certificate, sources, images by content) → the engine's steps → verify → report
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from ops import operate
from ops.artifacts import utc_now
from ops.errors import OpsError, UsageError, VerificationError
from ops.host import raised
from ops.local_env import ensure_env_file
from ops.local_tls import ensure_local_tls
from ops.preflight import check_local
from ops.redact import Redactor
from ops.release import local_release
from ops.report import failure_of
from ops.run import Run, open_run
from ops.sources import revision
from ops.target import Target, check_target, open_target
from ops.verify import note_unverified, verify

TRAEFIK_PORTS = ("LOCAL_HTTPS_PORT", "LOCAL_HTTP_PORT", "LOCAL_INTERNAL_PORT")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the operator asked for: full, update, verify or plan, and where."""

    mode: str
    target: str
    json: bool = False
    timestamp: bool = True
    skip_allowlist: bool = False
    lock_wait_s: float = 30.0


def run(request: Request, *, root: Path) -> int:
    """Do what was asked, leave the evidence whatever happens, and return the exit code."""
    if request.mode == "plan":
        return operate.plan(root, target=request.target, as_json=request.json)
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
    story = _verify if request.mode == "verify" else _deploy
    try:
        story(request, current, target)
    except OpsError as error:
        current.fail(error, outcome=current.outcome if current.outcome != "success" else "failed")
    except KeyboardInterrupt:
        _interrupted(current)
    if current.error and not current.checks:
        _leave_what_there_is(current, target)


def _leave_what_there_is(current: Run, target: Target) -> None:
    """Show the old release as it serves now; where there is none, what was attempted (A-09)."""
    if current.outcome == "rolled_back":
        _look(current, target)
    else:
        note_unverified(current.folder, str(current.error), checkout=target.root)


def _deploy(request: Request, current: Run, target: Target) -> None:
    with current.step("preflight"):
        _preflight(request, target)
    with current.step("release"):
        ensure_local_tls(target.state / "data" / "tls", domain=target.site.domain, now=utc_now())
        release_id = f"{current.folder.run_id}-{revision(target.root)}"
        release = local_release(target.root, target.settings.as_environment(), release_id=release_id)
        shipped = target.host.ship(current.folder.run_id, release)
    target.host.start_deploy(current.folder.run_id, shipped, lock_wait_s=request.lock_wait_s)
    _follow(current, target)
    _verify(request, current, target)


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
            raise raised(event["error"])


def _verify(_: Request, current: Run, target: Target) -> None:
    with current.step("verify"):
        _look(current, target)
        failure = failure_of(current.checks)
        if failure:
            raise VerificationError(failure.what, why=failure.why, fix=failure.fix)


def _look(current: Run, target: Target) -> None:
    verified = verify(target.host, target.site, current.folder, checkout=target.root, events=current.events)
    current.checks, current.seen = verified.checks, verified.seen


def _preflight(request: Request, target: Target) -> None:
    held = _held_ports(target)
    check_local(target.settings, root=target.root, ours=held)
    if request.mode == "update" and not held:
        raise UsageError(
            "there is nothing to update",
            why="no replica of this checkout runs on this machine",
            fix="./scripts/deploy.sh --target local",
        )


def _held_ports(target: Target) -> set[int]:
    """Return the ports that the running stack of this checkout holds."""
    if not target.host.is_ready:
        return set()
    running = target.host.engine("status", "--no-health")["services"]
    alive = [row for row in running if row["state"] in {"running", "starting"}]
    fixed = {target.settings.number(key) for key in TRAEFIK_PORTS if any(r["service"] == "traefik" for r in alive)}
    return fixed | {row["port"] for row in alive}


def _open(request: Request, root: Path) -> tuple[Target | None, OpsError | None, list[str]]:
    """Read the settings before there is a run: its redactor needs the secrets."""
    said: list[str] = []
    try:
        check_target(root, request.target)
        if request.mode != "verify":
            ensure_env_file(root / ".env", target=request.target, say=said.append)
        return open_target(root), None, said
    except OpsError as error:
        return None, error, said


def _open_run(request: Request, root: Path, target: Target | None) -> Run:
    return open_run(
        root,
        mode=request.mode,
        target=request.target,
        redactor=target.redactor if target else Redactor({}),
        url=target.site.https if target else "",
        json=request.json,
        timestamp=request.timestamp,
    )


def _interrupted(current: Run) -> None:
    current.is_interrupted = True
    current.fail(
        UsageError(
            "the run was interrupted",
            why="Ctrl-C was pressed; what the engine had begun it undoes or finishes by itself",
            fix="./scripts/deploy.sh --target local",
        )
    )
