"""Does `invoke destroy` remove what carries its tag, and nothing else?"""

from __future__ import annotations

import json

import pytest

from tests.rehearsal.droplet.droplet_stack import Rehearsed, running_deploy, wait_for_step

pytestmark = pytest.mark.engine


@pytest.mark.req("D-01")
def test_destroy_shows_asks_and_removes_only_what_carries_the_tag(deployed: Rehearsed) -> None:
    other = deployed.with_settings(DROPLET_NAME="doomed", DROPLET_TAG="doomed", MANAGE_DNS="false")
    with running_deploy(other) as process:
        wait_for_step(other, "connect", after=deployed.folder())
        process.kill()
    account = deployed.world.parts.cloud.account
    names = {machine.name for machine in deployed.world.parts.machines.all()}
    assert {"slipway", "doomed"} <= names

    unasked = other.invoke("destroy")
    assert unasked.returncode == 2, unasked.stderr
    assert "droplet doomed" in unasked.stderr
    assert "cannot ask without a terminal" in unasked.stderr
    assert {machine.name for machine in deployed.world.parts.machines.all()} == names

    done = other.invoke("destroy", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    removed = {(one["kind"], one["name"]) for one in json.loads(done.stdout)["removes"]}
    assert ("droplet", "doomed") in removed
    assert all("slipway" not in name for _, name in removed)
    assert {machine.name for machine in deployed.world.parts.machines.all()} == names - {"doomed"}
    assert all("doomed" not in one["name"] for one in account.firewalls.values())
    assert other.invoke("destroy", "--yes").returncode == 0, "once more is fine"
    assert deployed.ask("/api/health").status_code == 200
