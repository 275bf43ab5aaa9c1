from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.errors import CredentialsError
from rehearsal.cloud import Fault
from tests.unit.ops.cloud.cloud_fixtures import ADA, HOME, READER, World, world


@pytest.fixture
def account() -> Iterator[World]:
    with world() as opened:
        yield opened


@pytest.mark.req("A-05")
def test_without_a_token_the_cloud_is_not_contacted(account: World) -> None:
    with pytest.raises(CredentialsError, match="no cloud credentials") as stopped:
        account.cloud({"DIGITALOCEAN_TOKEN": ""})
    assert stopped.value.exit_code == 5
    assert account.fake.seen == []


@pytest.mark.req("A-05")
def test_a_wrong_token_is_recognised_by_one_cheap_call(account: World) -> None:
    with pytest.raises(CredentialsError, match="does not accept the token") as stopped:
        account.cloud({"DIGITALOCEAN_TOKEN": "dop_v1_wrong"}).check()
    assert "dop_v1_wrong" not in str(stopped.value)
    assert account.fake.seen == [("GET", "/v2/account")]


@pytest.mark.req("A-05")
def test_a_good_token_passes_the_check(account: World) -> None:
    account.cloud().check()
    assert account.fake.seen == [("GET", "/v2/account")]


@pytest.mark.req("A-05")
def test_a_locked_account_is_not_used(account: World) -> None:
    account.fake.faults.add(Fault(body='{"account": {"status": "locked", "status_message": "unpaid"}}'))
    with pytest.raises(CredentialsError, match="cannot be used") as stopped:
        account.cloud().check()
    assert "unpaid" in stopped.value.why


@pytest.mark.req("A-05")
def test_a_token_without_write_access_is_named_at_the_first_write(account: World) -> None:
    account.cloud({"DIGITALOCEAN_TOKEN": READER}).check()
    with pytest.raises(CredentialsError, match="read and write access") as stopped:
        account.ensure({"DIGITALOCEAN_TOKEN": READER})
    assert "answered 403 to `create the tag`" in stopped.value.why
    assert "found again next time: nothing" in stopped.value.why
    assert len(account.fake.writes()) == 1
    assert account.fake.account.tags == set()


@pytest.mark.req("A-05")
def test_a_token_that_may_not_write_everything_says_what_was_done_before(account: World) -> None:
    account.fake.faults.add(Fault(method="POST", path="/v2/firewalls", status=403))
    with pytest.raises(CredentialsError) as stopped:
        account.ensure()
    assert "create tag slipway" in stopped.value.why
    assert account.fake.account.droplets == {}


def test_a_token_without_write_access_is_enough_to_find_and_plan(account: World) -> None:
    made = account.ensure().droplet
    reading = account.cloud({"DIGITALOCEAN_TOKEN": READER})
    assert reading.find() == made
    assert {change.action for change in reading.plan(allow=HOME, public_key=ADA)} == {"keep"}
