"""Does one Traefik take over from another in containers, and does any visitor notice?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.rehearsal.compose.compose_fixtures import ROOT, STATIC, Small, small_release
from tests.rehearsal.compose.engine_host import EngineHost, outcome
from tests.rehearsal.load import load_on, wait_for

OTHER = STATIC.replace("level: INFO", "level: WARN")
BROKEN = STATIC.replace("internal: {address", "internal: {adress")
CLIENTS = 6
KEPT = ("/", "/", "/slow", "/slow")
KILL = """
python3 $0/engine.pyz deploy --root $0 --runtime compose --release $0/small-$1.json --run-id killed-$2 >/dev/null 2>&1 &
until grep -q "$3" $0/runs/killed-$2/journal.jsonl 2>/dev/null; do sleep 0.01; done
kill -9 $!
"""
DESTINATIONS = "iptables-save -t nat | sed -n 's/^-A SLIPWAY-DOORS .*--to-destination //p'"

LEFT = (
    "iptables-save | grep SLIPWAY-D; ls /etc/systemd/system/slipway-doors*; docker network ls -q -f name=slipway; true"
)


def exchanged(mark: str, static_file: str = OTHER) -> Small:
    """Return the release `one` with another static file of Traefik, under an id of its own."""
    small = small_release("one", static_file=static_file)
    return replace(small, release=replace(small.release, id=f"small-{mark}"))


@pytest.fixture
def host(engine_host: EngineHost) -> Iterator[EngineHost]:
    """Return the host with a release whose Traefik can be taken over from."""
    engine_host.deploy(small_release("one"), "--allow-interruption")
    yield engine_host
    engine_host.deploy(small_release("one"), "--allow-interruption")


def edges(host: EngineHost) -> list[str]:
    """Return the Traefiks that run."""
    return [name for name, row in host.status().items() if row["service"] == "traefik"]


@pytest.mark.req("B-01", "B-05")
def test_a_changed_static_file_is_exchanged_while_it_serves(host: EngineHost) -> None:
    before = edges(host)
    with load_on(host.machine.address, *KEPT, anew=CLIENTS) as load:
        wait_for("answers", lambda: load.answers["one"] > 100)
        journals = [host.deploy(small) for small in (exchanged("other"), small_release("one"))]
        wait_for("answers after it", lambda: load.answers["one"] > 400)
    assert [outcome(journal)["outcome"] for journal in journals] == ["success", "success"]
    assert ["traefik" in str(outcome(journal)["changed"]) for journal in journals] == [True, True]
    assert load.failures == []
    assert edges(host) == before


@pytest.mark.req("B-02")
def test_a_traefik_that_cannot_read_its_file_never_gets_a_visitor(host: EngineHost) -> None:
    before, to = edges(host), host.run("sh", "-c", DESTINATIONS)
    with load_on(host.machine.address, "/", anew=CLIENTS) as load:
        end = outcome(host.deploy(exchanged("broken", BROKEN)))
    assert end["outcome"] == "rolled_back"
    assert (load.failures, edges(host), host.run("sh", "-c", DESTINATIONS)) == ([], before, to)


@pytest.mark.req("B-02", "D-12")
def test_a_run_that_is_killed_while_two_serve_is_put_right_by_the_next(host: EngineHost) -> None:
    host.ship(exchanged("cut"))
    with load_on(host.machine.address, *KEPT, anew=CLIENTS) as load:
        host.run("bash", "-c", KILL, ROOT, "cut", "takeover", "gets the visitors from now on")
        end = outcome(host.deploy(exchanged("cut")))
    assert (end["outcome"], load.failures) == ("success", [])
    assert len(edges(host)) == 1


@pytest.mark.req("C-06", "D-12")
@pytest.mark.parametrize("what", ["a reboot", "a killed Traefik"])
def test_who_has_the_visitors_has_them_after(host: EngineHost, what: str) -> None:
    host.deploy(exchanged("other"))
    to = host.run("sh", "-c", DESTINATIONS)
    if what == "a reboot":
        host.machine.reboot()
    else:
        (edge,) = edges(host)
        host.run("kill", "-9", host.docker("inspect", "--format={{.State.Pid}}", edge))
    wait_for("the site", lambda: host.serving() == "one")
    assert host.run("sh", "-c", DESTINATIONS) == to
    assert outcome(host.deploy(small_release("two")))["outcome"] == "success"


@pytest.mark.req("B-01")
def test_a_traefik_of_before_is_taken_over_from_and_going_back_to_it_interrupts(host: EngineHost) -> None:
    alone = small_release("alone", doors={})
    assert outcome(host.deploy(alone))["error"]["family"] == "preflight"
    assert outcome(host.deploy(alone, "--allow-interruption"))["outcome"] == "success"
    assert (host.serving(), host.run("sh", "-c", DESTINATIONS)) == ("alone", "")
    with load_on(host.machine.address, anew=CLIENTS) as load:
        assert outcome(host.deploy(small_release("one")))["outcome"] == "success"
    assert (host.serving(), load.failures, len(edges(host))) == ("one", [], 1)
    # The interruption comes last. A connection that was never answered is known to the kernel for minutes, and whoever
    # connects from its port again is sent to where it went, which is nowhere now.
    with load_on(host.machine.address, *KEPT, anew=CLIENTS) as load:
        assert outcome(host.deploy(alone, "--allow-interruption"))["outcome"] == "success"
    assert load.failures, "or the visitors of the other tests would notice nothing in any case"


def test_down_leaves_no_rule_and_no_network(host: EngineHost) -> None:
    host.engine("down")
    assert host.run("sh", "-c", LEFT) == ""
