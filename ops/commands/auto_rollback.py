"""What happens when a release runs, but its verification has failed?

The release before is brought back, and looked at with the same eyes: only then is it known whose fault it was. The
evidence and the checks of the run stay those of the release that failed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ops.commands.engine_run import common_words, run_engine, switch_words
from ops.commands.kept_releases import ENOUGH_RUNS, Known, past_of
from ops.commands.verify import judged
from ops.errors import OpsError, VerificationError
from ops.runs import Run
from ops.targets import Request, Target, command
from ops.verification import Check, failed

OF_THIS_SIDE = frozenset({"artifacts-complete", "no-secret"})  # of the files here: another release changes nothing
UNDO = "undo"


def auto_rollback(request: Request, current: Run, target: Target, *, failure: VerificationError) -> None:
    """Bring the release before back, and raise what is then known; return when there is nothing to bring back."""
    broken = _ids(current.checks) - OF_THIS_SIDE
    if not broken:
        return
    try:
        goal = _bring_back(request, current, target, failure=failure)
        if goal is None:
            return
        with current.step(f"{UNDO} verify"):
            now = _ids(judged(target.host, target.site).checks)
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
        why=f"{failure.why}; {_compared(broken, now)}",
        fix=failure.fix,
    )


def undo_of(run_id: str) -> str:
    """Return the run that takes a run back."""
    return f"{run_id}-{UNDO}"


def _bring_back(request: Request, current: Run, target: Target, *, failure: VerificationError) -> Known | None:
    past = past_of(target.host.engine("history", *ENOUGH_RUNS))
    if not past:
        current.say("there is no release before this one to go back to")
        return None
    current.say(f"{failure.what}; going back to {past[0].words}")
    words = ("--to", past[0].release, *common_words(request, target.root))
    allowed = switch_words(request, "allow_interruption")
    run_id = undo_of(current.folder.run_id)
    run_engine(current, target, "rollback", (*words, *allowed), run_id=run_id, told_as=_as_undo)
    return past[0]


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
