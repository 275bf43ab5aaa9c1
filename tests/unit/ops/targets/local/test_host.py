"""Does the operator's side see what the engine does, and understand how it ends?"""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ops.engine.host.formats import FORMAT, read_format
from ops.engine.host.receive import RUNS_KEPT
from ops.engine.model import Edge, Release
from ops.errors import BuildError, HostError, PreflightError, ReleaseError
from ops.targets.host import raised
from ops.targets.local.host import LocalHost

RELEASE = Release(id="r1", source_dir="/nowhere", services=(), edge=Edge(api_url="", dynamic_files={}))


@pytest.fixture
def host(tmp_path: Path) -> LocalHost:
    return LocalHost(tmp_path / ".local", environment={"PATH": "/usr/bin:/bin"})


def journal(host: LocalHost, run_id: str, text: str) -> Path:
    folder = host.state / "runs" / run_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "engine.log").touch()
    path = folder / "journal.jsonl"
    with path.open("a", encoding="utf-8") as file:
        file.write(text)
    return path


def line(event: str, **more: str) -> str:
    return json.dumps({"event": event, **more}) + "\n"


def test_a_shipped_release_can_be_read_by_its_owner_alone(host: LocalHost) -> None:
    shipped = Path(host.ship("run-1", RELEASE, {}))
    assert stat.S_IMODE(shipped.stat().st_mode) == 0o600
    assert stat.S_IMODE(host.state.stat().st_mode) == 0o700


def test_releases_of_old_runs_do_not_pile_up(host: LocalHost) -> None:
    for number in range(RUNS_KEPT + 3):
        host.ship(f"run-{number:02}", RELEASE, {})
    kept = sorted(path.name for path in (host.state / "runs").iterdir())
    assert len(kept) == RUNS_KEPT
    assert kept[-1] == f"run-{RUNS_KEPT + 2:02}"


@pytest.mark.req("D-05")
def test_a_command_in_a_service_has_its_own_exit_code_and_output(
    host: LocalHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def engine(*words: str) -> dict[str, object]:
        asked.append(words)
        return {"exit_code": 3, "output": "no such table\n"}

    monkeypatch.setattr(host, "engine", engine)
    assert host.run("django", ("python", "manage.py", "check"), timeout_s=10) == (3, "no such table\n")
    assert asked == [("run", "--service", "django", "--timeout", "10", "--", "python", "manage.py", "check")]


def test_a_run_without_a_release_has_its_folder_and_log_too(host: LocalHost) -> None:
    for number in range(RUNS_KEPT + 1):
        host.start(f"run-{number:02}", "rollback", ("--lock-wait", "1"))
        with pytest.raises(HostError, match="the engine ended in the middle"):  # there is none in this folder
            list(host.follow(f"run-{number:02}"))
    kept = sorted(path.name for path in (host.state / "runs").iterdir())
    assert (len(kept), kept[0]) == (RUNS_KEPT, "run-01")
    assert "engine.pyz" in (host.state / "runs" / kept[-1] / "engine.log").read_text(encoding="utf-8")


def test_a_second_run_is_followed_from_its_beginning(host: LocalHost) -> None:
    journal(host, "run-1", line("run_started") + line("run_finished"))
    assert len(list(host.follow("run-1"))) == 2
    host.start("run-1-undo", "rollback", ())
    journal(host, "run-1-undo", line("run_started") + line("run_finished"))
    assert [event["event"] for event in host.follow("run-1-undo")] == ["run_started", "run_finished"]


def test_following_yields_every_event_until_the_run_has_finished(host: LocalHost) -> None:
    journal(host, "run-1", line("run_started") + line("step_started", step="plan") + line("run_finished"))
    assert [event["event"] for event in host.follow("run-1")] == ["run_started", "step_started", "run_finished"]


def test_a_second_following_goes_on_where_the_first_stopped(host: LocalHost) -> None:
    journal(host, "run-1", line("run_started") + line("step_started", step="plan") + line("run_finished"))
    first = host.follow("run-1")
    assert next(first)["event"] == "run_started"
    del first
    assert [event["event"] for event in host.follow("run-1")] == ["step_started", "run_finished"]


def test_an_engine_that_dies_in_the_middle_is_an_error_with_its_last_words(host: LocalHost) -> None:
    path = journal(host, "run-1", line("run_started") + '{"event": "torn')
    path.with_name("engine.log").write_text("first\nMemoryError\n", encoding="utf-8")
    with pytest.raises(HostError) as died:
        list(host.follow("run-1"))
    assert died.value.why == "MemoryError"


@pytest.mark.parametrize(
    ("family", "expected"),
    [("build", BuildError), ("host", HostError), ("preflight", PreflightError), ("release", ReleaseError)],
)
def test_each_family_of_engine_errors_has_its_own_exit_code(family: str, expected: type[Exception]) -> None:
    assert isinstance(raised({"what": "w", "why": "y", "fix": "f", "family": family}, target="local"), expected)


def test_a_fix_of_the_engine_names_the_target_that_the_operator_meant() -> None:
    error = raised(
        {"what": "w", "why": "y", "fix": "invoke down && invoke deploy", "family": "release"}, target="local"
    )
    assert error.fix == "invoke down --target local && invoke deploy --target local"


def test_an_engine_that_cannot_start_is_an_error_of_the_host(host: LocalHost) -> None:
    host.state.mkdir()
    with pytest.raises(HostError, match="refused"):
        host.engine("status")


@pytest.mark.req("D-01")
def test_what_a_newer_slipway_changed_is_left_alone(host: LocalHost) -> None:
    host.state.mkdir(exist_ok=True)
    (host.state / "format").write_text(f"{FORMAT + 1}\n", encoding="utf-8")
    for ask in (lambda: host.start("run-1", "rollback", ()), lambda: host.engine("down")):
        with pytest.raises(HostError, match="newer Slipway"):
            ask()
    assert [path.name for path in host.state.iterdir()] == ["format"]


def test_the_number_goes_with_the_engine_that_an_older_checkout_must_not_ask(host: LocalHost) -> None:
    host.ship("run-1", RELEASE, {})
    assert read_format(host.state) == FORMAT
