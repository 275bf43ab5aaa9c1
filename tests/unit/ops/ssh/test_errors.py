"""Does each way not to get in say who, why, and what to type?"""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.errors import HostError
from ops.ssh import errors
from ops.ssh.errors import Login

DOOR = Login(address="203.0.113.7", port=22, user="deploy", key=Path("key"), known_hosts=Path("kh"), alias="droplet-1")
REASON = "a reason that only the network knows"


@pytest.mark.req("A-07")
@pytest.mark.parametrize(
    "error",
    [
        errors.no_route(DOOR, why=REASON),
        errors.not_ssh(DOOR, why=REASON),
        errors.no_sudo(DOOR, why=REASON),
        errors.changed(DOOR, seen=REASON),
    ],
    ids=["no route", "not ssh", "no sudo", "changed"],
)
def test_what_the_network_said_is_passed_on(error: HostError) -> None:
    assert REASON in error.why
    assert "203.0.113.7" in error.what


@pytest.mark.req("A-07")
def test_an_address_has_its_port_beside_it_unless_it_is_the_usual_one() -> None:
    other = Login(address="203.0.113.7", port=2222, user="deploy", key=Path("k"), known_hosts=Path("kh"), alias="d")
    assert errors.refused(DOOR).what == "203.0.113.7 refuses SSH connections"
    assert errors.refused(other).what == "203.0.113.7 port 2222 refuses SSH connections"
    assert "within 15 s" in errors.blocked(DOOR, timeout_s=15).what


@pytest.mark.req("A-07")
def test_a_new_host_key_is_forgotten_only_by_the_command_that_is_told() -> None:
    assert errors.changed(DOOR, seen="SHA256:x").fix == "only if you rebuilt it: ssh-keygen -R droplet-1 -f kh"
