"""Does a release arrive whole or not at all, and is only what changed sent?"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

from ops.engine.model import Edge, Image, Release, Service
from ops.errors import HostError
from ops.ssh.errors import LinkLostError
from ops.targets.droplet import host as remote_host
from ops.targets.droplet.host import RemoteHost
from ops.targets.droplet.upload import missing_blobs
from rehearsal.droplet.machine import Machine
from rehearsal.relay import Relay
from tests.rehearsal.remote.remote_fixtures import Place

SECRET = "canary-of-the-release"
HALF = ("sh", "-c", "find /var/lib/slipway -name '.*.tmp'; ls -d /var/lib/slipway/runs/{} 2>/dev/null || true")
SIZE = 8 << 20


def release(checkout: Path, **contents: bytes) -> Release:
    """Write files into the checkout and return a release that is made of them."""
    for name, content in contents.items():
        (checkout / name).write_bytes(content)
    files = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    service = Service(name="x", image=Image(id="x", files=files), command=("x",), environment={"PASSWORD": SECRET})
    return Release(id="r", source_dir="", services=(service,), edge=Edge(api_url="", dynamic_files={}))


def half(prepared: Machine, run_id: str) -> str:
    """Return what a shipment left that is not whole."""
    return prepared.run(*(word.format(run_id) for word in HALF))


def test_a_release_arrives_and_only_root_can_read_it(place: Place, host: RemoteHost, prepared: Machine) -> None:
    made = release(place.checkout, one=b"first content", two=b"second content")
    assert host.ship("ship-1", made, {"data/tls/key.pem": b"key"}) == "/var/lib/slipway/runs/ship-1/release.json"
    modes = ("stat", "-c", "%a %U", "/var/lib/slipway/runs/ship-1/release.json", "/var/lib/slipway/data/tls/key.pem")
    assert prepared.run(*modes).splitlines() == ["600 root", "600 root"]
    blob = f"/var/lib/slipway/blobs/{hashlib.sha256(b'first content').hexdigest()}"
    assert prepared.run("cat", blob) == "first content"
    reading = host.remote.run(("cat", "/var/lib/slipway/runs/ship-1/release.json"))
    assert (reading.exit_code, reading.output) == (1, "")


def test_only_what_changed_is_sent(place: Place, host: RemoteHost) -> None:
    host.ship("ship-2", release(place.checkout, one=b"a", two=b"b"), {})
    seen = place.host_again(host).hello()
    changed = release(place.checkout, one=b"a", two=b"b, changed")
    assert list(missing_blobs(changed, have=seen.blobs).values()) == ["two"]
    assert seen.engine == host.hello().engine != ""


def test_files_of_a_container_stay_its_own_when_they_are_replaced(
    place: Place, host: RemoteHost, prepared: Machine
) -> None:
    host.ship("ship-3", release(place.checkout, one=b"a"), {"data/tls/cert.pem": b"old"})
    prepared.run("chown", "-R", "10001:10001", "/var/lib/slipway/data/tls")
    host.ship("ship-3", release(place.checkout, one=b"a"), {"data/tls/cert.pem": b"new"})
    assert prepared.run("stat", "-c", "%a %u %g", "/var/lib/slipway/data/tls/cert.pem") == "600 10001 10001"


def test_a_link_cut_in_the_middle_leaves_nothing_half_and_the_next_one_works(place: Place, prepared: Machine) -> None:
    made = release(place.checkout, large=os.urandom(SIZE), small=b"small")
    with Relay(("127.0.0.1", 0), (prepared.address, 22), rtt_ms=200) as relay:
        host = place.host(prepared, at=("127.0.0.1", relay.port))
        cutter = threading.Thread(target=cut_in_the_middle, args=(relay, prepared))
        host.hello()
        cutter.start()
        with pytest.raises(LinkLostError):
            host.ship("ship-4", made, {})
        cutter.join(30)
        wait_until_gone(prepared, "ship-4")
        relay.heal()
        host.ship("ship-4", made, {})
        host.close()
    stored = prepared.run(
        "sha256sum", f"/var/lib/slipway/blobs/{hashlib.sha256((place.checkout / 'large').read_bytes()).hexdigest()}"
    )
    assert stored.split()[0] == hashlib.sha256((place.checkout / "large").read_bytes()).hexdigest()


def cut_in_the_middle(relay: Relay, prepared: Machine) -> None:
    """Cut the link as soon as the first file has begun to arrive."""
    deadline = time.monotonic() + 20
    while not half(prepared, "none") and time.monotonic() < deadline:
        time.sleep(0.02)
    relay.cut()


def wait_until_gone(prepared: Machine, run_id: str) -> None:
    """Wait until the receiver on the host has noticed and cleaned up; AssertionError when it leaves something."""
    deadline = time.monotonic() + 20
    while left := half(prepared, run_id):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def test_a_disk_that_fills_up_is_named_and_leaves_nothing(
    place: Place, host: RemoteHost, prepared: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_host, "ROOM_MIB", 0)
    made = release(place.checkout, large=os.urandom(SIZE))
    prepared.run("mount", "-t", "tmpfs", "-o", "size=1m", "none", "/var/lib/slipway/blobs")
    try:
        with pytest.raises(HostError, match="the host's disk is full") as full:
            host.ship("ship-5", made, {})
        assert "free some space" in full.value.fix
        assert half(prepared, "ship-5") == ""
    finally:
        prepared.run("umount", "/var/lib/slipway/blobs")
    host.ship("ship-5", made, {})


@pytest.mark.req("A-28")
def test_a_plan_leaves_nothing_on_the_host(place: Place, host: RemoteHost, prepared: Machine) -> None:
    before = prepared.run("sh", "-c", "find /var/lib/slipway /tmp | sort")
    changes = host.plan(release(place.checkout, one=b"a"))["changes"]
    assert [(change["service"], change["action"]) for change in changes] == [("x", "start")]
    assert prepared.run("sh", "-c", "find /var/lib/slipway /tmp | sort") == before


@pytest.mark.parametrize("begun", ["20200101_000000", "20991231_235959"])
def test_a_release_stays_whatever_the_time_is_where_its_operator_is(
    place: Place, host: RemoteHost, prepared: Machine, begun: str
) -> None:
    runs = "/var/lib/slipway/runs"
    others = f"mkdir -p {runs} && cd {runs} && for one in $(seq 10 25); do mkdir -p 20500101_0000$one; done"
    prepared.run("sh", "-c", others)
    try:
        shipped = host.ship(begun, release(place.checkout, one=b"first content"), {})
        assert prepared.run("stat", "-c", "%a", shipped).strip() == "600"
        assert len(prepared.run("ls", runs).split()) == 10
        assert abs(host.hello().ahead_s) < 60
    finally:
        prepared.run("sh", "-c", f"rm -r {runs}/20500101_* {runs}/{begun}")
