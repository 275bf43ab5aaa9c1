"""The guard against silent skips: under CI=true a skipped test fails the session, with its reason named."""

from __future__ import annotations

import os

import pytest


class SkipGuard:
    """Collects what was skipped, and under CI turns it into a failure; with workers it sits where they report."""

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
