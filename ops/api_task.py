"""Does a task that is triggered through the public API finish?"""

from __future__ import annotations

import time

from ops.observations import LIMIT_S, Answer, Ran, Site
from ops.probes import Prober
from ops.questions import EVENTS, event_of, has_no_events, task_ended, task_path


def run_api_task(asking: Prober, site: Site, events: Answer) -> Ran:
    """Ask for a recount of the first of these events and wait for its result; exit code 0 when it succeeded."""
    began = time.monotonic()
    exit_code, said = _recount(asking, site, events, deadline=began + LIMIT_S)
    return Ran(exit_code=exit_code, output=said, seconds=time.monotonic() - began)


def _recount(asking: Prober, site: Site, events: Answer, *, deadline: float) -> tuple[int, str]:
    if has_no_events(events):
        return 0, "there is no event yet, so there is nothing to recount"
    event_id = event_of(events)
    if event_id is None:
        return 1, f"GET {EVENTS}: {_said(events)}"
    wanted = f"/api/events/{event_id}/recount"
    queued = asking.ask("POST", site.https + wanted)
    task = task_path(queued)
    if not task:
        return 1, f"POST {wanted}: {_said(queued)}"
    while time.monotonic() < deadline:
        seen = asking.get(site.https + task)
        succeeded = task_ended(seen)
        if succeeded is not None or seen.error:
            return 0 if succeeded else 1, f"POST {wanted}: {_said(seen)}"
        time.sleep(0.05)  # until the worker has written the result; the deadline is above
    return 1, f"POST {wanted}: the task did not end in {LIMIT_S:g} s"


def _said(answer: Answer) -> str:
    return f"{answer.summary} {' '.join(answer.body_head.split())[:200]}".strip()
