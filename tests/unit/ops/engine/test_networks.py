"""Is another network or volume in docker-compose.yml seen, planned and made, and data never lost by it?"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ops.engine.compose.descriptions import describe_replica, network_names
from ops.engine.errors import RefusedError
from ops.engine.host.state import State
from ops.engine.model import Release, release_from_json, release_to_json
from ops.engine.rollout.context import Order
from ops.engine.rollout.networks import in_place
from ops.engine.rollout.plan import Change, changed_services, make_plan
from ops.engine.service_roles import EDGE_SERVICE
from tests.simulation.world import World, part, release, service, world

OPEN, CLOSED = {"name": "slipway_data"}, {"name": "slipway_data", "internal": True}
PUBLIC = {"name": "slipway_public"}


def stack(data: Any = CLOSED, *, public: Any = PUBLIC, more: dict[str, Any] | None = None, **volumes: Any) -> Release:
    """Return a release; postgres, api and worker are in `data`, Traefik in `data` and `public`."""
    made = release()
    edge = service(EDGE_SERVICE, port=8443, stated_replicas=1, container={"networks": {"data": None, "public": None}})
    own = {name: part(name, 1, is_networked=True) for name in ("postgres", "api", "worker")}
    services = tuple({**own, EDGE_SERVICE: edge}.get(one.name, one) for one in made.services)
    networks = {"data": data, "public": public, **(more or {})}
    stated = {"networks": networks, "volumes": {"media": {"name": "slipway_media"}, **volumes}}
    return dataclasses.replace(made, services=services, project=stated)


def planned(wanted: Release, live: Release) -> dict[str, Change]:
    """Return what a plan says that does not stay, without what is not running."""
    changes = make_plan(in_place(wanted, live), live=live, state=State(release=live.id), observed=())
    return {one.service: one for one in changes if one.action != "keep" and "is not running" not in one.why}


def fingerprints(of: Release) -> dict[str, str]:
    return {one.name: one.fingerprint for one in of.services}


@pytest.mark.req("A-28", "B-01")
@pytest.mark.parametrize("again", [
    CLOSED, {**CLOSED, "ipam": {}}, {**CLOSED, "driver_opts": None, "attachable": False},
], ids=["the same", "as another Compose writes it", "with what is so anyway"])  # fmt: skip
def test_what_did_not_change_has_the_same_fingerprints_and_names_as_ever(again: dict[str, Any]) -> None:
    live, wanted = stack(), in_place(stack(again), stack())
    assert fingerprints(wanted) == fingerprints(live) == fingerprints(release_from_json(release_to_json(wanted)))
    assert network_names(wanted.project)["data"] == "slipway_data"
    assert not [name for name in planned(stack(again), live) if name.startswith(("network", "volume"))]


@pytest.mark.req("A-28", "B-01")
def test_of_a_network_that_changed_only_what_can_roll_is_replaced_and_it_stays_so() -> None:
    live = stack(CLOSED)
    wanted = in_place(stack({**CLOSED, "labels": {"a": "b"}}), live)
    changed = {name for name, print_ in fingerprints(wanted).items() if print_ != fingerprints(live)[name]}
    assert changed == {"api", "worker"}, "neither the database nor Traefik, which are put into it as they are"
    assert network_names(wanted.project)["data"].startswith("slipway_data_")
    again = in_place(stack({**CLOSED, "labels": {"a": "b"}}), wanted)
    assert again == wanted, "a further deploy changes nothing"
    back = in_place(stack(CLOSED), wanted)
    assert network_names(back.project)["data"] not in {"slipway_data", network_names(wanted.project)["data"]}


def test_the_plan_names_network_and_services_and_says_that_nobody_notices() -> None:
    plan = planned(stack({**CLOSED, "driver": "bridge"}), stack())
    assert plan["network data"].why == "network data changed (driver): it is made anew beside the old one"
    assert not any(change.interrupts for change in plan.values())
    live = stack()
    explained = make_plan(
        in_place(stack({**CLOSED, "driver": "bridge"}), live),
        live=live,
        state=State(release=live.id),
        observed=running(),
    )
    assert {one.service: one.why for one in explained}["api"] == "networks of api changed (data)"


def running() -> Any:
    """Return the replicas of the stack."""
    made = world()
    assert made.deploy(stack())[0] == "success"
    return tuple(made.host.replicas.values())


def test_an_edge_is_replaced_for_a_network_that_leads_outside_because_its_ports_hang_on_it() -> None:
    live = stack()
    for wanted in (stack(public={**PUBLIC, "labels": {"a": "b"}}), stack(OPEN)):
        edge = in_place(wanted, live).service(EDGE_SERVICE)
        assert edge.fingerprint != live.service(EDGE_SERVICE).fingerprint


def test_new_and_gone_ones_are_named_and_a_foreign_one_keeps_its_name() -> None:
    plan = planned(stack(more={"queue": {"name": "slipway_queue"}}, dumps={"name": "slipway_dumps"}), stack())
    assert (plan["network queue"].action, plan["volume dumps"].action) == ("start", "start")
    gone = planned(stack(), stack(more={"queue": {}}, dumps={}))
    assert gone["network queue"].why == "network queue is no longer in the stack"
    assert gone["volume dumps"].why == "no service has volume dumps any more; its data stays"
    foreign = in_place(stack({"name": "theirs", "external": True}), stack())
    assert network_names(foreign.project)["data"] == "theirs"
    assert foreign.service("api").fingerprint != stack().service("api").fingerprint


def test_a_replica_is_described_in_the_network_as_it_is_now() -> None:
    wanted = in_place(stack({**CLOSED, "labels": {"a": "b"}}), stack())
    api = dataclasses.replace(wanted.service("api"), container={"networks": {"data": None}})
    described = describe_replica(api, wanted.project, name="api-1", mounts=[])
    name = network_names(wanted.project)["data"]
    assert described["networks"] == {"data": {**CLOSED, "labels": {"a": "b"}, "name": name}}
    unchanged = describe_replica(api, stack().project, name="api-1", mounts=[])
    assert unchanged["networks"] == {"data": CLOSED}


@pytest.mark.req("B-03", "A-13")
def test_another_definition_of_a_volume_is_refused_and_the_way_out_is_named() -> None:
    made = world()
    assert made.deploy(stack())[0] == "success"
    made.host.begin_run()
    other = stack(media={"name": "slipway_media", "driver_opts": {"type": "nfs"}})
    outcome, error = made.deploy(dataclasses.replace(other, id="other"))
    assert isinstance(error, RefusedError)
    assert (outcome, error.what) == (
        "failed", "another definition of volume media would lose its data, so nothing was changed",
    )  # fmt: skip
    assert "media: driver_opts" in error.why
    assert error.fix == "rename the new volume in docker-compose.yml, then invoke deploy"
    assert made.host.did == ["write routes"]
    assert planned(other, stack())["volume media"].why.endswith("that will be refused, it has data")


def moved(made: World) -> tuple[Release, list[str]]:
    """Change the network of the data; return what is live then, and what the engine did."""
    made.host.begin_run()
    wanted = dataclasses.replace(stack({**CLOSED, "labels": {"a": "b"}}), id="moved")
    assert made.deploy(wanted, Order()) == ("success", None), "without --allow-interruption"
    live = made.store.live()
    assert live is not None
    return live, made.host.did


@pytest.mark.req("B-01")
def test_the_database_is_in_both_networks_until_nobody_is_left_in_the_old_one() -> None:
    made = world()
    assert made.deploy(stack())[0] == "success"
    old = made.store.live()
    assert old is not None
    live, did = moved(made)
    first, last = did.index("join"), did.index("leave")
    started = [did.index(f"start {name}") for name in live.service("api").replica_names]
    stopped = [did.index(f"stop {name}") for name in old.service("api").replica_names]
    assert first < min(started) < max(stopped) < last
    assert made.host.interrupted == []
    made.host.begin_run()
    assert made.deploy(old, Order(word="rollback", past=()))[0] == "success"
    assert "join" in made.host.did
    assert made.store.live() == old


def test_a_change_that_is_undone_leaves_the_database_where_it_was() -> None:
    made = world()
    assert made.deploy(stack())[0] == "success"
    before = dict(made.host.places)
    wanted = dataclasses.replace(stack({**CLOSED, "labels": {"a": "b"}}), id="moved")
    made.host.flaws.broken.add(in_place(wanted, made.store.live()).service("api").fingerprint)
    assert made.deploy(wanted, Order())[0] == "rolled_back"
    assert made.host.places == before


def test_a_network_that_no_service_has_changed_is_no_other_release() -> None:
    live = stack()
    assert changed_services(make_plan(in_place(live, live), live=live, state=State(), observed=running())) == [
        "migrate"
    ]
