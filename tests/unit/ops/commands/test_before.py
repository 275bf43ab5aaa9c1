"""Is the live release asked while the engine holds, is the engine told so, and is what it answers believed?"""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ops.commands import before as module
from ops.commands.before import LiveRelease
from ops.runs import Before
from ops.verification.looks import Verified
from ops.verification.observations import Observations
from tests.unit.ops.commands.story_fixtures import GOOD, PLANNED, FakeHost, checks, opened
from tests.unit.ops.runs.evidence_fixtures import sound

OTHERS = "20261121_055555-2222222"


def answers_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Verified) -> tuple[FakeHost, object]:
    """Let the live release be found like this; return what the engine was told, and what is known."""
    monkeypatch.setattr(module, "judged", lambda *_, **__: found)
    host = FakeHost()
    live = LiveRelease(opened(tmp_path, host), "run")
    live.heard(PLANNED)
    return host, live.answers()


def test_what_fails_on_the_live_release_is_known_by_its_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = replace(sound(), release=GOOD["release"])
    _, known = answers_of(tmp_path, monkeypatch, Verified(checks=checks("api-health"), seen=seen))
    assert known == Before(release=GOOD["release"], failed=("api-health",))


@pytest.mark.req("B-02")
@pytest.mark.parametrize(
    "seen",
    [
        replace(sound(), release=OTHERS),  # another one was live when it was asked
        replace(sound(), release=GOOD["release"], answers={**sound().answers, "rawdata": replace(
            sound().answers["rawdata"], body_head='{"routers": {"api@file": {"rule": "Host(`another.example`)"}}}'
        )}),  # it serves another name: the questions were not for it
    ],
)  # fmt: skip
def test_a_release_that_was_asked_something_else_excuses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen: Observations
) -> None:
    _, known = answers_of(tmp_path, monkeypatch, Verified(checks=checks("api-health"), seen=seen))
    assert known is None


@pytest.mark.req("B-02")
@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("event", ["compared", "held"])
def test_answers_that_the_engine_did_not_wait_for_may_be_of_the_next_release_and_excuse_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, event: str, *, answered: bool
) -> None:
    found = Verified(checks=checks("api-health"), seen=replace(sound(), release=GOOD["release"]))
    monkeypatch.setattr(module, "judged", lambda *_, **__: found)
    live = LiveRelease(opened(tmp_path, FakeHost()), "run")
    live.heard(PLANNED)
    live.heard({"event": event, "answered": answered})
    assert (live.answers() is not None) is answered


def test_questions_that_end_in_an_error_excuse_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object, **__: object) -> Verified:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(module, "judged", stumble)
    live = LiveRelease(opened(tmp_path, FakeHost()), "run")
    live.heard(PLANNED)
    assert live.answers() is None


def test_the_engine_hears_that_the_questions_are_asked_and_that_they_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, heard, done = threading.Event(), threading.Event(), threading.Event()
    host = FakeHost()

    def judged(*_: object, **__: object) -> Verified:
        assert answered.wait(10)
        return Verified(checks=checks(), seen=Observations())

    def tell(run_id: str, word: str) -> None:
        host.told.append(f"{run_id} {word}")
        (done if word == "asked" else heard).set()

    monkeypatch.setattr(module, "judged", judged)
    monkeypatch.setattr(host, "tell", tell)
    live = LiveRelease(opened(tmp_path, host), "run")
    live.heard(PLANNED)
    assert heard.wait(10)
    answered.set()
    assert done.wait(10)
    assert (host.told[0], host.told[-1]) == ("run asking", "run asked")
