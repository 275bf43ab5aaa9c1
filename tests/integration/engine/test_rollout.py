"""Does the packed engine roll real processes behind a real Traefik without losing a request?"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.instants import some_of
from tests.integration.engine.engine_fixtures import Load, SmallStack

CUTS = tuple(itertools.product((signal.SIGTERM, signal.SIGKILL), ("starting hello", "switch", "replace")))


@pytest.fixture(scope="module")
def small_stack(tmp_path_factory: pytest.TempPathFactory, local_env: Path, cache_dir: Path) -> Iterator[SmallStack]:
    """Return a stack that is deployed in version `one`; it is taken down when the module ends."""
    made = SmallStack(folder=tmp_path_factory.mktemp("engine"), env_id=local_env.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLIPWAY_CACHE_DIR", str(cache_dir))
        made.prepare()
        try:
            code, journal = made.deploy(made.release("one"))
            assert code == 0, journal
            yield made
        finally:
            gone = made.engine("down", "--volumes")
        assert gone.returncode == 0, gone.stderr


@pytest.fixture
def at_one(small_stack: SmallStack) -> SmallStack:
    """Return the stack with version `one` live, whatever the test before left."""
    code, journal = small_stack.deploy(small_stack.release("one"))
    assert code == 0, journal
    return small_stack


@pytest.mark.req("A-28")
def test_a_second_deploy_changes_nothing(at_one: SmallStack) -> None:
    before = json.loads(at_one.engine("status").stdout)["services"]
    code, journal = at_one.deploy(at_one.release("one"))
    assert (code, journal[-1]["outcome"], journal[-1]["changed"]) == (0, "success", [])
    after = json.loads(at_one.engine("status").stdout)["services"]
    assert [row["pid"] for row in after] == [row["pid"] for row in before]
    assert all(row["healthy"] for row in after)


@pytest.mark.req("B-01")
def test_an_update_loses_no_request(at_one: SmallStack) -> None:
    with Load(at_one.web_port) as load:
        for version in ("two", "three", "one"):
            code, journal = at_one.deploy(at_one.release(version))
            assert code == 0, journal
    assert (load.failures, load.failed_posts) == ([], [])
    assert {json.loads(body)["version"] for body in load.versions} == {"one", "two", "three"}


@pytest.mark.req("B-02")
@pytest.mark.parametrize("version", ["broken", "dies"])
def test_a_bad_version_is_undone_and_nobody_notices(at_one: SmallStack, version: str) -> None:
    with Load(at_one.web_port) as load:
        code, journal = at_one.deploy(at_one.release(version))
    assert (code, journal[-1]["outcome"]) == (8, "rolled_back")
    assert "hello did not become ready" in journal[-1]["error"]["what"]
    assert {"broken": "503", "dies": "no life"}[version] in journal[-1]["error"]["why"]
    assert (load.failures, load.failed_posts) == ([], [])
    assert {json.loads(body)["version"] for body in load.versions} == {"one"}


@pytest.mark.req("B-02", "A-12")
def test_a_process_that_ends_is_not_waited_for_and_its_last_words_keep_no_secret(at_one: SmallStack) -> None:
    code, journal = at_one.deploy(at_one.release("dies", start_timeout_s=60))
    error = journal[-1]["error"]
    assert code == 8
    assert "its process ended" in error["why"]
    assert "no database, no life, and [redacted:HELLO_PASSWORD]" in error["why"]
    (gate,) = [entry for entry in journal if entry["event"] == "step_finished" and entry["step"] == "gate"]
    assert gate["seconds"] < 60, "else it was waited for to the end"


@pytest.mark.req("B-01", "B-02", "D-12")
@pytest.mark.parametrize(
    ("version", "reason"),
    [("crashes", "its process ended"), ("errs", "the release before answered"), ("errs-on-post", "or would have")],
)
def test_a_version_that_turns_out_bad_is_taken_back_and_nothing_is_asked_twice_that_may_not_be(
    at_one: SmallStack, monkeypatch: pytest.MonkeyPatch, version: str, reason: str
) -> None:
    monkeypatch.setattr(at_one, "watch_s", 5.0)
    with Load(at_one.web_port) as load:
        code, journal = at_one.deploy(at_one.release(version))
    assert (code, journal[-1]["outcome"]) == (8, "rolled_back")
    assert journal[-1]["error"]["what"] == "the new release of hello is not well"
    assert reason in journal[-1]["error"]["why"]
    assert load.failures == [], "what only reads is answered by the old release"
    sent = at_one.seen.read_text(encoding="utf-8").split()
    assert len(sent) == len(set(sent)) > 5, "no POST is asked twice"
    assert len(load.failed_posts) < 20, "and after a few errors none is sent there"
    if version == "errs-on-post":  # otherwise it is chance whether one of the first was a POST
        assert load.failed_posts
        assert all(json.loads(answer)["version"] == version for answer in load.failed_posts)
    assert at_one.answer() == "one"
    rows = json.loads(at_one.engine("status").stdout)["services"]
    assert sorted(row["service"] for row in rows) == ["beat", "hello", "hello", "store", "traefik"]


@pytest.mark.req("B-01")
@pytest.mark.parametrize(("number", "word"), some_of(CUTS, 2))
def test_a_run_that_is_cut_is_undone_or_completed(at_one: SmallStack, number: signal.Signals, word: str) -> None:
    with Load(at_one.web_port) as load:
        words = at_one.deploy_words(at_one.release("two"))
        with subprocess.Popen(at_one.command(*words), stdout=subprocess.PIPE, text=True) as engine:
            assert engine.stdout is not None
            for line in engine.stdout:
                if word in line:
                    os.kill(engine.pid, number)
                    break
            engine.stdout.read()
        code, journal = at_one.deploy(at_one.release("two"))
    assert code == 0, journal
    assert at_one.answer() == "two"
    assert (load.failures, load.failed_posts) == ([], [])
    rows = json.loads(at_one.engine("status").stdout)["services"]
    assert sorted(row["service"] for row in rows) == ["beat", "hello", "hello", "store", "traefik"]


@pytest.mark.req("B-03", "B-02")
def test_a_release_that_an_allowed_migration_breaks_comes_back_only_when_the_database_does(at_one: SmallStack) -> None:
    two = at_one.release("two", drops="m.2")
    assert at_one.deploy(two)[1][-1]["error"]["what"].startswith("the running release could not live with")
    code, journal = at_one.deploy(two, "--allow-breaking-migration")
    assert code == 0, journal
    code, journal = at_one.rollback()
    error = journal[-1]["error"]
    assert (code, journal[-1]["outcome"], at_one.answer()) == (4, "failed", "two")
    assert "m.2 drops what is read" in error["why"]
    at_one.dropped.unlink()  # somebody restores the dump
    code, journal = at_one.rollback()
    assert code == 0, journal
    assert at_one.answer() == "one"


def test_a_second_engine_is_told_who_is_at_work(at_one: SmallStack) -> None:
    words = at_one.deploy_words(at_one.release("broken"))
    with subprocess.Popen(at_one.command(*words), stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        next(line for line in engine.stdout if "recover" in line)
        refused = at_one.engine("down", "--lock-wait", "0.1")
        engine.send_signal(signal.SIGTERM)
        engine.stdout.read()
    error = json.loads(refused.stdout)["error"]
    assert refused.returncode == 6
    assert f"process {engine.pid}" in error["why"]


def test_status_logs_run_and_routes_tell_about_the_live_release(at_one: SmallStack) -> None:
    logs = at_one.engine("logs", "--service", "hello", "--grep", "hello from one").stdout
    assert "hello-" in logs
    ran = json.loads(at_one.engine("run", "--service", "hello", "--", "python", "-c", "print(40 + 2)").stdout)
    assert (ran["exit_code"], ran["output"].strip()) == (0, "42")
    routes = json.loads(at_one.engine("routes").stdout)
    assert "hello@file" in {service["name"] for service in routes["services"]}


@pytest.mark.req("A-12")
def test_no_secret_of_the_release_is_in_a_journal(at_one: SmallStack) -> None:
    texts = [path.read_text(encoding="utf-8") for path in at_one.root.glob("runs/*/journal.jsonl")]
    assert texts
    assert not any("canary-in-hello" in text for text in texts)
