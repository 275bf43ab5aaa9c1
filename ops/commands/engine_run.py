"""How is a run of the engine started, shown while it works, and stopped by Ctrl-C?"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ops.release import author
from ops.runs import Run
from ops.targets import Request, Target, raised

Event = dict[str, Any]
ASKS_FOR_SWITCH = re.compile(r"invoke deploy(?= --)")
SWITCHES = ("allow_interruption", "allow_breaking_migration", "skip_dump")  # what the engine is told as it was typed


def run_engine(
    current: Run,
    target: Target,
    verb: str,
    words: tuple[str, ...],
    *,
    typed: str = "deploy",
    run_id: str = "",
    told_as: Callable[[Event], Event] = lambda event: event,
    heard: Callable[[Event], None] = lambda _: None,
) -> None:
    """Start the engine, and follow it to its end; raises OpsError when it ends otherwise than well.

    `typed` is what the operator typed: an error that asks for a switch names it. `run_id` is that of `current` unless
    it is another one; `told_as` changes its events on their way into `current`, `heard` is given each as it comes.
    """
    named = run_id or current.folder.run_id
    target.host.start(named, verb, words)
    while True:
        try:
            _show(current, target, named, typed=typed, told_as=told_as, heard=heard)
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


def common_words(request: Request, root: Path) -> tuple[str, ...]:
    """Return what every run of the engine is told: how long it may wait for another one, and who wants it."""
    return ("--lock-wait", f"{request.lock_wait_s:g}", f"--by={author(root)}")


def switch_words(request: Request, *names: str) -> tuple[str, ...]:
    """Return the switches of these names that were typed; all that a deploy has when none is named."""
    return tuple(f"--{name.replace('_', '-')}" for name in names or SWITCHES if getattr(request, name))


def _show(
    current: Run,
    target: Target,
    run_id: str,
    *,
    typed: str,
    told_as: Callable[[Event], Event],
    heard: Callable[[Event], None],
) -> None:
    for event in target.host.follow(run_id):
        heard(event)
        current.add(told_as(event))
        if event["event"] == "run_finished" and event["outcome"] != "success":
            current.outcome = event["outcome"]
            fix = ASKS_FOR_SWITCH.sub(f"invoke {typed}", event["error"]["fix"])
            raise raised({**event["error"], "fix": fix}, target=target.name)
