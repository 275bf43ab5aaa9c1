"""Is another network made under the visitors of a real Docker Engine, without one of them noticing?"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.rehearsal.compose.compose_fixtures import PROJECT, Small, small_release
from tests.rehearsal.compose.engine_host import EngineHost, outcome
from tests.rehearsal.load import load_on, wait_for


def labelled(small: Small, label: str, **volumes: Any) -> Small:
    """Return a release whose network `edge` has this label."""
    edge = {**PROJECT["networks"]["edge"], "labels": {"of": label}}
    project = {"networks": {**PROJECT["networks"], "edge": edge}, "volumes": {**PROJECT["volumes"], **volumes}}
    return replace(small, release=replace(small.release, id=f"{small.release.id}-{label}", project=project))


def networks(host: EngineHost) -> dict[str, str]:
    """Return our networks: name -> the label."""
    names = host.docker(
        "network", "ls", "--filter", "label=com.docker.compose.project=slipway", "--format", "{{.Name}}"
    )
    found = json.loads(host.docker("network", "inspect", *names.split()))
    return {one["Name"]: one["Labels"].get("of", "") for one in found}


def places(host: EngineHost, service: str) -> set[frozenset[str]]:
    """Return the networks of each container of a service."""
    rows = [row for row in host.inspect() if row["Name"].startswith(f"/{service}-")]
    return {frozenset(row["NetworkSettings"]["Networks"]) for row in rows}


def ids(host: EngineHost, service: str) -> set[str]:
    return {row["Id"] for row in host.inspect() if row["Name"].startswith(f"/{service}-")}


@pytest.mark.req("B-01", "A-28")
def test_a_network_that_changed_is_made_beside_the_old_one_and_no_request_is_lost(engine_host: EngineHost) -> None:
    engine_host.deploy(small_release("one"))
    traefik, before = ids(engine_host, "traefik"), networks(engine_host)
    assert set(before) == {"slipway_edge", "slipway_public"}
    with load_on(engine_host.machine.address, "/", "/", "/slow") as load:
        wait_for("answers in the old network", lambda: load.answers["one"] > 20)
        journal = engine_host.deploy(labelled(small_release("one"), "a"))
        wait_for("answers in the new one", lambda: load.answers["one"] > 100)
    assert outcome(journal)["outcome"] == "success", outcome(journal)
    assert load.failures == []
    now = networks(engine_host)
    (moved,) = set(now) - set(before)
    assert (moved.startswith("slipway_edge_"), now[moved]) == (True, "a")
    assert ids(engine_host, "traefik") == traefik, "it is put into the new network as it is"
    assert places(engine_host, "traefik") == {frozenset({"slipway_doors", "slipway_public", moved})}
    assert places(engine_host, "web") == places(engine_host, "worker") == {frozenset({moved})}
    again = outcome(engine_host.deploy(labelled(small_release("one"), "a")))
    assert (again["outcome"], again["changed"]) == ("success", [])
    assert set(now) == {"slipway_public", moved}
    engine_host.docker("restart", *traefik)
    wait_for("Traefik, which was restarted", lambda: engine_host.serving() == "one")
    assert places(engine_host, "traefik") == {frozenset({"slipway_doors", "slipway_public", moved})}


@pytest.mark.req("B-02")
def test_one_whose_release_is_undone_is_gone_and_the_old_one_is_as_it_was(engine_host: EngineHost) -> None:
    engine_host.deploy(labelled(small_release("one"), "b"))
    before, edge = networks(engine_host), places(engine_host, "traefik")
    with load_on(engine_host.machine.address, "/") as load:
        end = outcome(engine_host.deploy(labelled(small_release("sick", broken="/ready"), "c")))
    assert (end["outcome"], load.failures) == ("rolled_back", [])
    assert (networks(engine_host), places(engine_host, "traefik")) == (before, edge)
    assert sum(name.startswith("slipway_edge_") for name in before) == 1, "the one before that is gone"


@pytest.mark.req("B-03")
def test_a_volume_that_changed_is_refused_and_nothing_is_touched(engine_host: EngineHost) -> None:
    engine_host.deploy(small_release("one"))
    before = [row["Id"] for row in engine_host.inspect()]
    media = {"name": "slipway_media", "driver_opts": {"type": "tmpfs", "device": "tmpfs"}}
    end = outcome(engine_host.deploy(labelled(small_release("one"), "d", media=media)))
    assert (end["outcome"], end["error"]["family"]) == ("failed", "preflight")
    assert "volume media" in end["error"]["what"]
    assert [row["Id"] for row in engine_host.inspect()] == before
