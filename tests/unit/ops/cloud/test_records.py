from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.cloud.dns_records import Zone, label_in, plan_records, served_names, zones_of
from tests.unit.ops.cloud.cloud_fixtures import ADA, BEN, HOME, World, actions, world

NAMES = ("app.example.org", "www.app.example.org")


@pytest.fixture
def account() -> Iterator[World]:
    with world() as opened:
        yield opened


@pytest.mark.parametrize("exposed", [(), ("admin",), ("admin", "flower")])
def test_guarded_names_are_served_only_when_exposed(exposed: tuple[str, ...]) -> None:
    assert served_names("x.org", exposed) == ("x.org", "www.x.org", *(f"{name}.x.org" for name in exposed))


def test_a_domain_can_lie_in_any_zone_above_it() -> None:
    assert zones_of("a.b.example.org") == ("a.b.example.org", "b.example.org", "example.org")
    assert zones_of("localhost") == ()
    assert (label_in("example.org", "example.org"), label_in("www.a.example.org", "example.org")) == ("@", "www.a")


@pytest.mark.req("A-08")
def test_the_names_point_to_the_droplet(account: World) -> None:
    account.ensure({"EXPOSE_ADMIN": "true"})
    assert account.records() == {("A", label, "203.0.113.1") for label in ("app", "www.app", "admin.app")}


def test_the_longest_zone_wins(account: World) -> None:
    account.fake.account.add_domain("app.example.org")
    account.ensure()
    assert account.records("app.example.org") == {("A", "@", "203.0.113.1"), ("A", "www", "203.0.113.1")}
    assert account.records() == set()


@pytest.mark.req("A-08")
def test_a_domain_whose_zone_is_elsewhere_is_a_warning(account: World) -> None:
    ensured = account.ensure({"WEBSITE_DOMAIN": "shop.example.net"})
    (warning,) = ensured.warnings
    assert "no zone for `shop.example.net` in this account" in warning
    assert ensured.droplet.status == "active"
    assert account.records() == set()


def test_records_are_left_alone_when_they_are_not_ours_to_manage(account: World) -> None:
    ensured = account.ensure({"MANAGE_DNS": "false"})
    assert (ensured.warnings, account.records()) == ((), set())
    assert not any("/v2/domains" in path for _, path in account.fake.seen)


@pytest.mark.req("D-01")
def test_other_records_are_untouched_and_ours_are_corrected(account: World) -> None:
    held = account.fake.account
    others = [
        held.add_record("example.org", {"type": "A", "name": "@", "data": "192.0.2.1"}),
        held.add_record("example.org", {"type": "A", "name": "blog", "data": "192.0.2.2"}),
        held.add_record("example.org", {"type": "MX", "name": "@", "data": "mail.example.org.", "priority": 10}),
        held.add_record("example.org", {"type": "TXT", "name": "app", "data": "v=spf1 -all"}),
    ]
    before = [dict(record) for record in others]
    held.add_record("example.org", {"type": "A", "name": "app", "data": "192.0.2.3"})
    held.add_record("example.org", {"type": "A", "name": "app", "data": "192.0.2.4"})
    changes = actions(account.ensure().changes)
    assert others == before
    assert {one for one in account.records() if one[1] == "app"} == {("A", "app", "203.0.113.1")}
    assert changes["record A www.app.example.org"] == "create"


def test_an_alias_of_the_domain_is_kept_and_an_alias_to_elsewhere_is_told(account: World) -> None:
    held = account.fake.account
    held.add_record("example.org", {"type": "CNAME", "name": "www.app", "data": "app.example.org"})
    assert account.ensure().warnings == ()
    assert account.records() == {("A", "app", "203.0.113.1"), ("CNAME", "www.app", "app.example.org")}
    held.add_record("example.org", {"type": "CNAME", "name": "flower.app", "data": "elsewhere.net"})
    (warning,) = account.ensure({"EXPOSE_FLOWER": "true"}).warnings
    assert "alias (CNAME) for `elsewhere.net`" in warning
    assert ("CNAME", "www.app", "app.example.org") in account.records()


def test_a_plan_for_a_droplet_that_is_still_to_come_says_so() -> None:
    changes = plan_records(NAMES, Zone(name="example.org"), address="", address_v6="")
    assert [(change.name, change.action) for change in changes] == [
        (f"{kind} {name}", "create") for name in NAMES for kind in ("A", "AAAA")
    ]
    assert {change.why for change in changes} == {"points to the new address"}


@pytest.mark.req("D-01")
def test_destroy_removes_what_is_ours_and_nothing_else(account: World) -> None:
    held = account.fake.account
    kept = account.ensure({"DROPLET_NAME": "other", "DROPLET_TAG": "other", "WEBSITE_DOMAIN": "other.net"}, key=BEN)
    held.add_record("example.org", {"type": "A", "name": "blog", "data": "192.0.2.2"})
    account.ensure({"DROPLET_RESERVED_IP": "true"})
    gone = account.destroy()
    assert [one.split()[0] for one in gone] == [
        *("record", "record", "reserved", "droplet", "firewall", "firewall", "ssh", "tag")
    ]
    assert list(held.droplets) == [kept.droplet.id]
    assert {one["tags"][0] for one in held.firewalls.values()} == {"other"}
    assert (held.tags, held.reserved, len(held.keys)) == ({"other"}, {}, 1)
    assert account.records() == {("A", "blog", "192.0.2.2")}


def test_destroy_again_finds_nothing_and_a_half_done_one_is_finished(account: World) -> None:
    account.ensure()
    cloud = account.cloud()
    changes = cloud.plan_destroy()
    cloud.destroy(changes[:3], say=account.said.append)
    cloud.destroy(changes, say=account.said.append)
    assert cloud.plan_destroy() == ()
    held = account.fake.account
    assert (held.droplets, held.firewalls, held.keys, held.tags, account.records()) == ({}, {}, {}, set(), set())


@pytest.mark.req("D-01")
def test_destroy_leaves_a_key_that_was_there_before_us(account: World) -> None:
    account.cloud()._api.client.ssh_keys.create({"name": "my laptop", "public_key": ADA})  # noqa: SLF001 - somebody else
    account.ensure()
    account.destroy()
    assert [key["name"] for key in account.fake.account.keys.values()] == ["my laptop"]


def test_destroy_names_what_points_to_the_droplet_but_is_not_ours(account: World) -> None:
    droplet = account.ensure(allow=HOME).droplet
    account.fake.account.add_record("example.org", {"type": "A", "name": "blog", "data": droplet.address})
    (why,) = [change.why for change in account.cloud().plan_destroy() if change.kind == "droplet"]
    assert "blog.example.org" in why
    account.destroy()
    assert account.records() == {("A", "blog", droplet.address)}


def test_a_planned_destroy_reads_only(account: World) -> None:
    account.ensure()
    before = account.fake.writes()
    account.cloud().plan_destroy()
    assert account.fake.writes() == before
