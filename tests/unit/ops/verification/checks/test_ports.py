"""Is only what Traefik publishes accepted as open, on this machine and on a droplet?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ops.engine.runtime import Listener
from ops.verification.observations import Port
from tests.unit.ops.runs.evidence_fixtures import DROPLET, judged, on_droplet, sound

ANYWHERE = "0.0.0.0"  # noqa: S104 - what must be found


@pytest.mark.req("A-14")
@pytest.mark.parametrize(
    "listener",
    [
        Listener(address=ANYWHERE, port=18100, owner="api"),
        Listener(address="::", port=15432, owner="postgres"),
        Listener(address="127.0.0.1", port=8443, owner="api"),
        Listener(address=ANYWHERE, port=8443, owner="traefik"),
    ],
)
def test_a_port_of_ours_outside_the_loopback_range_fails(listener: Listener) -> None:
    seen = sound()
    check = judged(replace(seen, listeners=(*seen.listeners, listener)))["published-ports"]
    assert not check.ok
    assert f"`{listener.owner}` listens on" in check.detail


def test_a_strangers_port_is_not_our_business() -> None:
    seen = sound()
    other = Listener(address=ANYWHERE, port=22, process="sshd")
    assert judged(replace(seen, listeners=(*seen.listeners, other)))["published-ports"].ok


def test_traefik_must_hold_the_public_ports() -> None:
    seen = sound()
    without = tuple(one for one in seen.listeners if one.port != 8080)
    assert "8080" in judged(replace(seen, listeners=without))["published-ports"].detail


@pytest.mark.req("A-14")
def test_an_open_port_seen_from_outside_fails() -> None:
    seen = replace(sound(), outside=(Port(host="192.0.2.10", port=5432, is_open=True),))
    assert judged(seen)["ports-from-outside"].detail == "192.0.2.10:5432 is open"


@pytest.mark.req("A-14")
@pytest.mark.parametrize(
    ("listener", "said"),
    [
        (Listener(address=ANYWHERE, port=5432, owner="postgres"), "`postgres` listens on 0.0.0.0:5432/tcp"),
        (Listener(address="*", port=2375, process="dockerd"), "`dockerd` listens on *:2375/tcp"),
        (Listener(address="[::]", port=111, process="rpcbind"), "`rpcbind` listens on [::]:111/tcp"),
        (Listener(address=ANYWHERE, port=8080, owner="traefik"), "`traefik` listens on 0.0.0.0:8080/tcp"),
        (Listener(address=ANYWHERE, port=22, process="nc"), "`nc` listens on 0.0.0.0:22/tcp"),
        (Listener(address=ANYWHERE, port=5353, protocol="udp", process="avahi"), "`avahi` listens on 0.0.0.0:5353/udp"),
        (Listener(address="172.18.0.1", port=9000, process="php"), "`php` listens on 172.18.0.1:9000/tcp"),
    ],
)
def test_whatever_else_listens_beyond_a_droplet_fails(listener: Listener, said: str) -> None:
    seen = on_droplet()
    check = judged(replace(seen, listeners=(*seen.listeners, listener)), DROPLET)["published-ports"]
    assert (check.ok, check.detail) == (False, said)


@pytest.mark.parametrize(
    "listener",
    [
        Listener(address="127.0.0.53%lo", port=53, process="systemd-resolve"),
        Listener(address="::1", port=6010, process="sshd"),
        Listener(address="[::ffff:127.0.0.1]", port=63342, process="java"),
        Listener(address="172.19.0.2", port=6379, owner="redis"),
        Listener(address="192.0.2.7%eth0", port=68, protocol="udp", process="systemd-network"),
        Listener(address="::", port=22, process="systemd"),
    ],
)
def test_what_stays_on_the_droplet_and_ssh_are_accepted(listener: Listener) -> None:
    seen = on_droplet()
    assert judged(replace(seen, listeners=(*seen.listeners, listener)), DROPLET)["published-ports"].ok


def test_traefik_has_to_publish_http3_too() -> None:
    seen = on_droplet()
    without = tuple(one for one in seen.listeners if one.protocol != "udp")
    check = judged(replace(seen, listeners=without), DROPLET)["published-ports"]
    assert check.detail == "Traefik does not publish 443/udp"


@pytest.mark.req("A-14")
def test_an_open_port_of_a_droplet_is_named() -> None:
    seen = on_droplet()
    opened = Port(host=DROPLET.address, port=2375, is_open=True)
    check = judged(replace(seen, outside=(*seen.outside, opened)), DROPLET)["ports-from-outside"]
    assert (check.ok, check.detail) == (False, "192.0.2.7:2375 is open")


def test_ssh_that_is_closed_for_us_is_said_and_is_no_fault() -> None:
    seen = on_droplet()
    closed = tuple(replace(one, is_open=one.is_open and one.port != 22) for one in seen.outside)
    check = judged(replace(seen, outside=closed), DROPLET)["ports-from-outside"]
    assert check.ok
    assert check.detail.endswith("open: 80, 443; 22 (SSH) is closed for this machine")
