"""What happens to a stack when something goes wrong in the middle of a deploy?"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.instants import some_of
from tests.integration.stack.engine_words import events_of, journal_of_the_newest_run, runs
from tests.integration.stack.visitor import Visitor
from tests.stack import Stack

STEPS = some_of(("gate", "stop"), 1)  # test_crash.py kills the engine alone, in every step


@pytest.fixture(autouse=True)
def the_checkout_is_as_it_was(stack: Stack) -> Iterator[None]:
    path = stack.root / "api" / "main.py"
    original = path.read_text(encoding="utf-8")
    yield
    path.write_text(original, encoding="utf-8")


def wait_for_step(journal: Path, step: str) -> int:
    """Wait until the step begins, or the run ends before; return the engine's process id."""
    engine = 0
    for event in events_of(journal, within_s=60):
        engine = int(event["pid"]) if event["event"] == "run_started" else engine
        if event.get("step") == step:
            break
    return engine


@pytest.mark.req("B-01")
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_of_engine_and_operator_at_any_step_is_mended_by_the_same_command(stack: Stack, step: str) -> None:
    stack.change_api(f"killed at {step}")
    before = runs(stack)
    with Visitor(stack) as visitor, stack.start("update", "--target", "local") as operator:
        engine = wait_for_step(journal_of_the_newest_run(stack, after=before), step)
        operator.kill()
        try:
            os.kill(engine, signal.SIGKILL)
        except ProcessLookupError:
            engine = 0  # it was done already; then there is nothing to mend, and that is checked below
        operator.wait(timeout=10)
        done = stack.invoke("update", "--target", "local")
    assert done.returncode == 0, done.stdout + done.stderr
    assert visitor.failures == []
    assert visitor.asked > 0
    rows = stack.json("status")["services"]
    assert [row["service"] for row in rows].count("api") == 1
    assert [row["service"] for row in rows].count("beat") == 1
    assert [change for change in stack.json("plan")["changes"] if change["action"] != "keep"] == []


@pytest.mark.req("B-01")
def test_ctrl_c_undoes_what_was_begun_and_the_old_release_serves_on(stack: Stack) -> None:
    stack.change_api("interrupted")
    before = runs(stack)
    with Visitor(stack) as visitor, stack.start("update", "--target", "local") as operator:
        wait_for_step(journal_of_the_newest_run(stack, after=before), "build")
        operator.send_signal(signal.SIGINT)
        output = operator.communicate(timeout=60)[0]
    assert operator.returncode == 130, output
    assert visitor.failures == []
    assert stack.invoke("update", "--target", "local").returncode == 0


@pytest.mark.req("B-02", "A-13")
def test_a_release_that_does_not_become_healthy_is_undone_and_its_last_words_are_shown(stack: Stack) -> None:
    path = stack.root / "api" / "main.py"
    path.write_text('raise RuntimeError("broken on purpose")\n', encoding="utf-8")
    with Visitor(stack) as visitor:
        done = stack.invoke("update", "--target", "local")
    assert done.returncode == 8
    assert "ROLLED BACK" in done.stdout
    assert "broken on purpose" in done.stdout + done.stderr
    assert visitor.failures == []


@pytest.mark.req("B-11")
def test_a_new_certificate_is_served_without_a_restart_of_traefik(stack: Stack) -> None:
    stack.json("deploy")  # whatever the test before this one left
    before = {row["service"]: row["pid"] for row in stack.json("status")["services"]}
    (stack.state / "data" / "tls" / "cert.pem").unlink()
    report = stack.json("deploy")
    assert [change["service"] for change in report["changes"]] == ["routes"]
    assert stack.ask("/api/health").status_code == 200
    assert {row["service"]: row["pid"] for row in stack.json("status")["services"]} == before


def test_two_deploys_at_once_wait_for_each_other(stack: Stack) -> None:
    stack.change_api("two at once")
    command = ("update", "--target", "local")
    with stack.start(*command) as first, stack.start(*command) as second:
        outputs = [one.communicate(timeout=120)[0] for one in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), "\n".join(outputs)


@pytest.mark.req("B-07")
def test_a_replica_that_is_killed_comes_back(stack: Stack) -> None:
    row = api_of(stack)
    os.kill(row["pid"], signal.SIGKILL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        now = api_of(stack)
        if now["healthy"] and now["pid"] != row["pid"]:
            return
    raise AssertionError("the API was not back within 30 s")


def api_of(stack: Stack) -> dict[str, Any]:
    """Return the API's row of the status, which has exit code 8 while a replica is not healthy."""
    rows = json.loads(stack.invoke("status", "--target", "local", "--json").stdout)["services"]
    return next(row for row in rows if row["service"] == "api")


def test_down_keeps_the_data_and_the_next_deploy_has_it(stack: Stack) -> None:
    before = events(stack)
    assert stack.invoke("down", "--target", "local").returncode == 0
    with socket.socket() as gone:
        assert gone.connect_ex(("127.0.0.1", stack.https_port)) != 0
    assert stack.invoke("deploy", "--target", "local").returncode == 0
    assert events(stack) == before


def events(stack: Stack) -> str:
    """Return what the API lists, once it answers: a machine that was just busy may have taken it out for a moment."""
    deadline = time.monotonic() + 30
    while (answer := stack.ask("/api/events?limit=1")).status_code != 200:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)  # until Traefik has seen it healthy again
    return answer.text


def test_down_with_volumes_does_not_ask_a_script_it_refuses(stack: Stack) -> None:
    done = stack.invoke("down", "--target", "local", "--volumes")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert all(row["healthy"] for row in stack.json("status")["services"])
