"""Does the engine on the host go on by itself, and does the operator's side lose nothing of what it says?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ops.engine.model import Edge, Release
from ops.errors import HostError
from ops.targets.droplet.host import RemoteHost
from rehearsal.droplet.machine import Machine
from rehearsal.relay import Relay
from tests.rehearsal.remote.remote_fixtures import Place

RELEASE = Release(id="r", source_dir="", services=(), edge=Edge(api_url="", dynamic_files={}))
SlowEngine = Callable[[int], None]


def start(host: RemoteHost, run_id: str) -> Iterator[dict[str, Any]]:
    """Ship and start the engine of a run, and return its events."""
    host.start(run_id, "deploy", ("--release", host.ship(run_id, RELEASE, {})))
    return host.follow(run_id)


def numbers(events: list[dict[str, Any]]) -> list[int]:
    return [event["number"] for event in events if event["event"] == "progress"]


def test_following_survives_a_link_that_is_cut_and_misses_nothing(
    place: Place, prepared: Machine, slow_engine: SlowEngine
) -> None:
    slow_engine(25)
    place.said.clear()
    with Relay(("127.0.0.1", 0), (prepared.address, 22)) as relay:
        host = place.host(prepared, at=("127.0.0.1", relay.port))
        events = []
        for event in start(host, "run-1"):
            events.append(event)
            if event.get("number") == 3:
                relay.cut()
                threading.Timer(1.0, relay.heal).start()
        host.close()
    assert numbers(events) == list(range(25))
    assert events[-1]["outcome"] == "success"
    assert [line for line in place.said if "reconnecting" in line]


def test_the_engine_goes_on_when_the_operator_leaves_and_another_one_can_follow(
    place: Place, host: RemoteHost, prepared: Machine, slow_engine: SlowEngine
) -> None:
    slow_engine(15)
    assert next(start(host, "run-2"))["event"] == "run_started"
    host.close()
    again = place.host(prepared)
    assert numbers(list(again.follow("run-2"))) == list(range(15))
    again.close()


def test_what_is_cancelled_says_so_itself(host: RemoteHost, slow_engine: SlowEngine) -> None:
    slow_engine(100)
    events = start(host, "run-3")
    next(events)
    host.cancel()
    assert [event["outcome"] for event in host.follow("run-3") if event["event"] == "run_finished"] == ["rolled_back"]


def test_an_engine_that_is_killed_is_noticed(host: RemoteHost, prepared: Machine, slow_engine: SlowEngine) -> None:
    slow_engine(100)
    events = start(host, "run-4")
    next(events)
    prepared.run("systemctl", "kill", "--signal=KILL", "slipway-run-4")
    with pytest.raises(HostError, match="the engine ended in the middle") as died:
        list(events)
    assert "finishes or undoes" in died.value.fix


def test_an_engine_that_cannot_start_says_why(host: RemoteHost, slow_engine: SlowEngine) -> None:
    slow_engine(1)
    shipped = host.ship("run-5", RELEASE, {})
    host.start("run-5", "deploy", ("--release", shipped))
    list(host.follow("run-5"))
    host.remote.run(("systemd-run", "--unit=slipway-run-6", "sleep", "60"), sudo=True)
    host.start("run-6", "deploy", ("--release", shipped))
    with pytest.raises(HostError, match="could not be followed") as refused:
        list(host.follow("run-6"))
    assert "slipway-run-6" in refused.value.why
    host.remote.run(("systemctl", "stop", "slipway-run-6"), sudo=True)


def test_a_host_that_loses_power_in_the_middle_is_waited_for_and_told(
    place: Place, host: RemoteHost, prepared: Machine, slow_engine: SlowEngine
) -> None:
    slow_engine(300)
    events = start(host, "run-7")
    next(events)
    prepared.power_cut()
    booting = threading.Thread(target=prepared.power_on)
    booting.start()
    with pytest.raises(HostError) as restarted:
        list(events)
    booting.join(60)
    assert restarted.value.what == "the host was restarted in the middle", place.said
    assert "live before is the one that serves" in restarted.value.why
