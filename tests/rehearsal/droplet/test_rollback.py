"""Does the release before come back on a droplet, is it known who did what, and do replicas come and go?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rehearsal.droplet.droplet_stack import Rehearsed, Visitor

pytestmark = pytest.mark.engine


@pytest.fixture
def site(second: Rehearsed) -> Iterator[Rehearsed]:
    """Return the second checkout, with its sources as they were afterwards."""
    path = second.root / "api" / "main.py"
    original = path.read_text(encoding="utf-8")
    yield second
    path.write_text(original, encoding="utf-8")


def typed(site: Rehearsed, *words: str) -> Any:
    """Type a word and return the JSON that it printed; fails when the word failed."""
    done = site.invoke(*words, "--json", timeout_s=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def version(site: Rehearsed) -> str:
    return str(site.ask("/api/health").json()["version"])


@pytest.mark.req("B-02", "B-08", "B-01")
def test_update_rollback_history_and_scale_on_a_droplet_lose_no_request(site: Rehearsed) -> None:
    typed(site, "deploy")
    before, live = version(site), typed(site, "history")["live"]
    site.change_api("to be taken back")
    with Visitor(site) as visitor:
        typed(site, "update")
        assert version(site) != before
        back = typed(site, "rollback")
        assert version(site) == before
        typed(site, "scale", "api=2")
        assert len(site.running("api")) == 2
        typed(site, "scale", "--reset")
    assert (visitor.failures, visitor.asked > 5) == ([], True)
    assert len(site.running("api")) == 1
    told = typed(site, "history", "--lines", "4")
    assert [run["word"] for run in told["runs"]] == ["scale", "scale", "rollback", "update"]
    assert {run["outcome"] for run in told["runs"]} == {"success"}
    assert all(run["by"] and run["commit"] for run in told["runs"])
    assert (back["mode"], back["outcome"], {change["service"] for change in back["changes"]}) == (
        *("rollback", "success"),
        {"api"},
    )
    assert (back["origin"]["commit"], bool(live["subject"])) == (live["commit"], True)
