from __future__ import annotations

import dataclasses
import socket
import time
from collections.abc import Iterator

import pytest

from ops.cloud.cloud import open_cloud
from ops.errors import HostError, OpsError, SettingsError
from rehearsal.cloud import Fault, Limits
from tests.unit.ops.cloud.cloud_fixtures import DROPLETS, QUICK, TOKEN, World, settings_for, world

CREATED = ("/v2/tags", "/v2/account/keys", "/v2/firewalls", DROPLETS, r"/v2/domains/example\.org/records")


@pytest.fixture
def account() -> Iterator[World]:
    with world() as opened:
        yield opened


def is_whole(account: World) -> bool:
    """Tell whether everything is there once, and nothing twice."""
    held = account.fake.account
    counts = (len(held.droplets), len(held.firewalls), len(held.keys), len(held.tags), len(account.records()))
    return counts == (1, 2, 1, 1, 2) and len(account.machines.created) == 1


@pytest.mark.req("A-07")
@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=503, times=2),
        Fault(status=429),
        Fault(status=429, retry_after="0"),
        Fault(status=502, is_done=True),
        Fault(status=503, is_done=True),
        Fault(is_done=True, is_dropped=True),
        Fault(is_dropped=True),
    ],
    ids=["500", "503 twice", "429", "429 and when", "502 after", "503 after", "cut after", "cut before"],
)
def test_everything_is_created_exactly_once_whatever_is_answered(account: World, fault: Fault) -> None:
    for path in CREATED:
        account.fake.faults.add(dataclasses.replace(fault, method="POST", path=path))
    account.ensure()
    assert is_whole(account)
    assert len([told for told in account.said if "again in" in told]) >= len(CREATED)


@pytest.mark.req("A-07")
def test_a_timeout_after_success_creates_exactly_one_droplet(account: World) -> None:
    account.fake.faults.add(Fault(method="POST", path=DROPLETS, hang_s=1.0, is_done=True, is_dropped=True))
    ensured = account.ensure(patience=dataclasses.replace(QUICK, read_s=0.3))
    assert is_whole(account)
    assert ensured.droplet.status == "active"
    assert account.fake.seen.count(("POST", "/v2/droplets")) == 1
    assert any("no answer in time" in told for told in account.said)


def test_an_order_that_was_only_late_does_not_leave_a_second_droplet() -> None:
    with world(boot_s=0.6) as account:
        account.fake.faults.add(Fault(method="POST", path=DROPLETS, hang_s=0.4, is_late=True, is_dropped=True))
        ensured = account.ensure(patience=dataclasses.replace(QUICK, read_s=0.3))
        assert len(account.machines.created) == 2
        assert list(account.fake.account.droplets) == [ensured.droplet.id]
        assert account.cloud().find() == ensured.droplet


def test_retry_after_is_honoured_for_reads(account: World) -> None:
    account.fake.faults.add(Fault(method="GET", path=DROPLETS, status=429, retry_after="0.4"))
    began = time.monotonic()
    assert account.cloud().find() is None
    assert time.monotonic() - began >= 0.4


def test_a_silence_that_is_longer_than_our_patience_is_said_at_once(account: World) -> None:
    account.fake.faults.add(Fault(status=429, retry_after="3600"))
    with pytest.raises(HostError, match="does not answer") as stopped:
        account.cloud().find()
    assert "3600 s" in stopped.value.why


def test_the_limit_on_listing_keys_is_never_met() -> None:
    with world(limits=Limits(key_listings=0)) as account:
        account.ensure()
        account.ensure()


def test_a_cloud_that_never_recovers_is_given_up(account: World) -> None:
    account.fake.faults.add(Fault(status=503, times=99))
    with pytest.raises(HostError, match="does not answer"):
        account.cloud().check()
    assert len(account.fake.seen) == 2


def test_an_address_where_nothing_listens_is_named_within_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    cloud = open_cloud(settings_for(f"http://127.0.0.1:{port}"), patience=QUICK)
    with pytest.raises(HostError) as stopped:
        cloud.check()
    assert "refused" in stopped.value.why


@pytest.mark.parametrize("body", ["[]", "not json", '{"account": null}', '{"unexpected": 1}', ""])
def test_an_answer_of_the_wrong_shape_is_a_host_error(account: World, body: str) -> None:
    account.fake.faults.add(Fault(body=body))
    with pytest.raises(HostError, match="not what was expected"):
        account.cloud().check()


@pytest.mark.parametrize(
    "body",
    [
        '{"droplets": [{"name": "slipway"}]}',
        '{"droplets": [null]}',
        '{"droplets": {}}',
        '{"droplets": [{"name": "slipway", "tags": ["slipway"], "id": "x", "networks": null}]}',
    ],
)
def test_droplets_of_the_wrong_shape_are_a_host_error(account: World, body: str) -> None:
    account.fake.faults.add(Fault(path=DROPLETS, body=body))
    with pytest.raises(HostError, match="not what was expected"):
        account.cloud().find()


@pytest.mark.parametrize("body", ['{"firewalls": [{}]}', '{"firewalls": [{"name": "x", "inbound_rules": [1]}]}'])
def test_firewalls_of_the_wrong_shape_are_a_host_error(account: World, body: str) -> None:
    account.fake.faults.add(Fault(path="/v2/firewalls", body=body))
    with pytest.raises(HostError, match="not what was expected"):
        account.ensure()
    assert account.fake.writes() == []


def test_a_slow_droplet_is_waited_for_and_said(account: World) -> None:
    account.fake.faults.add(Fault(method="POST", path=DROPLETS, action_s=0.2))
    assert account.ensure().droplet.status == "active"
    assert "waiting for droplet `slipway` (at most 10 s)" in account.said


@pytest.mark.req("A-07")
def test_a_droplet_that_never_comes_up_ends_the_wait_and_is_found_again(account: World) -> None:
    account.fake.faults.add(Fault(method="POST", path=DROPLETS, action_s=0.4))
    with pytest.raises(HostError, match="took too long"):
        account.ensure(patience=dataclasses.replace(QUICK, boot_s=0.1))
    assert not account.ensure().created
    assert is_whole(account)


def test_a_create_that_the_cloud_gives_up_is_an_error_with_a_way_out(account: World) -> None:
    account.fake.faults.add(Fault(method="POST", path=DROPLETS, is_errored=True))
    with pytest.raises(HostError, match="gave up") as stopped:
        account.ensure()
    assert "invoke destroy" in stopped.value.fix


def test_a_droplet_that_cannot_be_switched_on_is_said(account: World) -> None:
    made = account.ensure().droplet
    account.fake.account.droplets[made.id].status = "off"
    account.fake.faults.add(Fault(method="POST", path=f"{DROPLETS}/{made.id}/actions", is_errored=True))
    with pytest.raises(HostError, match="gave up: the droplet to be switched on"):
        account.ensure()


def test_rules_that_the_cloud_could_not_apply_stop_the_deploy(account: World) -> None:
    account.ensure()
    next(iter(account.fake.account.firewalls.values()))["status"] = "failed"
    with pytest.raises(HostError, match="the firewall does not hold"):
        account.ensure()


def test_a_firewall_that_does_not_settle_stops_the_deploy(account: World) -> None:
    account.fake.account.settle_s = 5.0
    with pytest.raises(HostError, match="the firewall took too long"):
        account.ensure(patience=dataclasses.replace(QUICK, settle_s=0.1))


@pytest.mark.parametrize(
    ("setting", "value"),
    [("DROPLET_REGION", "mars1"), ("DROPLET_SIZE", "s-1000vcpu"), ("DROPLET_IMAGE", "windows-95")],
)
def test_a_setting_that_the_cloud_does_not_know_is_named(account: World, setting: str, value: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        account.ensure({setting: value})
    assert f"edit {setting} in .env" in stopped.value.fix


def test_any_other_refusal_shows_what_the_cloud_said(account: World) -> None:
    account.fake.faults.add(Fault(method="POST", path=DROPLETS, status=422))
    with pytest.raises(HostError, match="refused: create the droplet") as stopped:
        account.ensure()
    assert "could not be followed" in stopped.value.why


def test_an_error_that_pydo_returns_as_an_answer_is_still_an_error(account: World) -> None:
    account.ensure()
    account.fake.faults.add(Fault(method="PUT", status=400))
    with pytest.raises(HostError, match="refused: update the firewall"):
        account.ensure(allow="192.0.2.11")


def test_a_firewall_that_vanishes_before_its_change_is_an_error(account: World) -> None:
    account.ensure()
    account.fake.faults.add(Fault(method="PUT", status=404))
    with pytest.raises(HostError, match="somebody else"):
        account.ensure(allow="192.0.2.11")


def test_a_plain_endpoint_is_never_reached_through_a_proxy(account: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    account.cloud().check()


@pytest.mark.parametrize("path", CREATED)
def test_after_a_failure_at_any_write_the_same_command_finishes(account: World, path: str) -> None:
    account.fake.faults.add(Fault(method="POST", path=path, status=422))
    with pytest.raises(OpsError):
        account.ensure()
    account.ensure()
    assert is_whole(account)
    assert TOKEN not in "".join(account.said)
