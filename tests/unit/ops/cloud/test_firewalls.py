from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.cloud.firewalls import operator_of, plain, rules_of, ssh_firewall, web_firewall
from ops.errors import HostError
from tests.unit.ops.cloud.cloud_fixtures import ADA, BEN, World, world

MORE = {"DROPLET_TAG": "slipway-ssh", "DROPLET_NAME": "other", "WEBSITE_DOMAIN": "other.net"}


@pytest.fixture
def account() -> Iterator[World]:
    with world() as opened:
        yield opened


@pytest.mark.req("D-01")
def test_a_firewall_of_our_name_without_our_tag_is_refused_and_left_alone(account: World) -> None:
    account.fake.account.tags.add("theirs")
    firewall = {**web_firewall("slipway"), "tags": ["theirs"]}
    account.cloud()._api.client.firewalls.create(firewall)  # noqa: SLF001 - as somebody else did before
    with pytest.raises(HostError, match="left as it is") as refused:
        account.ensure()
    assert "firewall `slipway-web` without the tag" in refused.value.why
    assert len(account.fake.writes()) == 1


@pytest.mark.req("D-01")
def test_a_firewall_that_somebody_attached_to_our_tag_is_not_ours_to_remove(account: World) -> None:
    account.ensure()
    theirs = {**web_firewall("slipway"), "name": "slipway-ssh-by-hand"}
    account.cloud()._api.client.firewalls.create(theirs)  # noqa: SLF001 - as somebody else did
    account.destroy()
    assert [one["name"] for one in account.fake.account.firewalls.values()] == ["slipway-ssh-by-hand"]


@pytest.mark.req("D-01")
def test_a_deployment_whose_tag_begins_like_ours_keeps_everything(account: World) -> None:
    account.ensure(MORE, key=BEN)
    account.ensure(key=ADA)
    account.destroy()
    held = account.fake.account
    assert (len(held.droplets), len(held.firewalls), held.tags) == (1, 2, {"slipway-ssh"})
    assert [key["public_key"] for key in held.keys.values()] == [BEN]


def test_rules_are_compared_without_order_and_spelling() -> None:
    asked = web_firewall("slipway")
    shown = {**asked, "inbound_rules": list(reversed(asked["inbound_rules"]))}
    shown["outbound_rules"] = [{**rule, "ports": "all", "action": "allow"} for rule in asked["outbound_rules"]]
    assert rules_of(shown) == rules_of(asked)
    operator = operator_of(ADA)
    one, same, other = (ssh_firewall("t", operator, it) for it in ("192.0.2.1", "192.0.2.1/32", "192.0.2.2"))
    assert rules_of(one) == rules_of(same)
    assert rules_of(one) != rules_of(other)


def test_the_fingerprint_is_the_one_that_the_panel_shows() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me"
    assert operator_of(key).fingerprint == "65:96:2d:fc:e8:d5:a9:11:64:0c:0f:ea:00:6e:5b:bd"
    assert operator_of(key).short == "65962dfce8d5"


@pytest.mark.parametrize("key", ["", "ssh-ed25519", "ssh-ed25519 not-base64!"])
def test_what_is_no_public_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        operator_of(key)


def test_a_tag_becomes_a_name_that_the_api_takes() -> None:
    assert (plain("shop:prod_1"), plain("-x"), plain("__")) == ("shop-prod-1", "x", "slipway")


@pytest.mark.req("A-06")
def test_an_allowlist_that_is_left_as_it_is_keeps_the_entry_of_this_operator_and_names_no_other(account: World) -> None:
    account.ensure(key=ADA)
    account.ensure(key=BEN)
    kept = [change.name for change in account.ensure(key=BEN, allow="").changes if change.kind == "firewall"]
    assert kept == ["slipway-web", ssh_firewall("slipway", operator_of(BEN), "")["name"]]
