"""Is the load that a soak makes there while it is wanted, and gone afterwards?"""

from __future__ import annotations

import time

import psutil
import pytest

from tests.soak.busy import busy


def computing() -> set[int]:
    """Return the children of this program that compute."""
    return {one.pid for one in psutil.Process().children() if "getppid" in " ".join(one.cmdline())}


def test_so_many_processes_compute_until_the_block_ends() -> None:
    with busy(3):
        deadline = time.monotonic() + 10
        while len(computing()) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)  # a program has no name yet in the moment in which it begins
        assert len(computing()) == 3
    assert computing() == set()


def test_they_end_also_when_what_was_done_beside_them_fails() -> None:
    with pytest.raises(RuntimeError), busy(2):
        raise RuntimeError
    assert computing() == set()
