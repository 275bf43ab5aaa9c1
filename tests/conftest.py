"""What holds in every run of the tests: what may be skipped, what is counted, and which signals are heard?"""

from __future__ import annotations

import signal

import hypothesis
import pytest

from tests.components import COMPONENTS
from tests.skip_guard import SkipGuard
from tests.tally import Tally


def pytest_configure(config: pytest.Config) -> None:
    # How long an example takes says how busy the machine is, not whether the code is right.
    hypothesis.settings.register_profile("slipway", deadline=None)
    hypothesis.settings.load_profile("slipway")
    for component in COMPONENTS:
        config.addinivalue_line("markers", f"{component.mark}: needs {component.name} on this machine")
    hear_signals()
    config.pluginmanager.register(SkipGuard(), "skip-guard")
    config.pluginmanager.register(Tally(), "tally")


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
