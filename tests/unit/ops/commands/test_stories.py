"""What is the engine asked for by `rollback` and `scale`, and what is refused before it is asked?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ops.commands import verify
from ops.commands.rollback import rollback
from ops.commands.scale import counted, scale
from ops.engine.model import Origin
from ops.errors import PreflightError, UsageError, VerificationError
from ops.verification import RULES, evaluate, looks
from ops.verification.looks import Verified
from ops.verification.observations import Observations
from tests.unit.ops.commands.story_fixtures import (
    GOOD,
    LIVE,
    OLDER,
    PLANNED,
    FakeHost,
    a_run,
    asked,
    checks,
    finished,
    history,
    opened,
)
from tests.unit.ops.runs.evidence_fixtures import DROPLET, SITE, blocked, cut, on_droplet, with_answer


@pytest.fixture(autouse=True)
def all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    verified = Verified(checks=checks(), seen=Observations())
    monkeypatch.setattr(verify, "verify", lambda *_, **__: verified)


@pytest.mark.req("B-02")
def test_a_rollback_says_where_from_and_where_to_and_needs_no_argument(tmp_path: Path) -> None:
    host, said = FakeHost([PLANNED, finished()], history=history(GOOD, OLDER)), list[str]()
    current = a_run(tmp_path, mode="rollback", said=said)
    rollback(asked("rollback", lock_wait_s=7.0), current, opened(tmp_path, host))
    [(run_id, verb, words)] = host.started
    assert (run_id, verb, words[:4]) == (
        *(current.folder.run_id, "rollback"),
        ("--to", GOOD["release"], "--lock-wait", "7"),
    )
    assert words[4].startswith("--by=")
    told = [line for line in said if line.startswith(("from", "to"))]
    assert told[0].startswith(f"from  {LIVE['release']} (11111111-dirty, Say goodbye, live since 2026-11-21")
    assert told[1].startswith(f"to    {GOOD['release']} (0a1b2c3d, Say hello, live since 2026-11-21")
    assert current.origin == Origin(**{key: GOOD[key] for key in ("commit", "committed_at", "subject")})
    assert current.went_back == told[1].removeprefix("to    ")


@pytest.mark.req("B-02")
def test_a_rollback_goes_to_the_release_that_is_named_by_its_beginning(tmp_path: Path) -> None:
    host = FakeHost([finished()], history=history(GOOD, OLDER))
    rollback(asked("rollback", to="20261120"), a_run(tmp_path, mode="rollback"), opened(tmp_path, host))
    assert host.started[0][2][:2] == ("--to", OLDER["release"])


@pytest.mark.req("A-13")
def test_a_rollback_that_would_interrupt_says_how_to_allow_that_for_this_very_rollback(tmp_path: Path) -> None:
    error = {"what": "this would interrupt", "why": "postgres", "fix": "invoke deploy --allow-interruption"}
    refused = {"event": "run_finished", "outcome": "failed", "error": {**error, "family": "preflight"}}
    host = FakeHost([refused], history=history(GOOD, OLDER))
    with pytest.raises(PreflightError) as raised:
        rollback(asked("rollback"), a_run(tmp_path, mode="rollback"), opened(tmp_path, host))
    assert raised.value.fix == "invoke rollback --target local --to 20261121_030000 --allow-interruption"


@pytest.mark.req("A-13")
@pytest.mark.parametrize(
    ("wanted", "past", "what"),
    [
        ("", (), "there is nothing to go back to"),
        ("2026", (GOOD, OLDER), "`2026` is more than one release that can be gone back to"),
        ("1999", (GOOD,), "`1999` is no release that can be gone back to"),
    ],
)
def test_a_rollback_to_nowhere_is_refused_before_the_engine_is_asked(
    tmp_path: Path, wanted: str, past: tuple[dict[str, str], ...], what: str
) -> None:
    host = FakeHost(history=history(*past))
    with pytest.raises(UsageError) as refused:
        rollback(asked("rollback", to=wanted), a_run(tmp_path, mode="rollback"), opened(tmp_path, host))
    assert (refused.value.what, host.started) == (what, [])
    assert refused.value.fix.startswith("invoke ")
    assert refused.value.fix.endswith("--target local")


@pytest.mark.req("B-08")
def test_a_scale_asks_the_engine_for_each_count(tmp_path: Path) -> None:
    host = FakeHost([finished()])
    request = asked("scale", counts=("api=3", "worker=2"), reset=True)
    scale(request, a_run(tmp_path, mode="scale"), opened(tmp_path, host))
    [(_, verb, words)] = host.started
    assert (verb, words[-5:]) == ("scale", ("--count", "api=3", "--count", "worker=2", "--reset"))


@pytest.mark.req("B-08")
def test_the_present_counts_say_which_an_operator_has_set() -> None:
    states = (("api", "running"), ("api", "starting"), ("beat", "running"))
    rows = [{"service": service, "state": state} for service, state in states]
    assert counted({"services": rows, "scale": {"api": 2}}) == [
        {"service": "api", "wanted": 2, "running": 1, "is_set": True},
        {"service": "beat", "wanted": 1, "running": 1, "is_set": False},
    ]


@pytest.mark.req("A-07")
@pytest.mark.parametrize(("seen", "outcome"), [(blocked(on_droplet()), "partial"), (on_droplet(), "success")])
def test_a_verify_that_cannot_see_the_site_is_partial_and_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen: Observations, outcome: str
) -> None:
    found = Verified(checks=evaluate(seen, DROPLET, RULES), seen=seen)
    monkeypatch.setattr(verify, "verify", lambda *_, **__: found)
    target = opened(tmp_path, FakeHost())
    monkeypatch.setattr(target, "site", DROPLET)
    current = a_run(tmp_path, mode="verify")
    verify.judge(current, target)
    assert (current.outcome, bool(current.warnings)) == (outcome, outcome == "partial")


def test_what_was_slow_is_a_warning_with_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = with_answer("http-home", seconds=6.25)
    monkeypatch.setattr(looks, "BETWEEN_S", 0)
    monkeypatch.setattr(verify, "verify", lambda *_, **__: Verified(checks=evaluate(late, SITE, RULES), seen=late))
    current = a_run(tmp_path, mode="verify")
    verify.judge(current, opened(tmp_path, FakeHost()))
    told = "slow, asked twice: `http-home` 6.2 s (5 s is expected, 15 s the limit); host or network are busy"
    assert (current.outcome, current.warnings) == ("success", [told])


@pytest.mark.req("A-09")
def test_a_droplet_that_is_away_is_said_to_be_so_instead_of_each_thing_that_it_does_not_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = cut(blocked(on_droplet()))
    seen = replace(
        seen, outside=(), answers={n: replace(one, error="cut", status=0) for n, one in seen.answers.items()}
    )
    monkeypatch.setattr(
        verify, "look_until_it_stands", lambda *_, **__: Verified(checks=evaluate(seen, DROPLET, RULES), seen=seen)
    )
    target = opened(tmp_path, FakeHost())
    monkeypatch.setattr(target, "site", DROPLET)
    current = a_run(tmp_path, mode="verify")
    with pytest.raises(VerificationError) as raised:
        verify.judge(current, target)
    assert (raised.value.what, raised.value.fix) == ("neither the site nor its host answers", "invoke verify")
    assert raised.value.why.endswith("nothing can be told of what runs there, so nothing was changed")
