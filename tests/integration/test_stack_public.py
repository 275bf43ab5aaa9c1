"""Does each word that speaks JSON of a running stack print the shape that programs parse?"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from tests.integration.stack.mails import mail_to
from tests.stack import Stack
from tests.unit.public.schemas import faults

KEPT = Path(__file__).resolve().parents[1] / "unit" / "public" / "kept"


def printed(stack: Stack, *words: str) -> Any:
    """Return what a word printed as JSON; the words without a target are of the local one alone."""
    done = stack.invoke(*words, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("word", ["status", "plan", "history", "scale"])
def test_what_a_word_tells_of_a_running_stack_has_its_shape(stack: Stack, word: str) -> None:
    assert faults(word, stack.json(word)) == []


def test_a_planned_change_has_its_shape(stack: Stack) -> None:
    stack.change_api("to be planned")
    planned = stack.json("plan")
    assert any(change["action"] == "replace" for change in planned["changes"])
    assert faults("plan", planned) == []


def test_each_line_of_the_logs_has_its_shape(stack: Stack) -> None:
    done = stack.invoke("logs", "--target", "local", "--lines", "50", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines
    assert [fault for line in lines for fault in faults("logs-line", line)] == []


def test_a_seed_and_the_mails_have_their_shapes(stack: Stack) -> None:
    assert faults("seed", printed(stack, "seed")) == []
    mail = mail_to(stack, f"public-{secrets.token_hex(4)}@example.org")
    assert faults("mail", printed(stack, "mail")) == []
    assert faults("mail-show", printed(stack, "mail", "--show", str(mail["number"]))) == []


@pytest.mark.req("A-11")
def test_the_report_of_each_run_that_goes_well_has_its_shape(stack: Stack) -> None:
    stack.change_api("to be gone back from")
    for word in ("verify", "update", "rollback"):
        check_run(stack.json(word), word)


@pytest.mark.req("A-11")
def test_a_stack_that_is_stopped_and_started_again_tells_both_in_their_shapes(stack: Stack) -> None:
    assert faults("down", stack.json("down")) == []
    deployed = stack.json("deploy")
    assert len(deployed["changes"]) > 5
    check_run(deployed, "full")


def check_run(report: dict[str, Any], mode: str) -> None:
    """Hold a run's report, its manifest and the names of its artifacts against what is kept."""
    folder = Path(report["artifact_path"])
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (report["mode"], report["outcome"]) == (mode, "success")
    assert report["checks"]
    assert faults("report", report) == []
    assert faults("manifest", manifest) == []
    assert sorted(path.name for path in folder.iterdir()) == (KEPT / "artifacts.txt").read_text().split()
