"""Does a task that is triggered through the public API finish?"""

from __future__ import annotations

import time

from ops.observations import LIMIT_S, Answer, Ran, Site
from ops.probes import Prober
from ops.questions import TASKS, task_ended, task_path


def run_api_task(asking: Prober, site: Site) -> Ran:
    """Have the worker look into the outbox, and wait until it did; exit code 0 when it succeeded."""
    began = time.monotonic()
    exit_code, said = _run(asking, site, deadline=began + LIMIT_S)
    return Ran(exit_code=exit_code, output=said, seconds=time.monotonic() - began)


def _run(asking: Prober, site: Site, *, deadline: float) -> tuple[int, str]:
    queued = asking.ask("POST", site.https + TASKS)
    task = task_path(queued)
    if not task:
        return 1, f"POST {TASKS}: {_said(queued)}"
    while time.monotonic() < deadline:
        seen = asking.get(site.https + task)
        succeeded = task_ended(seen)
        if succeeded is not None or seen.error:
            return 0 if succeeded else 1, f"POST {TASKS}: {_said(seen)}"
        time.sleep(0.05)  # until the worker has written the result; the deadline is above
    return 1, f"POST {TASKS}: the task did not end in {LIMIT_S:g} s"


def _said(answer: Answer) -> str:
    return f"{answer.summary} {' '.join(answer.body_head.split())[:200]}".strip()
