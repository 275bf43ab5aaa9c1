from __future__ import annotations

import socket

import pytest

from ops.targets.droplet.operator_address import operator_address
from rehearsal.cloud import FakeCloud, Fault, MemoryMachines
from tests.unit.ops.cloud.cloud_fixtures import settings_for

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.req("A-06")
def test_a_stated_address_is_taken_without_asking_anybody() -> None:
    settings = settings_for(NOWHERE, {"OPERATOR_ADDRESS": "203.0.113.7", "ADDRESS_LOOKUP_URL": NOWHERE})
    assert operator_address(settings) == ("203.0.113.7", "")


@pytest.mark.req("A-06")
def test_the_address_is_what_the_lookup_answers() -> None:
    with FakeCloud(MemoryMachines(), tokens=()) as fake:
        settings = settings_for(NOWHERE, {"ADDRESS_LOOKUP_URL": f"{fake.url}/whoami"})
        assert operator_address(settings) == ("127.0.0.1", "")


@pytest.mark.req("A-06")
@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503),
        Fault(is_dropped=True),
        Fault(body="<html>sign in to the hotel's network</html>"),
        Fault(body="::"),
        Fault(body="203.0.113.7, 10.0.0.1"),
        Fault(body=""),
    ],
    ids=["error", "cut", "a page", "nobody", "two", "nothing"],
)
def test_a_lookup_that_fails_is_a_warning_with_the_flag(fault: Fault) -> None:
    with FakeCloud(MemoryMachines(), tokens=("t",)) as fake:
        fake.faults.add(fault)
        address, warning = operator_address(settings_for(NOWHERE, {"ADDRESS_LOOKUP_URL": f"{fake.url}/v2/account"}))
    assert address == ""
    assert "--allow ADDRESS" in warning


@pytest.mark.req("A-06")
def test_a_lookup_that_nobody_answers_is_a_warning_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    address, warning = operator_address(settings_for(NOWHERE, {"ADDRESS_LOOKUP_URL": url}))
    assert address == ""
    assert url in warning
