"""Does a plan say beforehand what interrupts the site, and for how long it did last time?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.commands import output
from ops.commands.plan import plan
from ops.targets.base import Request
from tests.unit.ops.commands.story_fixtures import FakeHost, asked, opened

CHANGES = [
    {"service": "api", "action": "replace", "why": "code of api changed", "interrupts": False, "last_s": None},
    {"service": "postgres", "action": "replace", "why": "settings", "interrupts": True, "last_s": 1.234},
    {"service": "redis", "action": "replace", "why": "settings", "interrupts": True, "last_s": None},
    {"service": "beat", "action": "keep", "why": "beat is unchanged", "interrupts": False, "last_s": None},
]


def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Return service -> its line in the plan's table."""
    host = FakeHost()
    target = opened(tmp_path, host)

    def outer(*_: Any) -> list[dict[str, Any]]:
        return []

    monkeypatch.setattr(target, "outer_changes", outer, raising=False)
    monkeypatch.setattr(host, "plan", lambda _: {"changes": CHANGES}, raising=False)
    monkeypatch.setattr(output, "open_target", lambda *_: target)
    request: Request = asked("plan")
    assert plan(tmp_path, request) == 0
    shown = capsys.readouterr()
    assert shown.err == "warning: a key that nothing reads\n"
    return {line.split()[0]: line.rstrip() for line in shown.out.splitlines() if line.strip()}


@pytest.mark.req("A-28")
def test_an_interruption_stands_in_the_plan_with_its_last_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = rows(tmp_path, monkeypatch, capsys)
    assert shown["api"].endswith(" no")
    assert shown["postgres"].endswith(" yes, ~1.2 s last time")
    assert shown["redis"].endswith(" yes, not known yet for how long")
    assert "beat" not in shown
