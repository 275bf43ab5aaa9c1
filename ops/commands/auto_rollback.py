"""What happens when a release runs, but its verification has failed?

What this run released is brought back to the release before, when that one did not fail the same: it was asked before
anything was touched. Then it is looked at with the same eyes. The evidence and the checks of the run stay those of the
release that failed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ops.commands.engine_run import common_words, run_engine, switch_words
from ops.commands.kept_releases import ENOUGH_RUNS, Known, live_of, past_of
from ops.commands.verify import judged
from ops.errors import OpsError, VerificationError
from ops.runs import Run, failure_of
from ops.targets import Request, Target, command
from ops.verification import Check, Verdict, failed, verdict_on

UNDO = "undo"


class _BarredError(VerificationError):
    """The release before could not live with the schema."""


def auto_rollback(request: Request, current: Run, target: Target, *, released: str, failure: VerificationError) -> None:
    """Bring back the release that was live before `released`, and raise what is then known.

    Raises another failure too when all of it failed before as well; returns when there is nothing to bring back.
    """
    before = frozenset(current.before.failed) if current.before else None
    found = verdict_on(current.checks, current.seen, target.site, before=before, is_released=current.has_released)
    if found.lies_elsewhere and current.before:
        raise _elsewhere(failure, current.before.release)
    if request.no_rollback or not found.undo:
        return
    _undo(request, current, target, found, released=released, failure=_told_of(found, current, failure))


def undo_of(run_id: str) -> str:
    """Return the run that takes a run back."""
    return f"{run_id}-{UNDO}"


def _undo(
    request: Request, current: Run, target: Target, found: Verdict, *, released: str, failure: VerificationError
) -> None:
    try:
        goal = _bring_back(request, current, target, released=released, failure=failure)
        if goal is None:
            return
        with current.step(f"{UNDO} verify"):
            now = _ids(judged(target.host, target.site, say=current.progress(f"{UNDO} verify")).checks)
    except _BarredError:
        raise
    except OpsError as error:
        current.outcome = "failed"
        raise VerificationError(
            f"{failure.what}, and going back failed too",
            why=f"{failure.why}; going back: {error.what}: {error.why}",
            fix=command("rollback", target.name),
        ) from error
    current.went_back = goal.words
    current.outcome = "rolled_back"
    raise VerificationError(
        f"{failure.what}, so the release before was brought back",
        why=f"{failure.why}; {_compared(set(found.new), now)}",
        fix=failure.fix,
    )


def _bring_back(
    request: Request, current: Run, target: Target, *, released: str, failure: VerificationError
) -> Known | None:
    known = target.host.engine("history", *ENOUGH_RUNS)
    past, live = past_of(known), live_of(known)
    if not past:
        current.say("there is no release before this one to go back to")
        return None
    if live is None or live.release != released:
        by_now = live.words if live else "no release"
        current.warn(f"nothing was taken back: by now {by_now} is live, which this run did not release")
        return None
    if past[0].barred:
        raise _no_way_back(failure, past[0], target)
    current.say(f"{failure.what}; going back to {past[0].words}")
    words = ("--to", past[0].release, "--only-from", released, *common_words(request, target.root))
    allowed = switch_words(request, "allow_interruption")
    run_id = undo_of(current.folder.run_id)
    run_engine(current, target, "rollback", (*words, *allowed), run_id=run_id, told_as=_as_undo)
    return past[0]


def _no_way_back(failure: VerificationError, before: Known, target: Target) -> _BarredError:
    return _BarredError(
        f"{failure.what}, and the release before cannot be brought back",
        why=f"{failure.why}; `{before.release}` could not live with what --allow-breaking-migration allowed:"
        f" {before.barred}; the new release serves on, as it is",
        fix=f"put it right in the code, then {command('deploy', target.name)}",
    )


def _elsewhere(failure: VerificationError, before: str) -> VerificationError:
    return VerificationError(
        f"{failure.what}, as it did on the release before",
        why=f"{failure.why}; `{before}`, asked before anything was touched, failed the same: the cause lies elsewhere, "
        "and nothing was taken back",
        fix=failure.fix,
    )


def _told_of(found: Verdict, current: Run, failure: VerificationError) -> VerificationError:
    """Say first what is new: the rest failed before as well, and is no reason to go back."""
    first = failure_of(one for one in current.checks if one.id in found.new)
    if first is None or not found.old:
        return failure
    also = ", ".join(f"`{name}`" for name in sorted(found.old))
    return VerificationError(first.what, why=f"{first.why}; {also} failed before as well", fix=first.fix)


def _as_undo(event: dict[str, Any]) -> dict[str, Any]:
    """Tell steps and plan of the way back from those of the way there."""
    named = {"step": f"{UNDO} {event['step']}"} if event.get("step") else {}
    return {**event, **named, "event": "undo_plan" if event["event"] == "plan" else event["event"]}


def _compared(broken: set[str], now: set[str]) -> str:
    """Say which of the checks hold on the release before."""
    still, new = sorted(broken & now), sorted(now - broken)
    said = []
    if still:
        which = "they fail" if broken <= now else f"{', '.join(still)} {'fails' if len(still) == 1 else 'fail'}"
        said.append(f"{which} on the release before as well: the cause lies elsewhere")
    else:
        said.append(f"on the release before {'it holds' if len(broken) == 1 else f'all {len(broken)} hold'}")
    return "; ".join([*said, *([f"there {', '.join(new)} failed"] if new else [])])


def _ids(checks: Iterable[Check]) -> set[str]:
    return {one.id for one in failed(checks)}
