"""Which tests may run beside which, and which of them begin first?

A group of tests goes to one worker of pytest-xdist: those that share a stack, a droplet or a world, which are dear to
make and which one test at a time may change; all others by file. The longest groups begin first, so that no worker is
left alone with one at the end, and what a group held is gone when the group is done.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import PurePosixPath

import pytest
from _pytest.runner import runtestprotocol
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import NodeManager

from tests.timings import kept

REHEARSAL = "tests/rehearsal"
TAKING_DOWN_S = 60  # a stack, a droplet
# The fixture that a group stands on, by its first word -> where its tests are.
HELD = {
    "deployed": tuple(
        f"{REHEARSAL}/droplet/test_{name}.py"
        for name in ("application", "deploy", "destroy", "files", "http3", "reboot", "refusals")
    ),
    "second": (
        *(f"{REHEARSAL}/compose/test_{name}.py" for name in ("alone", "hardening")),
        *(
            f"{REHEARSAL}/droplet/test_{name}.py"
            for name in ("faults", "held", "link", "migrations", "rollback", "takeover")
        ),
    ),
    "engine_host": tuple(
        f"{REHEARSAL}/compose/test_{name}.py"
        for name in ("engine_restart", "failing", "faults", "host", "networks", "rollout", "takeover")
    ),
    "prepared": (
        f"{REHEARSAL}/remote",
        *(f"{REHEARSAL}/droplet/test_bootstrap_{name}.py" for name in ("history", "host")),
    ),
    "stack": ("tests/integration/stack", "tests/integration/test_stack_public.py"),
    # A stack of its own for those that break one: together they would keep one worker longer than all others.
    "stack that breaks": tuple(
        f"tests/integration/stack/test_{name}.py" for name in ("crash", "failing", "faults", "held", "rollback")
    ),
}
GROUPS = {place: group for group, places in HELD.items() for place in places}


def group_of(nodeid: str) -> str:
    """Return the group of a test: the fixture that it shares with others, or its file."""
    path = nodeid.partition("::")[0]
    return GROUPS.get(path) or GROUPS.get(str(PurePosixPath(path).parent)) or path


def fixture_of(group: str) -> str:
    """Return the fixture that a group stands on: the first word of its name."""
    return group.partition(" ")[0]


class ByGroup(LoadScopeScheduling):  # type: ignore[misc] # it carries no types
    """Hands out group after group, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


class SideBySide:
    """Lets the workers of a run have groups of tests, and time to take down what they hold."""

    def __init__(self) -> None:
        NodeManager.EXIT_TIMEOUT = TAKING_DOWN_S  # after Ctrl-C; then they are killed

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: object) -> ByGroup:
        """Hand out groups, whatever `--dist` says."""
        config.option.loadscopereorder = False  # by length, not by number
        return ByGroup(config, log)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the longest groups first; every worker comes to the same order."""
        check_groups(items)
        seconds, length = kept().files, defaultdict[str, float](float)
        for path in {item.nodeid.partition("::")[0] for item in items}:
            length[group_of(path)] += seconds.get(path, 0)
        items.sort(key=lambda item: (-length[group_of(item.nodeid)], group_of(item.nodeid)))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self) -> None:
        """Show progress at once, in a log too."""
        sys.stdout.flush()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Give up what a group held with its last test: an idle droplet takes its share of the machine."""
        group = group_of(item.nodeid)
        if group not in HELD or nextitem is None or group_of(nextitem.nodeid) == group:
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        runtestprotocol(item, nextitem=None)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True


def check_groups(items: list[pytest.Item]) -> None:
    """Refuse a test that stands on what another group holds: each would make it anew."""
    for item in items:
        held = sorted({fixture_of(group) for group in HELD}.intersection(getattr(item, "fixturenames", ())))
        wrong = [fixture for fixture in held if fixture != fixture_of(group_of(item.nodeid))]
        if wrong:
            raise pytest.UsageError(f"{item.nodeid} uses `{wrong[0]}`: name its file in tests/side_by_side.py")
