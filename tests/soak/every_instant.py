"""Do those tests hold at every instant of which a run of the checks plays some?"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

from tests.bench.kept import ROOT
from tests.instants import PLAYED
from tests.soak.case import Case, Counts, Part, Play, must_end_well
from tests.soak.place import Place

FILES = (
    "tests/integration/edge/test_takeover.py",
    "tests/integration/engine/test_rollout.py",
    "tests/integration/stack/test_crash.py",
    "tests/integration/stack/test_faults.py",
    "tests/integration/stack/test_held.py",
    "tests/rehearsal/compose/test_faults.py",
    "tests/rehearsal/droplet/test_faults.py",
    "tests/rehearsal/droplet/test_reboot.py",
    "tests/integration/services/whole/test_redis_outage.py",
    "tests/rehearsal/droplet/test_link.py",
)
LIMIT_S = 3600.0


@contextlib.contextmanager
def opened(place: Place) -> Iterator[Play]:  # noqa: ARG001 - each file brings up what it needs
    """Play the tests of a file for each case."""
    yield play


def play(case: Case, counts: Counts) -> None:
    """Run one file with all of its instants."""
    done = subprocess.run(
        (sys.executable, "-m", "pytest", "-q", FILES[case.number]),
        cwd=ROOT,
        env={**os.environ, PLAYED: "all", "CI": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    must_end_well(done)
    counts["files"] += 1


PART = Part(
    name="every_instant",
    promise="the tests of the checks hold at every instant, not at the drawn ones alone",
    cases=len(FILES),
    opened=opened,
)
