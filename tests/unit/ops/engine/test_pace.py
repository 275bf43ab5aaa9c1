"""Does an update wait for what it has to wait for alone? The simulated clock moves only when somebody waits."""

from __future__ import annotations

import dataclasses

import pytest

from ops.engine.rollout.steps import SETTLE_S
from tests.simulation.world import release, world

# Until a replica is ready, until Traefik has read its files, until an old replica has answered what it was asked.
WAITS = {"gate", "switch", "watch", "settle", "drain"}
ANSWERED_S = 0.5  # the old replicas of the simulated host are that busy at most
SLACK_S = 0.25  # between the last look of a window and its end


@pytest.mark.parametrize("watch_s", [0.0, 5.0])
def test_an_update_waits_in_no_step_without_a_reason_and_no_longer_than_for_that(watch_s: float) -> None:
    made = world()
    made.deploy(release())
    made.host.begin_run()
    assert made.deploy(dataclasses.replace(release(api=2), watch_s=watch_s))[0] == "success"
    ended = (entry for entry in made.journal.entries if entry["event"] == "step_finished")
    seconds = {entry["step"]: entry["seconds"] for entry in ended}
    assert {step for step, waited_s in seconds.items() if waited_s} <= WAITS
    assert watch_s <= seconds["watch"] <= watch_s + SLACK_S or watch_s == 0 == seconds["watch"]
    assert seconds["gate"] <= SLACK_S
    assert seconds["drain"] <= SETTLE_S + ANSWERED_S
