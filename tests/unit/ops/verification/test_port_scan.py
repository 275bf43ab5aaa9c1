"""Are the ports tried that a stranger would try, and those that are known to listen?"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from ops.engine.runtime import Listener
from ops.verification.observations import ServiceState
from ops.verification.port_scan import PORTS_MOST, SUSPECTS, listeners, scan_known_ports, scan_ports
from tests.unit.ops.runs.evidence_fixtures import DROPLET, SITE

HERE = replace(DROPLET, address="127.0.0.1")


@pytest.mark.req("A-14")
def test_a_droplet_is_tried_at_its_address_on_what_listens_what_is_suspect_and_what_is_meant() -> None:
    api = ServiceState(service="api", replica="api-1", state="running", healthy=True, port=8123)
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
        quic = Listener(address="::", port=9443, protocol="udp", owner="traefik")
        inside = Listener(address="127.0.0.1", port=9444, owner="containerd")
        seen = (
            *scan_known_ports(HERE),
            *scan_ports(HERE, [Listener(address="::", port=port, owner="x"), quic, inside], [api]),
        )
    tried = {one.port: one.is_open for one in seen}
    assert tried.keys() == {22, 80, 443, *SUSPECTS, 8123, port}
    assert tried[port]
    assert {one.host for one in seen} == {"127.0.0.1"}


def test_the_number_of_tries_is_bounded_and_what_is_meant_comes_first() -> None:
    many = [Listener(address="::", port=port) for port in range(40000, 40200)]
    tried = [one.port for one in scan_ports(HERE, many, [])]
    assert len(tried) == PORTS_MOST
    assert [one.port for one in scan_known_ports(HERE)] == sorted({22, 80, 443, *SUSPECTS})


def test_on_this_machine_only_our_own_ports_are_tried_and_never_on_loopback() -> None:
    ours, other = Listener(address="127.0.0.1", port=18100, owner="api"), Listener(address="::", port=22)
    seen = scan_ports(SITE, [ours, other], [])
    assert {one.port for one in seen} <= {18100}
    assert [one for one in seen if one.host.startswith("127.")] == []


@pytest.mark.req("A-14")
def test_a_socket_that_traefik_was_handed_is_traefiks_whoever_else_has_it() -> None:
    until, end = os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as held:
        # A holder that was killed and came back has the higher number, and is no child of Traefik.
        holder = f"{sys.executable} -c 'import os; os.read({until}, 1)' {held.fileno()} &"
        subprocess.run(("sh", "-c", holder), check=True, pass_fds=(held.fileno(), until))
        traefik = ServiceState(service="traefik", replica="t-1", state="running", healthy=True, pid=os.getpid())
        seen = [one for one in listeners((traefik,)) if one.port == held.getsockname()[1]]
    os.close(end)
    os.close(until)
    assert [(one.owner, one.pid) for one in seen] == [("traefik", os.getpid())]
