"""What happens when the operator wants the release before?"""

from __future__ import annotations

from ops.commands.engine_run import common_words, run_engine, switch_words
from ops.commands.kept_releases import ENOUGH_RUNS, Known, chosen, live_of, short_release
from ops.commands.verify import judge_release
from ops.engine.model import Origin
from ops.runs import Run
from ops.targets import Request, Target


def rollback(request: Request, current: Run, target: Target) -> None:
    """Go back to the release before, or to the one that was named; raises UsageError when there is none."""
    with current.step("connect"):
        target.reach(current)
        target.wait_for_starts(current)
        known = target.host.engine("history", *ENOUGH_RUNS)
        goal = chosen(known, request.to, target=target.name)
    live = live_of(known)
    if live:
        current.say(f"from  {live.words}")
    current.say(f"to    {goal.words}")
    words = ("--to", goal.release, *common_words(request, target.root), *switch_words(request, "allow_interruption"))
    run_engine(current, target, "rollback", words, typed=f"rollback --to {short_release(goal.release)}")
    note(current, goal)
    judge_release(current, target)


def note(current: Run, goal: Known) -> None:
    """Note for the report which release is live again."""
    current.went_back = goal.words
    current.origin = Origin(commit=goal.commit, committed_at=goal.committed_at, subject=goal.subject)
