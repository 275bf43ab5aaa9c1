"""Which tests may run beside which, and which of them begin first?

A group of tests goes to one worker (pytest-xdist, `--dist loadgroup`): those that share a stack, a droplet or a world,
which are dear to make and which one test at a time may change; all others by file. The longest groups begin first, so
that no worker is left alone with one at the end.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from tests.timings import ROOT, kept

# A fixture that is dear to make -> the group of all tests that stand on it. The first one that a test uses counts.
HELD = {
    "stack": "stack",
    "deployed": "deployed",
    "second": "second",
    "engine_host": "engine-host",
    "prepared": "prepared",
    "place": "prepared",
}
SIDE_BY_SIDE = ("tests/integration", "tests/rehearsal")


class SideBySide:
    """Gives each test its group, and puts the groups into the order in which they are handed out."""

    @pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks for the mark
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Mark and sort; every worker comes to the same order, because the figures are those of the checkout."""
        groups = {item: group_of(item) for item in items}
        seconds = kept().files
        length: defaultdict[str, float] = defaultdict(float)
        for group, path in {(group, path_of(item)) for item, group in groups.items()}:
            length[group] += seconds.get(path, 0)
        items.sort(key=lambda item: (-length[groups[item]], groups[item]))
        for item, group in groups.items():
            item.add_marker(pytest.mark.xdist_group(group))


def group_of(item: pytest.Item) -> str:
    """Return the group of a test."""
    path = path_of(item)
    held = [group for fixture, group in HELD.items() if fixture in getattr(item, "fixturenames", ())]
    return held[0] if held and path.startswith(SIDE_BY_SIDE) else path


def path_of(item: pytest.Item) -> str:
    """Return the path of a test's file in the checkout."""
    return item.path.relative_to(ROOT).as_posix() if item.path.is_relative_to(ROOT) else Path(item.path).name
