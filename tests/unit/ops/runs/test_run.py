"""Do events of a host stand in time beside those of this side, whatever the clocks say?"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ops.redact import Redactor
from ops.runs import utc_now
from ops.runs.run import Run, open_run


def opened(folder: Path) -> Run:
    return open_run(folder, mode="update", target="droplet", redactor=Redactor({}), url="", json=True, timestamp=True)


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(hours=-1), timedelta()])
def test_steps_of_the_host_begin_within_the_run_whatever_its_clock_says(tmp_path: Path, ahead: timedelta) -> None:
    run = opened(tmp_path)
    with run.step("ship"):
        pass
    host_began = utc_now() + ahead
    for after_s, event in ((0, "run_started"), (2, "step_started"), (5, "step_finished")):
        at = (host_began + timedelta(seconds=after_s)).isoformat().replace("+00:00", "Z")
        run.add({"at": at, "event": event, "step": "build", "seconds": 3.0, "outcome": "ok", "seq": after_s})
    steps = {step.name: step for step in run.report(finished_at=utc_now()).steps}
    assert 0 <= steps["ship"].began_after_s < 60
    assert 1.9 < steps["build"].began_after_s < 62
