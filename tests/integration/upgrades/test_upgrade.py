"""Does what people deployed long ago become this version, go back and come again, with nothing and nobody lost?

The way back is part of it: `invoke rollback` runs the earlier version on the schema of this one, which it has to bear.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.upgrades.callers import Caller, Visitors
from tests.integration.upgrades.earlier_checkout import (
    EarlierStack,
    add_migration,
    check_out,
    commit_of,
    keep_images,
    lay_images,
    pull,
)
from tests.integration.upgrades.inhabitants import Inhabited, inhabit, new_event
from tests.integration.upgrades.ledger import missing_rows, read_ledger, read_value
from tests.integration.upgrades.starting_points import STARTING_POINTS, StartingPoint
from tests.stack import ROOT, Stack

SIGNED_UP = "SELECT count(*) FROM signups_signup s JOIN signups_member m ON m.id = s.member_id WHERE m.email = ANY (%s)"
HAS_COLUMN = "SELECT count(*) FROM information_schema.columns WHERE column_name = %s"


@pytest.fixture(scope="module", params=STARTING_POINTS, ids=[point.name for point in STARTING_POINTS])
def point(request: pytest.FixtureRequest) -> StartingPoint:
    found: StartingPoint = request.param
    return found


@pytest.fixture(scope="module")
def _programs(local_env: Path) -> None:
    """Have the machine's copy of PostgreSQL's programs: earlier versions fail where another stack makes it too."""
    if os.geteuid() == 0:
        make = "import entrypoint as e; e.make_user(); e.shared_programs(e.installed_programs())"
        subprocess.run((str(local_env / "bin" / "python"), "-c", make), cwd=ROOT / "postgres", check=True, timeout=120)


@pytest.fixture
def earlier(point: StartingPoint, tmp_path: Path, cache_dir: Path, _programs: None) -> Iterator[EarlierStack]:
    """Return the stack that the earlier version deployed, with settings in its `.env` that are gone by now."""
    stack = check_out(point.commit, tmp_path / "checkout", cache_dir=cache_dir)
    images = cache_dir / "upgrades" / f"{commit_of(point.commit)[:12]}-{sys.implementation.cache_tag}"
    lay_images(stack, images)
    try:
        done = stack.invoke("deploy", "--target", "local", timeout_s=600)
        assert done.returncode == 0, done.stdout + done.stderr
        keep_images(stack, images)
        with (stack.root / ".env").open("a", encoding="utf-8") as file:
            file.writelines(f"{name}=as it was\n" for name in point.old_settings)
        yield stack
    finally:
        gone = pull(stack).invoke("down", "--target", "local", "--volumes", "--yes")
    assert gone.returncode == 0, gone.stdout + gone.stderr


@pytest.mark.history
@pytest.mark.req("B-01", "B-02", "B-03")
def test_an_upgrade_its_way_back_and_the_upgrade_again_lose_nothing_and_nobody(
    point: StartingPoint, earlier: EarlierStack, tmp_path: Path
) -> None:
    images = tmp_path / "images"  # the second upgrade need not build again what the first has built
    settings = (earlier.root / ".env").read_bytes()
    with inhabit(earlier) as people, Caller(earlier) as owner:
        first = version(owner)
        owner.log_in(people.owner)
        kept = read_ledger(earlier)
        popular = owner.send(f"/organizations/{people.slug}/events", new_event("Open day", 2000))
        stack = pull(earlier)
        column = add_migration(stack)
        with Visitors(stack, popular["shifts"][0]["id"]) as visitors:
            upgraded = stack.json("update", *allowed(point))
            assert version(owner) != first
            assert_all_is_there(stack, people, owner, kept)
            keep_images(stack, images)
            returned = stack.json("rollback", *allowed(point))
            assert version(owner) == first
            assert read_value(stack, HAS_COLUMN, column) == 1, "the schema stays that of the later release"
            assert_all_is_there(stack, people, owner, kept)
            lay_images(stack, images)
            again = stack.json("update", *allowed(point))
            assert version(owner) != first
            assert_all_is_there(stack, people, owner, kept)
    assert [report["outcome"] for report in (upgraded, returned, again)] == ["success"] * 3
    assert interrupted(upgraded) == set(point.interrupts)
    assert "migrate" in {change["service"] for change in upgraded["changes"]}
    assert visitors.failures == [] or point.interrupts
    assert visitors.asked > 100
    assert read_value(stack, SIGNED_UP, sorted(visitors.signed_up)) == len(visitors.signed_up) > 5
    assert (stack.root / ".env").read_bytes() == settings
    for old, new in point.old_settings.items():
        assert any(f"{old} (did you mean {new}?)" in warning for warning in upgraded["warnings"]), upgraded["warnings"]


def allowed(point: StartingPoint) -> tuple[str, ...]:
    """Return the switch that a way with an interruption needs; without one nothing may be interrupted."""
    return ("--allow-interruption",) if point.interrupts else ()


def interrupted(report: dict[str, Any]) -> set[str]:
    """Return the services that an update took away for a moment."""
    return {change["service"] for change in report["changes"] if change["interrupts"]}


def version(caller: Caller) -> str:
    """Return which release of the API answers; all has to be well with it."""
    health = caller.send("/health", method="GET")
    assert health["status"] == "healthy", health
    return str(health["version"])


def assert_all_is_there(stack: Stack, people: Inhabited, owner: Caller, kept: dict[str, list[dict[str, Any]]]) -> None:
    """See that each row is as it was, and that each way in still works: session, mailed link, admin."""
    assert missing_rows(kept, read_ledger(stack)) == []
    owner.enter(owner.send("/auth/refresh"))
    event = owner.send(f"/organizations/{people.slug}/events/{people.event}", method="GET")
    assert (event["title"], [shift["taken"] for shift in event["shifts"]]) == ("Harbour breakfast", [2, 1])
    assert owner.send("/sign-ups/read", {"token": people.manage_token})["event_title"] == "Harbour breakfast"
    assert "Log out" in people.admin.open("/admin/signups/event/").text
