"""Does a plan say beforehand what interrupts the site, and for how long it did last time?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.commands import output
from ops.commands.plan import plan
from ops.targets.base import Request
from tests.unit.ops.commands.story_fixtures import FakeHost, asked, opened
from tests.unit.public.schemas import faults

CHANGES = [
    {"service": "api", "action": "replace", "why": "code of api changed", "interrupts": False, "last_s": None},
    {"service": "postgres", "action": "replace", "why": "settings", "interrupts": True, "last_s": 1.234},
    {"service": "redis", "action": "replace", "why": "settings", "interrupts": True, "last_s": None},
    {"service": "held", "action": "replace", "why": "x", "interrupts": False, "waits_s": 10.0, "last_s": 1.26},
    {"service": "first", "action": "replace", "why": "x", "interrupts": False, "waits_s": 0.3, "last_s": None},
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
    assert " no, requests wait up to 10 s (~1.3 s last time); beyond 300 a second of one api or 21 a" in shown["held"]
    assert shown["first"].endswith(" no, requests wait up to 0.3 s")
    assert "beat" not in shown


SEEN = {
    "ports": [{"port": 80, "protocol": "tcp", "holder": "nginx (pid 8)", "pid": 8}],
    "containers": [
        {"name": "theirs", "state": "running", "image": "postgres:17", "ours": False},
        {"name": "api-1", "state": "running", "image": "slipway/api:1", "ours": True},
    ],
    "free_mib": {"/var/lib/slipway": 900, "/mnt/big": 9000},
    "memory_mib": 700,
    "notes": ["`data-root` stays as it is"],
    "obstacles": [{"what": "port 80/tcp is held by nginx (pid 8)", "fix": "stop it"}],
}
NOTHING = {**SEEN, "ports": [], "containers": SEEN["containers"][1:], "notes": [], "obstacles": []}  # type: ignore[index]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_plan_shows_what_was_found_on_the_host_and_what_is_in_the_way(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    as_json: bool,  # noqa: FBT001 - a table
) -> None:
    shown = planned(tmp_path, monkeypatch, capsys, seen=SEEN, as_json=as_json)
    if as_json:
        assert json.loads(shown) == {"changes": [], "host": SEEN}
        assert faults("plan", json.loads(shown)) == []
        return
    words = " ".join(shown.split())
    assert "port 80/tcp nginx (pid 8)" in words
    assert "container theirs of postgres:17, running" in words
    assert "in the way port 80/tcp is held by nginx (pid 8) fix: stop it" in words
    assert "900 MiB free where /var/lib/slipway stands" in words
    assert "`data-root` stays as it is" in words
    assert "api-1" not in words


def test_a_plan_says_nothing_of_a_host_that_has_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert planned(tmp_path, monkeypatch, capsys, seen=NOTHING) == "nothing would change\n"


def planned(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    seen: dict[str, Any],
    as_json: bool = False,
) -> str:
    """Return what a plan prints that changes nothing, of a host where this was seen."""
    host = FakeHost()
    target = opened(tmp_path, host)
    monkeypatch.setattr(target, "outer_changes", lambda *_: [], raising=False)
    monkeypatch.setattr(target, "seen_on_host", lambda: seen)
    monkeypatch.setattr(host, "plan", lambda _: {"changes": []}, raising=False)
    monkeypatch.setattr(output, "open_target", lambda *_: target)
    monkeypatch.setenv("COLUMNS", "200")
    assert plan(tmp_path, replace(asked("plan"), json=as_json)) == 0
    return capsys.readouterr().out
