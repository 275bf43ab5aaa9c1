from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.errors import HostError, SettingsError, UsageError
from tests.unit.ops.cloud.cloud_fixtures import ADA, BEN, DOMAIN, HOME, TOKEN, World, actions, public_key, world


@pytest.fixture
def account() -> Iterator[World]:
    with world() as opened:
        yield opened


@pytest.mark.req("A-07")
def test_an_empty_account_gets_everything_and_the_address_is_discovered(account: World) -> None:
    ensured = account.ensure()
    assert ensured.created
    assert ensured.warnings == ()
    assert ensured.droplet.address == "203.0.113.1"
    assert (ensured.droplet.name, ensured.droplet.region, ensured.droplet.size) == ("slipway", "fra1", "s-2vcpu-4gb")
    assert set(actions(ensured.changes).values()) == {"create"}
    (machine, user_data, keys) = account.machines.created[0]
    assert (machine.image, user_data, keys) == ("debian-13-x64", "#cloud-config\n", (ADA,))
    droplet = next(iter(account.fake.account.droplets.values()))
    assert (droplet.tags, "monitoring" in droplet.features) == (["slipway"], True)


def test_the_firewall_is_there_before_the_droplet_so_that_it_holds_from_first_boot(account: World) -> None:
    account.ensure()
    made = [path for method, path in account.fake.seen if method == "POST"]
    assert made.index("/v2/droplets") > max(i for i, path in enumerate(made) if path == "/v2/firewalls")
    assert made.index("/v2/firewalls") > made.index("/v2/tags")


@pytest.mark.req("A-06", "A-15")
def test_only_ssh_from_the_allowlist_and_the_web_ports_are_open(account: World) -> None:
    account.ensure()
    (rules,) = account.machines.firewalls.values()
    everybody = ("0.0.0.0/0", "::/0")
    assert {(rule.protocol, rule.first, rule.last, rule.sources) for rule in rules or ()} == {
        ("tcp", 22, 22, (f"{HOME}/32",)),
        ("tcp", 80, 80, everybody),
        ("tcp", 443, 443, everybody),
        ("udp", 443, 443, everybody),
    }


@pytest.mark.req("A-28")
def test_the_same_again_changes_nothing_and_says_so(account: World) -> None:
    account.ensure()
    before = account.fake.writes()
    account.said.clear()
    again = account.ensure()
    assert not again.created
    assert set(actions(again.changes).values()) == {"keep"}
    assert account.fake.writes() == before
    assert account.said == []


@pytest.mark.req("A-28")
def test_a_plan_reads_only_and_says_what_ensure_then_does(account: World) -> None:
    plan = account.cloud().plan(allow=HOME, public_key=ADA)
    assert account.fake.writes() == []
    assert actions(plan) == actions(account.ensure().changes)
    assert set(actions(account.cloud().plan(allow=HOME, public_key=ADA)).values()) == {"keep"}


def test_a_plan_takes_the_public_key_beside_the_private_one(account: World, tmp_path: Path) -> None:
    key = {"SSH_KEY_PATH": str(tmp_path / "id")}
    with pytest.raises(SettingsError, match="no SSH key") as stopped:
        account.cloud(key).plan(allow=HOME)
    assert stopped.value.fix == f"ssh-keygen -t ed25519 -N '' -f {tmp_path / 'id'}"
    (tmp_path / "id.pub").write_text(ADA, encoding="utf-8")
    assert account.cloud(key).plan(allow=HOME) == account.cloud().plan(allow=HOME, public_key=ADA)


@pytest.mark.req("A-07")
def test_the_droplet_is_found_by_name_and_tag(account: World) -> None:
    assert account.cloud().find() is None
    made = account.ensure().droplet
    assert account.cloud().find() == made
    assert account.cloud({"DROPLET_TAG": "other"}).find() is None
    assert account.cloud({"DROPLET_NAME": "other"}).find() is None


def test_a_lookup_is_one_request(account: World) -> None:
    account.ensure()
    account.fake.seen.clear()
    account.cloud().find()
    assert account.fake.seen == [("GET", "/v2/droplets")]


@pytest.mark.req("D-01")
def test_a_droplet_of_our_name_without_our_tag_is_refused_and_left_alone(account: World) -> None:
    account.ensure({"DROPLET_TAG": "somebody-else"})
    before = account.fake.writes()
    with pytest.raises(HostError, match="left as it is") as refused:
        account.ensure()
    assert "without the tag `slipway`" in refused.value.why
    assert account.fake.writes() == before


@pytest.mark.req("A-07")
def test_two_droplets_of_our_name_and_tag_are_not_guessed_between(account: World) -> None:
    first = account.ensure().droplet
    droplets = account.fake.account.droplets
    droplets[1] = droplets[first.id]
    with pytest.raises(HostError, match="two droplets"):
        account.cloud().find()


@pytest.mark.req("A-06")
def test_each_operator_has_exactly_one_allowlist_entry(account: World) -> None:
    account.ensure(key=ADA, allow=HOME)
    account.ensure(key=BEN, allow="192.0.2.77")
    assert account.ssh_sources() == [HOME, "192.0.2.77"]
    moved = account.ensure(key=ADA, allow="192.0.2.11")
    assert account.ssh_sources() == ["192.0.2.11", "192.0.2.77"]
    assert sorted(set(actions(moved.changes).values())) == ["keep", "update"]
    account.ensure(key=ADA, allow="192.0.2.11")
    assert account.ssh_sources() == ["192.0.2.11", "192.0.2.77"]


@pytest.mark.req("A-06")
@pytest.mark.parametrize(("allow", "skip"), [("192.0.2.99", True), ("", False)])
def test_the_allowlist_stays_with_skip_allowlist_or_without_an_address(
    account: World, allow: str, *, skip: bool
) -> None:
    account.ensure()
    before = account.fake.writes()
    account.ensure(allow=allow, skip=skip)
    assert account.fake.writes() == before
    assert account.ssh_sources() == [HOME]


@pytest.mark.req("A-06")
def test_an_operator_who_is_not_on_the_allowlist_is_told(account: World) -> None:
    account.ensure(key=ADA)
    (warning,) = account.ensure(key=BEN, allow="").warnings
    assert "no entry for your key" in warning
    assert "--allow ADDRESS" in warning


@pytest.mark.req("A-06")
@pytest.mark.parametrize("allow", ["0.0.0.0/0", "::/0", "home", "203.0.113.7; drop"])
def test_ssh_is_never_opened_to_everybody(account: World, allow: str) -> None:
    with pytest.raises(UsageError, match="--allow"):
        account.ensure(allow=allow)
    assert account.fake.writes() == []


@pytest.mark.req("A-06")
def test_a_new_firewall_without_any_ssh_source_is_refused(account: World) -> None:
    with pytest.raises(HostError) as refused:
        account.ensure(allow="")
    assert "--allow ADDRESS" in refused.value.fix
    assert account.fake.writes() == []


@pytest.mark.req("D-01")
def test_another_tags_firewalls_are_not_taken_for_ours(account: World) -> None:
    account.ensure({"DROPLET_TAG": "slipway-web", "DROPLET_NAME": "other"})
    ensured = account.ensure()
    assert len(account.machines.firewalls[ensured.droplet.id] or ()) == 4
    assert len(account.fake.account.firewalls) == 4


def test_rules_that_somebody_changed_are_put_back(account: World) -> None:
    account.ensure()
    web = next(one for one in account.fake.account.firewalls.values() if one["name"] == "slipway-web")
    web["inbound_rules"][0]["ports"] = "8080"
    assert actions(account.ensure().changes)["firewall slipway-web"] == "update"
    assert {rule["ports"] for rule in web["inbound_rules"]} == {"80", "443"}


def test_a_key_that_is_there_under_another_name_is_used(account: World) -> None:
    key = {"name": "my laptop", "public_key": ADA}
    account.cloud()._api.client.ssh_keys.create(key)  # noqa: SLF001 - as somebody else did before
    assert actions(account.ensure().changes)["ssh key my laptop"] == "keep"
    assert len(account.fake.account.keys) == 1


def test_ipv6_and_a_reserved_address_are_there_when_asked_for(account: World) -> None:
    options = {"DROPLET_IPV6": "true", "DROPLET_RESERVED_IP": "true"}
    droplet = account.ensure(options).droplet
    assert (droplet.address, droplet.address_v6) == ("198.51.100.2", "2001:db8::1")
    assert account.machines.assigned == {"198.51.100.2": droplet.id}
    assert ("A", "app", "198.51.100.2") in account.records()
    assert ("AAAA", "www.app", "2001:db8::1") in account.records()
    assert set(actions(account.ensure(options).changes).values()) == {"keep"}
    assert account.cloud(options).find() == droplet


def test_a_reserved_address_outlives_the_droplet(account: World) -> None:
    first = account.ensure({"DROPLET_RESERVED_IP": "true"}).droplet
    account.cloud()._api.client.droplets.destroy(droplet_id=first.id)  # noqa: SLF001 - as somebody did in the panel
    second = account.ensure({"DROPLET_RESERVED_IP": "true"})
    assert second.created
    assert second.droplet.address == first.address
    assert account.machines.assigned[first.address] == second.droplet.id


def test_a_droplet_that_is_off_is_switched_on(account: World) -> None:
    made = account.ensure().droplet
    account.fake.account.droplets[made.id].status = "off"
    ensured = account.ensure()
    assert ensured.droplet.status == "active"
    assert actions(ensured.changes)["droplet slipway"] == "update"
    assert account.machines.powered == [(made.id, True)]


def test_an_archived_droplet_is_refused_with_what_to_do(account: World) -> None:
    made = account.ensure().droplet
    account.fake.account.droplets[made.id].status = "archive"
    with pytest.raises(HostError) as refused:
        account.ensure()
    assert "archived" in refused.value.why
    assert "restore" in refused.value.fix


def test_another_size_is_told_and_not_forced(account: World) -> None:
    account.ensure()
    ensured = account.ensure({"DROPLET_SIZE": "s-4vcpu-8gb", "DROPLET_REGION": "ams3", "DROPLET_IPV6": "true"})
    assert len(ensured.warnings) == 3
    assert any("s-2vcpu-4gb, not s-4vcpu-8gb" in warning for warning in ensured.warnings)
    assert set(actions(ensured.changes).values()) == {"keep"}


def test_records_on_a_later_page_are_found(account: World) -> None:
    for number in range(450):
        account.fake.account.add_record("example.org", {"type": "TXT", "name": f"t{number}", "data": "x"})
    account.ensure()
    assert set(actions(account.ensure().changes).values()) == {"keep"}


@pytest.mark.req("A-12")
def test_the_token_is_nowhere_in_what_is_told(account: World) -> None:
    ensured = account.ensure()
    with pytest.raises(HostError) as refused:
        account.ensure({"DROPLET_TAG": "x"}, key=public_key("eve"), allow="")
    assert TOKEN not in "".join([*account.said, str(ensured), str(refused.value), repr(account.cloud())])
    assert DOMAIN in str(ensured)
