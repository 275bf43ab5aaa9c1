"""What holds in every run of the tests: what may be skipped, what is counted, and which signals are heard?"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import hypothesis
import pytest

from tests import instants
from tests.components import COMPONENTS
from tests.side_by_side import SideBySide
from tests.skip_guard import SkipGuard
from tests.tally import TALLY, Tally
from tests.timings import SESSION, Timings


def pytest_report_header() -> str:
    """Name the seed."""
    return instants.said()


def pytest_configure(config: pytest.Config) -> None:
    instants.draw_seed()  # before the workers start, which inherit it
    # How long an example takes says how busy the machine is, not whether the code is right.
    hypothesis.settings.register_profile("slipway", deadline=None)
    hypothesis.settings.load_profile("slipway")
    for component in COMPONENTS:
        config.addinivalue_line("markers", f"{component.mark}: needs {component.name} on this machine")
    hear_signals()
    config.pluginmanager.register(SkipGuard(), "skip-guard")
    is_worker, workers = hasattr(config, "workerinput"), config.getoption("numprocesses", None) or 0
    if is_worker or workers:
        config.pluginmanager.register(SideBySide(), "side-by-side")
    # Of the whole run alone: neither its workers nor the runs of pytest that a test starts are counted as well.
    tally, session = (os.environ.pop(name, "") for name in (TALLY, SESSION))
    if tally and not is_worker:
        config.pluginmanager.register(Tally(Path(tally)), "tally")
    if session and not is_worker:
        config.pluginmanager.register(Timings(session, workers=workers or 1), "timings")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs what this machine lacks, before any of its fixtures is made."""
    for component in COMPONENTS:
        if item.get_closest_marker(component.mark) and component.is_missing:
            pytest.skip(component.lack)


def hear_signals() -> None:
    """Give this process, and so all that tests start, the handlers of a program that was typed at a terminal.

    A shell that starts a run in the background has it ignore SIGINT and SIGQUIT, and whatever it starts inherits that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGQUIT"):  # Windows has none
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
