"""Which tests did not run, and may that be? Under CI=true a skipped test fails the session, with its reason named."""

from __future__ import annotations

import os

import hypothesis
import pytest

from tests import instants
from tests.side_by_side import SideBySide
from tests.timings import SESSION, Timings


class SkipGuard:
    """Collects what was skipped, and under CI turns it into a failure."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """Remember a skipped test or module with its reason; an expected failure is none."""
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.skipped.append(f"{report.nodeid}: {reason}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a skipped test."""
        self.note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a skipped module."""
        self.note(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the session that left something out."""
        if self.skipped and is_ci() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name each reason at the end."""
        if self.skipped and is_ci():
            terminalreporter.section("skipped under CI=true: each of these counts as a failure", red=True)
            for line in self.skipped:
                terminalreporter.line(line, red=True)


def is_ci() -> bool:
    """Tell whether this run decides about a change, so that nothing may be left out."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this is one of the workers of a run."""
    return hasattr(config, "workerinput")


def is_side_by_side(config: pytest.Config) -> bool:
    """Tell whether this is a run with workers, or one of them."""
    return is_worker(config) or bool(config.getoption("numprocesses", None))


def pytest_report_header() -> str:
    """Name the seed."""
    return instants.said()


def pytest_configure(config: pytest.Config) -> None:
    instants.draw_seed()  # before the workers start, which inherit it
    # How long an example takes says how busy the machine is, not whether the code is right.
    hypothesis.settings.register_profile("slipway", deadline=None)
    hypothesis.settings.load_profile("slipway")
    config.pluginmanager.register(SkipGuard(), "skip-guard")
    if is_side_by_side(config):
        config.pluginmanager.register(SideBySide(), "side-by-side")
    if os.environ.get(SESSION) and not is_worker(config):
        workers = config.getoption("numprocesses", None) or 1
        config.pluginmanager.register(Timings(os.environ[SESSION], workers=workers), "timings")
