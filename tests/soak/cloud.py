"""Is there one of each thing in the end, whatever the cloud's API does at any of its calls?

The client is the deployment's own, the API the rehearsal's; machines are only written down, so a case takes a moment.
"""

from __future__ import annotations

import contextlib
import dataclasses
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator

from ops.errors import OpsError
from rehearsal.cloud import Fault
from tests.soak.case import Case, Counts, Part, Play, must
from tests.soak.place import Place
from tests.unit.ops.cloud.cloud_fixtures import QUICK, World, world

CALLS = 30  # a deployment from nothing makes 20 to 26 when nothing fails, its removal 17
READ_S = 0.4
HANG_S = 0.6  # longer than the client waits for an answer, and shorter than a droplet takes
BOOT_S = 0.9
FAULTS = {
    "refused": Fault(status=422),
    "500": Fault(status=500),
    "503 for long": Fault(status=503, times=6),
    "429": Fault(status=429, retry_after="0"),
    "502 after it was done": Fault(status=502, is_done=True),
    "cut before": Fault(is_dropped=True),
    "the answer is lost": Fault(is_done=True, is_dropped=True),
    "the answer is nonsense": Fault(body='{"unexpected": 1}'),
    "silent after it was done": Fault(hang_s=HANG_S, is_done=True, is_dropped=True),
    "late, so that it is asked twice": Fault(hang_s=HANG_S, is_late=True, is_dropped=True),
}
SLOW = tuple(name for name, fault in FAULTS.items() if fault.hang_s)
GRID = CALLS * len(FAULTS)
ALWAYS = {"droplets": 1, "firewalls": 2, "keys": 1, "tags": 1, "records": 2}


@contextlib.contextmanager
def opened(_: Place) -> Iterator[Play]:
    """Need nothing: each case has an account of its own."""
    yield play


def play(case: Case, counts: Counts) -> None:
    """Order everything from nothing in chaos, typing the same again while it fails; perhaps remove it in chaos too."""
    rng = case.draw()
    faults = draw(rng, case)
    values = {"DROPLET_RESERVED_IP": "true"} if rng.random() < 0.3 else {}
    is_slow = any(fault.hang_s for fault in faults)
    patience = dataclasses.replace(QUICK, read_s=READ_S) if is_slow else QUICK
    with world(boot_s=BOOT_S if is_slow else 0.03, values=values) as account:
        _strike(account, faults)
        _type_until_done(lambda: account.ensure(patience=patience), account, faults, counts)
        again = account.ensure()
        must(not again.created, "the droplet was made once more")
        must(all(change.action == "keep" for change in again.changes), f"not settled: {again.changes}")
        expected = {**ALWAYS, "reserved": len(values)}
        must(held(account) == expected, f"{held(account)} and not {expected}, after {account.said}")
        if rng.random() < 0.5:
            _strike(account, faults)
            _type_until_done(account.destroy, account, faults, counts)
            must(account.destroy() == [], "something was left to remove")
            must(not any(held(account).values()), f"left: {held(account)}, after {account.said}")
            counts["removed"] += 1
    counts["deployments"] += 1


def draw(rng: random.Random, case: Case) -> list[Fault]:
    """Return the faults of a case: the first cases are each fault at each call, the others several at drawn calls."""
    names = list(FAULTS)
    if case.number < GRID:
        return [dataclasses.replace(FAULTS[names[case.number % len(names)]], after=case.number // len(names))]
    drawn = rng.choices(names, [1 if name in SLOW else 4 for name in names], k=rng.randint(2, 5))
    return [dataclasses.replace(FAULTS[name], after=rng.randrange(CALLS)) for name in drawn]


def held(account: World) -> dict[str, int]:
    """Count what the account holds."""
    own = account.fake.account
    return {
        "droplets": len(own.droplets),
        "firewalls": len(own.firewalls),
        "keys": len(own.keys),
        "tags": len(own.tags),
        "records": len(account.records()),
        "reserved": len(own.reserved),
    }


def _strike(account: World, faults: list[Fault]) -> None:
    for fault in faults:
        account.fake.faults.add(fault)


def _type_until_done(command: Callable[[], object], account: World, faults: list[Fault], counts: Counter[str]) -> None:
    said = []
    for _ in range(1 + sum(fault.times for fault in faults)):  # no fault strikes twice: by then it has to be done
        try:
            command()
            break
        except OpsError as error:
            said.append(f"{error.what}: {error.why}")
            counts["typed again"] += 1
    else:
        must(False, f"it never ended well: {said}")
    account.fake.faults.clear()
    if any(fault.hang_s for fault in faults):
        time.sleep(HANG_S)  # no request is silent for longer: what comes late has come


PART = Part(
    name="cloud",
    promise="one of each thing in the end, whatever the cloud's API does at any of its calls",
    cases=1000,
    opened=opened,
)
