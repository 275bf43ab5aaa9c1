"""What may a host live through, and are the promises kept all the time? A life, played from one seed."""

from __future__ import annotations

import argparse
import contextlib
import functools
import random
from collections.abc import Sequence
from pathlib import Path

from ops.engine import service_roles
from ops.engine.errors import RefusedError
from ops.engine.host.history import History
from ops.engine.host.lock import lock_holder
from ops.engine.host.state import KEPT, State, Store
from ops.engine.model import Release
from ops.engine.rollout.context import Order
from ops.engine.rollout.networks import in_place
from ops.engine.run import Chosen, choose_past, choose_scaled, do_run, order_of
from tests.simulation.drawn import SCALED, Drawn, draw_fault, draw_flaw
from tests.simulation.faults import Fault, SimulatedCrashError
from tests.simulation.promises import BrokenPromiseError, Promises, promise
from tests.simulation.world import MemoryJournal, World, world

STUBBORN = 0.05  # of the runs meet a transaction that does not end
EMPTY = 0.1  # of the lives begin on an empty host
WITH_DOORS = 0.6  # of the hosts let two Traefiks overlap


@functools.cache
def _deployed(*, has_doors: bool) -> World:
    """Return a host on which the first release is live; most lives begin with its like."""
    made = world(has_doors=has_doors)
    made.deploy(Drawn(has_doors=has_doors).release())
    return made


class Schedule:
    """A life of a host: some operations with faults, and at last a run that settles it all."""

    def __init__(self, seed: int, root: Path) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - a seed that replays is the point
        self.root = root
        has_doors = self.rng.random() < WITH_DOORS
        is_empty = self.rng.random() < EMPTY
        self.made: World = world(has_doors=has_doors) if is_empty else _deployed(has_doors=has_doors).fork()
        self.host = self.made.host
        self.promises = Promises(self.made)
        self.drawn = Drawn(has_doors=has_doors)
        self.last = self.drawn.release()
        self.story: list[str] = []
        self.outcomes: dict[str, str] = {}
        self.live_before: Release | None = None
        self.known_breaks: set[str] = set()  # schema jobs that broke what was live, and ran
        self.broken: set[str] = set()  # releases whose code cannot live with a migration that was allowed

    def play(self) -> None:
        """Play it; a promise that does not hold raises `AssertionError` with the whole story."""
        try:
            self._begin()
            for _ in range(self.rng.randint(1, 4)):
                self._operate()
            self._settle()
            self._is_told_in_history()
        except (BrokenPromiseError, AssertionError) as error:
            told = "\n".join([*self.story, f"  did: {self.host.did}"])
            raise AssertionError(f"{error}\n{told}") from error

    def _begin(self) -> None:
        delay_s = self.rng.choice((0.0, 0.05, 0.05, 0.05, 0.3))
        self.host.set_traffic(load_delay_s=delay_s, visitors_per_s=self.rng.choice((0.0, 5.0, 50.0, 50.0)))
        self.host.watch = lambda: self.promises.during(self.run, root=self.root)

    @property
    def run(self) -> str:
        """Name the run that is at work, or was last."""
        return f"run{len(self.outcomes)}"

    def _operate(self) -> None:
        rng = self.rng
        word = rng.choices(("deploy", "update", "again", "rollback", "scale"), (4, 3, 1, 2, 2))[0]
        order: dict[str, object] = {
            "allow_interruption": rng.random() < 0.7,
            "allow_breaking_migration": rng.random() < 0.3,
        }
        if word in {"deploy", "update"}:
            self.drawn.change(rng)
            self.last = self.drawn.release(watch_s=rng.choice((0.0, 1.0, 1.0, 1.0)))
            if rng.random() < 0.4:
                flaw = draw_flaw(rng, self.last, self.host)
                self.story += [flaw] if flaw else []
        count = [f"{name}={rng.randint(1, 3)}" for name in rng.sample(SCALED, rng.randint(0, 2))]
        order |= {"count": count, "reset": rng.random() < 0.3} if word == "scale" else {}
        self.host.flaws.is_stubborn = rng.random() < STUBBORN
        faults = [draw_fault(rng) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
        self._run(word, release=self.last, order=order, faults=faults)

    def _run(self, word: str, *, release: Release, order: dict[str, object], faults: Sequence[Fault] = ()) -> None:
        host, before, self.live_before = self.host, self.host.state, self.made.store.live()
        self.outcomes[f"run{len(self.outcomes) + 1}"] = "running"
        defaults = {"allow_interruption": False, "allow_breaking_migration": False, "skip_dump": False, "to": None}
        asked = argparse.Namespace(
            root=self.root, run_id=self.run, lock_wait=0.0, word="deploy" if word == "again" else word, by="x",
            **{**defaults, **order},
        )  # fmt: skip
        choose = {"rollback": choose_past, "scale": choose_scaled}.get(word, lambda a: lambda _: (release, order_of(a)))
        self.promises.left += [self.live_before] if self.live_before else []
        self.promises.left += [host.kept[one] for one in before.past]
        chosen: list[Chosen] = []

        def choose_and_tell(store: Store) -> Chosen:
            chosen.append(choose(asked)(store))
            self.promises.tried.append(self._wanted(chosen[0], before))
            if self.live_before and not chosen[0][1].is_return:
                self.promises.replacing = (self.live_before, self.promises.tried[-1])
            return chosen[0]

        self.made.journal, self.promises.replacing = MemoryJournal(), None
        host.begin_run(*faults)
        self.story.append(f"{self.run}: {word} {order} with {list(faults)}")
        try:
            error = do_run(self.made.engine(), asked, choose_and_tell)
        except SimulatedCrashError:
            error, outcome = None, "crashed"
        else:
            outcome = self.made.journal.entries[-1]["outcome"]
        self.outcomes[self.run] = outcome if chosen else "nothing"
        self.story.append(f"  {outcome}: {error and (error.what, error.why[:150])}; {host.did}")
        promise(lock_holder(self.root) is None, "the lock is held although no run lives")
        self._later()
        self._goes_back_to_no_broken_one(word, before)
        if chosen:
            is_plain = not faults
            self._judge(outcome, error, before=before, chosen=chosen[0], asked=asked, is_plain=is_plain)

    def _wanted(self, chosen: Chosen, before: State) -> Release:
        release, order = chosen
        counted = release.with_counts(_scale(before, order))
        return counted if order.is_return else in_place(counted, self.live_before)

    def _goes_back_to_no_broken_one(self, word: str, before: State) -> None:
        now = self.host.state.release
        if word == "rollback":
            promise(now == before.release or now not in self.broken, f"{now} cannot live with the schema, and is back")
        if word == "scale" and before.release in self.broken and now:
            self.broken.add(now)  # the same code under another name
        if self.host.flaws.breaking & set(self.host.applied) - self.known_breaks and before.release:
            self.broken |= {before.release, *before.past}
        self.known_breaks |= self.host.flaws.breaking & set(self.host.applied)

    def _later(self) -> None:
        """Let time pass; what was meant for the run comes no more."""
        self.host.run += 1
        self.host.watch, watch = self.promises.at_every_moment, self.host.watch
        for _ in range(4):
            self.host.clock.sleep(3)
            self.promises.at_every_moment()
        self.host.watch = watch

    def _judge(
        self, outcome: str, error: Exception | None, *, before: State, chosen: Chosen, asked: argparse.Namespace,
        is_plain: bool,
    ) -> None:  # fmt: skip
        state, (_, order), host = self.host.state, chosen, self.host
        wanted, live = self._wanted(chosen, before), self.live_before
        if state.release == before.release:
            promise(state.past == before.past, "what can be gone back to changed")
            is_kept = order.scale is not None and outcome == "success"
            asked_for = before.scale if order.scale is None else dict(order.scale)
            stated = [asked_for] if is_kept else [before.scale, asked_for]  # a write, and then it was cut
            promise(state.scale in stated, "the numbers changed")
        else:
            promise(state.release == wanted.id, f"{state.release} is live")
            is_other = live is not None and not service_roles.is_same(live, wanted)
            past = order.past if order.past is not None else (*([live.id] if live and is_other else []), *before.past)
            promise(state.past == past[:KEPT], f"past is {state.past}")
            promise(state.scale == (before.scale if order.scale is None else order.scale), "the numbers are others")
        if outcome == "success":
            self.promises.settled(wanted, is_pruned=True)
        elif outcome == "rolled_back":
            promise(state.release == before.release, "what was undone is live")
            live = self.made.store.live()
            promise(live, "nothing is live") if live is None else self.promises.settled(live, is_pruned=False)
        self._refuses(error, before=before, order=order)
        self._migrates_once(asked)
        if is_plain and self._is_good(wanted):
            promise(outcome == "success" or isinstance(error, RefusedError) or _is_refusal(error), f"it {outcome}")
        del host

    def _is_good(self, wanted: Release) -> bool:
        flaws = self.host.flaws
        bad = {*flaws.broken, *flaws.failing, *flaws.lives_s}
        live = self.made.store.live()
        names = [*wanted.services, *(live.services if live else ())]
        return not flaws.is_stubborn and not any(service.fingerprint in bad for service in names)

    def _refuses(self, error: Exception | None, *, before: State, order: Order) -> None:
        did = [text for text in self.host.did if not text.startswith("(")]
        if isinstance(error, RefusedError):
            changes = ("build", "keep", "start", "run", "state")
            promise(not [text for text in did if text.startswith(changes)], "a refused run changed something")
        if not order.allow_interruption:
            live = {name for names in before.replicas.values() for name in names}
            cut = {name for name in self.host.interrupted if name in live and f"({name} ended)" not in self.host.did}
            promise(not cut, f"{cut} was stopped, and nobody allowed it")

    def _migrates_once(self, asked: argparse.Namespace) -> None:
        twice = {print_ for print_, count in self.host.applied.items() if count > 1}
        promise(not twice, f"the schema jobs {twice} ran twice")
        if not asked.allow_breaking_migration:
            promise(not self.host.flaws.breaking & set(self.host.applied) - self.allowed, "a breaking migration ran")
        else:
            self.allowed |= set(self.host.applied)

    @functools.cached_property
    def allowed(self) -> set[str]:
        """Return the fingerprints of jobs that ran when breaking ones were allowed."""
        return set()

    def _settle(self) -> None:
        """One more run without faults brings all to the wanted release, and a further one has nothing to do."""
        host, flaws = self.host, self.host.flaws
        flaws.heal()
        down = {name: replica for name, replica in host.replicas.items() if replica.state != "running"}
        flaws.harmed = set(down)
        for port in {replica.port for replica in host.replicas.values()} - {r.port for r in down.values()}:
            flaws.harmed_ports.pop(port, None)
        if self.rng.random() < 0.4:
            self.drawn.change(self.rng)
            self.last = self.drawn.release()
        allow: dict[str, object] = {"allow_interruption": True, "allow_breaking_migration": True}
        self._run("deploy", release=self.last, order=allow)
        promise(self.outcomes[self.run] == "success", "one more run does not bring the release up")
        dead = [name for name, replica in host.replicas.items() if replica.state != "running"]
        promise(not dead, f"{dead} do not run")
        self._run("deploy", release=self.last, order=allow)
        promise(self.outcomes[self.run] == "success", "a further run fails")
        promise(host.did == ["write routes"], "a further run did something")

    def _is_told_in_history(self) -> None:
        told = {run["run"]: run["outcome"] for run in History(self.root).runs(lines=100)}
        began = {run: outcome for run, outcome in self.outcomes.items() if outcome != "nothing"}
        expected = {run: "interrupted" if outcome == "crashed" else outcome for run, outcome in began.items()}
        promise(told == expected, f"the history says {told}, not {expected}")


def _scale(before: State, order: Order) -> dict[str, int]:
    return dict(before.scale if order.scale is None else order.scale)


def _is_refusal(error: Exception | None) -> bool:
    return "could not live with these migrations" in str(error)


def clear(root: Path) -> None:
    """Take away what a schedule left on the disk."""
    for name in ("lock", "history.jsonl"):
        with contextlib.suppress(FileNotFoundError):
            (root / name).unlink()
