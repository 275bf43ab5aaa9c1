"""What is left when the engine, the machine or the host's other programs get in the way of a small release?"""

from __future__ import annotations

import pytest

from tests.instants import some_of
from tests.rehearsal.compose.compose_fixtures import ROOT, small_release
from tests.rehearsal.compose.engine_host import EngineHost, outcome
from tests.rehearsal.load import load_on, wait_for

STEPS = ("build", "migrate", "start", "gate", "replace", "switch", "drain", "stop")
KILL = """
python3 $0/engine.pyz deploy --root $0 --runtime compose --release $0/small-$1.json --run-id killed-$2 >/dev/null 2>&1 &
until grep -q '"step_started".*"'$2'"' $0/runs/killed-$2/journal.jsonl 2>/dev/null; do sleep 0.01; done
kill -9 $!
"""


@pytest.mark.req("B-01")
@pytest.mark.parametrize("step", some_of(STEPS, 2))
def test_an_engine_that_is_killed_leaves_a_site_and_the_next_run_makes_it_whole(
    engine_host: EngineHost, step: str
) -> None:
    engine_host.deploy(small_release("one"))
    engine_host.ship(small_release(f"cut-{step}"))
    with load_on(engine_host.machine.address, "/", "/") as load:
        engine_host.run("bash", "-c", KILL, ROOT, f"cut-{step}", step)
        end = outcome(engine_host.deploy(small_release(f"cut-{step}")))
        wait_for("answers of the new version", lambda: load.answers[f"cut-{step}"] > 5)
    assert (end["outcome"], end["error"]) == ("success", None)
    assert load.failures == []
    wanted = {row["fingerprint"] for row in engine_host.python("runtime.observe()")}
    release = small_release(f"cut-{step}").release
    assert wanted == {service.fingerprint for service in release.services if not service.is_job}
    assert engine_host.docker("ps", "--all", "--quiet", "--filter", "label=slipway.job") == ""


@pytest.mark.req("C-06")
@pytest.mark.parametrize("how", ["reboot", "power cut"])
def test_everything_is_back_after_the_machine_was_away(engine_host: EngineHost, how: str) -> None:
    engine_host.deploy(small_release("one"))
    if how == "reboot":
        engine_host.machine.reboot()
    else:
        engine_host.machine.power_cut()
        engine_host.machine.power_on()
    wait_for("the site after it", lambda: engine_host.serving() == "one")
    wait_for("every replica", lambda: {row["healthy"] for row in engine_host.status().values()} == {True})
    journal = engine_host.deploy(small_release("two"))
    assert (outcome(journal)["outcome"], engine_host.serving()) == ("success", "two")


def test_a_replica_that_somebody_paused_or_removed_is_replaced(engine_host: EngineHost) -> None:
    engine_host.deploy(small_release("one"))
    first, second = sorted(name for name in engine_host.status() if name.startswith("web-"))
    engine_host.docker("pause", first)
    engine_host.docker("rm", "--force", second)
    journal = engine_host.deploy(small_release("one"))
    assert outcome(journal)["outcome"] == "success"
    rows = engine_host.status()
    assert [(rows[name]["state"], rows[name]["healthy"]) for name in (first, second)] == [("running", True)] * 2


def test_a_port_that_another_program_holds_is_named(engine_host: EngineHost) -> None:
    engine_host.engine("down")
    holder = "import socket, time; s = socket.create_server(('0.0.0.0', 80)); time.sleep(120)"
    engine_host.run("systemd-run", "--unit=holder", "python3", "-c", holder)
    try:
        end = outcome(engine_host.deploy(small_release("one")))
    finally:
        engine_host.run("systemctl", "stop", "holder")
    assert end["outcome"] == "failed"
    assert (end["error"]["family"], end["error"]["what"][:8]) == ("host", "traefik-")
    assert "80" in end["error"]["why"]
    assert "address already in use" in end["error"]["why"]
    assert outcome(engine_host.deploy(small_release("one")))["outcome"] == "success"
