"""Does the release before come back, by one word or by itself, and do replicas come and go, without a lost request?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.runs.artifacts import NAMES
from tests.integration.stack.visitor import Visitor
from tests.stack import Stack

HEADERS = Path("traefik") / "dynamic" / "headers.yml"
NOSNIFF = "contentTypeNosniff: true"


@pytest.fixture(autouse=True)
def the_checkout_is_as_it_was(stack: Stack) -> Iterator[None]:
    paths = (stack.root / "api" / "main.py", stack.root / HEADERS)
    originals = [path.read_text(encoding="utf-8") for path in paths]
    yield
    for path, original in zip(paths, originals, strict=True):
        path.write_text(original, encoding="utf-8")


def version(stack: Stack) -> str:
    """Return which API answers visitors."""
    return str(stack.ask("/api/health").json()["version"])


def replicas(stack: Stack, service: str) -> int:
    """Return how many replicas of a service run and are healthy."""
    rows = stack.json("status")["services"]
    return sum(row["healthy"] for row in rows if row["service"] == service)


def last_run(stack: Stack) -> dict[str, Any]:
    """Return the report of the newest run, also of one that failed."""
    folder = max((stack.root / "local_run_logs").glob("2*"))
    found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.req("B-02", "B-01")
def test_two_rollbacks_go_two_releases_back_without_a_lost_request_and_the_history_tells_it(stack: Stack) -> None:
    first = stack.json("deploy") and version(stack)
    stack.change_api("one")
    second = stack.json("update") and version(stack)
    stack.change_api("two")
    third = stack.json("update") and version(stack)
    assert len({first, second, third}) == 3
    with Visitor(stack) as visitor:
        once = stack.json("rollback")
        assert version(stack) == second
        twice = stack.json("rollback")
    assert version(stack) == first
    assert (visitor.failures, visitor.asked > 10) == ([], True)
    assert [(report["mode"], report["outcome"]) for report in (once, twice)] == [("rollback", "success")] * 2
    assert {change["service"] for change in once["changes"]} == {"api"}
    assert {path.name for path in Path(once["artifact_path"]).iterdir()} == set(NAMES)
    told = stack.json("history", "--lines", "4")
    assert [run["word"] for run in told["runs"]] == ["rollback", "rollback", "update", "update"]
    assert {run["outcome"] for run in told["runs"]} == {"success"}
    assert twice["went_back"].startswith(told["live"]["release"])
    assert told["live"]["commit"] == twice["origin"]["commit"]
    assert all(run["by"] and run["seconds"] > 0 for run in told["runs"])


@pytest.mark.req("B-02", "A-13")
def test_a_release_whose_verification_fails_is_taken_back_by_itself(stack: Stack) -> None:
    before = version(stack)
    stack.change_api("with a header less")
    path = stack.root / HEADERS
    path.write_text(path.read_text(encoding="utf-8").replace(NOSNIFF, "contentTypeNosniff: false"), encoding="utf-8")
    with Visitor(stack) as visitor:
        done = stack.invoke("update", "--target", "local")
    assert done.returncode == 9, done.stdout + done.stderr
    assert "ROLLED BACK" in done.stdout
    assert (visitor.failures, version(stack)) == ([], before)
    assert stack.ask("/api/health").headers["x-content-type-options"] == "nosniff"
    report = last_run(stack)
    assert report["outcome"] == "rolled_back"
    assert "headers-api-health" in report["error"]["what"]
    assert "on the release before all" in report["error"]["why"]
    assert "X-Content-Type-Options" in next(c["detail"] for c in report["checks"] if c["id"] == "headers-api-health")
    assert {path.name for path in Path(report["artifact_path"]).iterdir()} == set(NAMES)
    runs = stack.json("history", "--lines", "2")["runs"]
    assert [(run["word"], run["run"]) for run in runs] == [
        ("rollback", f"{report['run_id']}-undo"),
        ("update", report["run_id"]),
    ]


@pytest.mark.req("B-08", "B-01")
def test_replicas_are_added_kept_by_a_deploy_and_taken_away_without_a_lost_request(stack: Stack) -> None:
    with Visitor(stack) as visitor:
        stack.json("scale", "api=3")
        assert replicas(stack, "api") == 3
        stack.change_api("while there are three")
        stack.json("update")
        assert replicas(stack, "api") == 3
        [api] = [row for row in stack.json("scale")["services"] if row["service"] == "api"]
        assert api == {"service": "api", "wanted": 3, "running": 3, "is_set": True}
        stack.json("scale", "api=2", "worker=2")
        assert (replicas(stack, "api"), replicas(stack, "worker")) == (2, 2)
        stack.json("scale", "--reset")
    assert (replicas(stack, "api"), replicas(stack, "worker")) == (1, 1)
    assert (visitor.failures, visitor.asked > 10) == ([], True)


@pytest.mark.req("A-13")
@pytest.mark.parametrize("count", ["postgres=2", "nobody=2"])
def test_what_cannot_be_scaled_is_refused_and_nothing_changes(stack: Stack, count: str) -> None:
    done = stack.invoke("scale", count, "--target", "local")
    assert done.returncode != 0
    assert "FAILED  scale to local" in done.stdout
    assert "fix:   invoke scale" in done.stdout
    assert "changed" not in done.stdout


@pytest.mark.req("A-13")
def test_more_replicas_than_postgresql_has_connections_for_are_refused_before_there_is_a_run(stack: Stack) -> None:
    runs = set(stack.root.joinpath("local_run_logs").iterdir())
    done = stack.invoke("scale", "api=21", "--target", "local")
    assert (done.returncode, done.stdout) == (2, "")
    assert "fix:   invoke scale" in done.stderr
    assert set(stack.root.joinpath("local_run_logs").iterdir()) == runs
