"""Is nothing taken back for what is no fault of the release, and is our own rate limit no verdict on its health?"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ops.commands.verify import judged
from ops.settings import load
from ops.targets.local.target import LocalTarget
from ops.verification import collect
from tests.stack import Stack

SHEET = Path("data") / "static" / "admin" / "css" / "base.css"


@pytest.fixture
def changing(stack: Stack) -> Iterator[Stack]:
    """Return the stack; its sources and its static file are put back."""
    paths = (stack.root / "api" / "main.py", stack.state / SHEET)
    originals = [path.read_text(encoding="utf-8") for path in paths]
    yield stack
    for path, text in zip(paths, originals, strict=True):
        path.write_text(text, encoding="utf-8")


def version(stack: Stack) -> str:
    return str(stack.ask("/api/health").json()["version"])


def report_of(stack: Stack) -> dict[str, Any]:
    """Return the report of the newest run."""
    folder = max((stack.root / "local_run_logs").glob("2*"))
    found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.req("B-02", "A-13")
def test_what_fails_before_an_update_too_takes_nothing_back_and_is_no_success_either(changing: Stack) -> None:
    before = version(changing)
    changing.change_api("while something else is broken")
    (changing.state / SHEET).unlink()
    done = changing.invoke("update", "--target", "local")
    report = report_of(changing)
    assert (done.returncode, report["outcome"], report["went_back"]) == (9, "failed", ""), done.stdout + done.stderr
    assert version(changing) != before
    assert {"static-file", "headers-static-file"} >= set(report["before"]["failed"]) >= {"static-file"}
    assert "the cause lies elsewhere, and nothing was taken back" in done.stdout
    assert "compare" in {step["name"] for step in report["steps"]}


@pytest.mark.req("A-14", "B-02")
def test_a_rate_limit_that_others_use_up_is_no_verdict(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    target = LocalTarget(stack.root, load(stack.root / ".env", environ=stack.environment, target="local"))
    monkeypatch.setattr(collect, "own_loopback", lambda: "")  # as on a droplet, and on macOS: one address for all
    with used_up(stack):
        found = judged(target.host, target.site, say=lambda _: None)
    assert [one for one in found.checks if not one.ok] == []
    assert found.seen.answers["api-health"].status == httpx.codes.OK  # asked from the host


@contextlib.contextmanager
def used_up(stack: Stack) -> Iterator[None]:
    """Use up what this address may ask, and go on asking until the block ends."""
    ended = threading.Event()

    def ask() -> None:
        with stack.client() as client:
            while not ended.is_set():
                stack.ask("/api/health", client=client)

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    with stack.client() as client:
        while stack.ask("/api/health", client=client).status_code != httpx.codes.TOO_MANY_REQUESTS:
            pass
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(10)
