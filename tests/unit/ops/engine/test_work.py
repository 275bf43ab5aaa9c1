"""Does a run go back to where it should, keep the numbers that were asked for, and stay in the history?"""

from __future__ import annotations

import argparse
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.engine import service_roles
from ops.engine.errors import EngineError
from ops.engine.host.history import MOST_LINES, History
from ops.engine.host.lock import hold_lock
from ops.engine.host.state import Store
from ops.engine.model import Release
from ops.engine.run import Chosen, choose_past, choose_scaled, do_run, order_of
from tests.simulation.faults import Fault, SimulatedCrashError
from tests.simulation.world import MemoryJournal, World, release, world


class Host:
    """A simulated host that is asked for runs as the command line asks."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.made: World = world()
        self.runs = 0

    def deploy(self, wanted: Release) -> EngineError | None:
        """Deploy a release."""
        return self._run("deploy", lambda asked: lambda _: (wanted, order_of(asked)))

    def rollback(self, to: str = "", *, only_from: str = "") -> EngineError | None:
        """Go back."""
        return self._run("rollback", choose_past, to=to, only_from=only_from)

    def scale(self, *count: str, reset: bool = False) -> EngineError | None:
        """Ask for other numbers."""
        return self._run("scale", choose_scaled, count=count, reset=reset)

    def _run(
        self, word: str, choose: Callable[[argparse.Namespace], Callable[[Store], Chosen]], **more: object
    ) -> EngineError | None:
        self.runs += 1
        asked = argparse.Namespace(
            root=self.root,
            run_id=f"run{self.runs}",
            lock_wait=0.0,
            word=word,
            by="ada",
            allow_interruption=True,
            **more,
        )
        self.made.journal = MemoryJournal()
        return do_run(self.made.engine(), asked, choose(asked))

    def counts(self) -> dict[str, int]:
        """Return how many replicas of each service run."""
        names = [replica.service for replica in self.made.host.replicas.values() if replica.state == "running"]
        return {name: names.count(name) for name in ("api", "web", "worker")}

    def told(self) -> list[tuple[str, str]]:
        """Return the runs and how they ended, newest first."""
        return [(run["word"], run["outcome"]) for run in History(self.root).runs(lines=100)]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """Return a host on which three releases were live, one after another."""
    made = Host(tmp_path)
    for version in (1, 2, 3):
        assert made.deploy(release(api=version, migrate=version)) is None
    return made


@pytest.mark.req("B-02")
def test_a_rollback_goes_one_back_and_a_second_one_two(host: Host) -> None:
    for version in (2, 1):
        host.made.host.begin_run()
        assert host.rollback() is None
        assert host.made.running() == service_roles.wanted_names(release(api=version, migrate=version))
        assert not [text for text in host.made.host.did if text.startswith(("build", "run", "check", "dump"))]
    assert host.made.host.state.past == ()


@pytest.mark.req("B-02")
def test_a_rollback_to_a_named_release_forgets_those_after_it(host: Host) -> None:
    first = release(api=1, migrate=1)
    assert host.rollback(to=first.id) is None
    assert (host.made.host.state.release, host.made.host.state.past) == (first.id, ())
    assert set(host.made.host.kept) == {first.id}


def test_where_there_is_nothing_to_go_back_to_nothing_is_changed_and_it_is_said(tmp_path: Path) -> None:
    alone = Host(tmp_path)
    assert alone.deploy(release()) is None
    alone.made.host.begin_run()
    error = alone.rollback()
    assert error is not None
    assert error.what == "there is nothing to go back to"
    assert alone.made.host.did == []


def test_a_release_that_is_not_kept_cannot_be_gone_back_to_and_those_that_are_kept_are_named(host: Host) -> None:
    error = host.rollback(to="unheard-of")
    assert error is not None
    assert "`unheard-of`" in error.what
    assert release(api=2, migrate=2).id in error.why


@pytest.mark.req("B-02")
def test_an_undo_leaves_a_release_alone_that_somebody_else_has_brought_up_meanwhile(host: Host) -> None:
    live = host.made.host.state.release
    assert live
    host.made.host.begin_run()
    error = host.rollback(only_from=release(api=1, migrate=1).id)
    assert error is not None
    assert (error.what, host.made.host.state.release) == ("another release is live by now", live)
    assert host.rollback(only_from=live) is None
    assert host.made.host.state.release != live


@pytest.mark.req("B-02")
def test_a_release_that_was_undone_is_none_to_go_back_to(host: Host) -> None:
    bad, past = release(api=4, migrate=3), host.made.host.state.past
    host.made.host.flaws.broken.add(bad.service("api").fingerprint)
    assert host.deploy(bad) is not None
    assert host.made.host.state.past == past


@pytest.mark.req("B-08")
def test_the_numbers_that_were_asked_for_hold_over_deploys_until_they_are_taken_back(host: Host) -> None:
    past = host.made.host.state.past
    assert host.scale("api=3", "worker=2") is None
    assert host.counts() == {"api": 3, "web": 1, "worker": 2}
    assert host.made.host.state.past == past
    assert host.deploy(release(api=4, migrate=3)) is None
    assert host.counts() == {"api": 3, "web": 1, "worker": 2}
    assert host.scale("web=2") is None
    assert host.counts() == {"api": 3, "web": 2, "worker": 2}
    assert host.rollback() is None
    assert host.counts() == {"api": 3, "web": 2, "worker": 2}
    assert host.scale(reset=True) is None
    assert host.counts() == {"api": 1, "web": 1, "worker": 1}


@pytest.mark.parametrize("count", ["beat=2", "postgres=2", "nobody=1", "api=0", "api=21", "api=many", "api=-1", "api"])
def test_a_number_that_cannot_be_had_is_refused_and_nothing_is_changed(host: Host, count: str) -> None:
    host.made.host.begin_run()
    error = host.scale("web=2", count)
    assert error is not None
    assert f"`{count.split('=', maxsplit=1)[0]}`" in error.what or f"`{count.partition('=')[2]}`" in error.what
    assert host.made.host.did == []


def test_where_nothing_is_live_nothing_can_be_scaled(tmp_path: Path) -> None:
    error = Host(tmp_path).scale("api=2")
    assert error is not None
    assert error.fix == "invoke deploy"


def test_every_run_is_in_the_history_with_how_it_ended_the_newest_first(host: Host) -> None:
    bad = release(api=4, migrate=3)
    host.made.host.flaws.broken.add(bad.service("api").fingerprint)
    host.deploy(bad)
    host.rollback()
    host.made.host.begin_run(Fault(1, "crash before"))
    with pytest.raises(SimulatedCrashError):
        host.deploy(release())
    assert host.told()[:3] == [("deploy", "interrupted"), ("rollback", "success"), ("deploy", "rolled_back")]
    newest, *_, failed, _last = History(host.root).runs(lines=4)
    assert (newest["run"], newest["by"], newest["ended_at"]) == ("run6", "ada", "")
    assert failed["error"] == "api did not become ready"


def test_a_run_that_is_at_work_is_not_called_interrupted(host: Host) -> None:
    seen: list[str] = []
    host.made.host.watch = lambda: seen.append(host.told()[0][1])
    host.deploy(release(api=4, migrate=3))
    assert set(seen) == {"running"}


def test_torn_lines_of_the_history_are_left_out(host: Host) -> None:
    before = host.told()
    with (host.root / "history.jsonl").open("ab") as file:
        file.write(b'{"run": "x", "wor')
    assert host.told() == before
    assert host.deploy(release()) is None
    assert host.told() == [("deploy", "success"), *before]


def test_a_disk_that_is_full_keeps_a_run_out_of_the_history_but_stops_it_not(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = host.told(), os.write

    def refuse(descriptor: int, data: bytes) -> int:
        if b'"run"' in data:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        assert host.deploy(release()) is None
    assert host.told() == before


def test_the_history_keeps_its_newest_lines_when_it_grows_too_long(host: Host) -> None:
    file = host.root / "history.jsonl"
    file.write_text(
        "".join(f'{{"run": "old{n}", "word": "deploy"}}\n' for n in range(MOST_LINES + 1)), encoding="utf-8"
    )
    assert host.deploy(release()) is None
    assert len(file.read_text(encoding="utf-8").splitlines()) < MOST_LINES
    assert host.told()[0] == ("deploy", "success")


def test_while_another_run_holds_the_lock_nothing_is_begun(host: Host) -> None:
    before, waiter = host.told(), host.made.engine().waiter
    host.made.host.begin_run()
    with hold_lock(host.root, run="another", wait_s=0, say=print, waiter=waiter):
        error = host.deploy(release())
    assert error is not None
    assert "run another" in error.why
    assert (host.told(), host.made.host.did) == (before, [])
