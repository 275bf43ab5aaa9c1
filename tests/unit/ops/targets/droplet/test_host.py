from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.engine.host import receive as receiver
from ops.engine.host.formats import FORMAT, read_format
from ops.engine.model import Edge, Image, Release, Service
from ops.errors import BuildError, HostError
from ops.release.sources import source_files
from ops.ssh import errors
from ops.ssh.errors import Login
from ops.targets.droplet import follow
from ops.targets.droplet.host import RemoteHost
from tests.unit.ops.targets.droplet.remote_fixtures import DOOR, HELLO, FakeRemote

ROOT = Path(__file__).resolve().parents[5]
SECRET = "canary-0123456789"


def host(**more: Any) -> tuple[RemoteHost, FakeRemote, list[str]]:
    said: list[str] = []
    remote = FakeRemote(**more)
    return RemoteHost(remote, checkout=ROOT, say=said.append), remote, said


def release() -> Release:
    image = Image(id="api-1", files=source_files(ROOT, ["ops/engine"]))
    service = Service(name="api", image=image, command=("true",), environment={"PASSWORD": SECRET})
    return Release(id="r1", source_dir="/var/lib/slipway", services=(service,), edge=Edge(api_url="", dynamic_files={}))


def event(name: str, **more: str) -> str:
    return json.dumps({"event": name, **more})


def cut() -> HostError:
    return errors.cut(DOOR, during="following")


def test_secrets_travel_as_input_and_in_no_command_line() -> None:
    opened, remote, _ = host(journals=[[event("run_finished")]])
    shipped = opened.ship("run-1", release(), {"data/tls/key.pem": SECRET.encode()})
    opened.start("run-1", "deploy", ("--release", shipped))
    list(opened.follow("run-1"))
    assert SECRET not in "".join(remote.commands)
    assert len(remote.sent["receive"]) > 1000


def test_a_deploy_takes_three_commands() -> None:
    opened, remote, _ = host(journals=[[event("run_finished")]])
    opened.start("run-1", "deploy", ("--release", opened.ship("run-1", release(), {})))
    list(opened.follow("run-1"))
    verbs = [
        re.findall(r"\b(hello|receive|follow)\b", re.sub(r"-c '.*'", "", command, flags=re.DOTALL))
        for command in remote.commands
    ]
    assert [found[-1] for found in verbs] == ["hello", "receive", "follow"]


def test_what_the_host_has_is_not_sent_again() -> None:
    files = sorted(set(source_files(ROOT, ["ops/engine"]).values()))
    fresh, first, _ = host()
    fresh.ship("run-1", release(), {})
    known, second, _ = host(answers={"hello": {**HELLO, "blobs": files}})
    known.ship("run-1", release(), {})
    assert len(second.sent["receive"]) < len(first.sent["receive"])


def test_the_engine_outlives_the_connection_and_logs_on_the_host() -> None:
    opened, remote, _ = host(journals=[[event("run_finished")]])
    opened.start("run-1", "rollback", ("--lock-wait", "7"))
    started = remote.commands[-1]
    assert "systemd-run --unit=slipway-run-1 " in started
    assert "StandardOutput=append:/var/lib/slipway/runs/run-1/engine.log" in started
    assert "mkdir -p -m 700 /var/lib/slipway/runs/run-1 && " in started
    assert "engine.pyz rollback --root /var/lib/slipway --runtime compose --run-id run-1" in started
    assert "--lock-wait 7 && exec python3 /var/lib/slipway/engine.pyz follow" in started


def test_a_cut_link_is_made_again_and_no_event_comes_twice() -> None:
    first, second = event("run_started"), event("step_started", step="zurück")
    opened, remote, said = host(journals=[[first, "", second, cut()], [event("run_finished")]])
    opened.start("run-1", "deploy", ("--release", "/release.json"))
    assert [one["event"] for one in opened.follow("run-1")] == ["run_started", "step_started", "run_finished"]
    assert remote.connected == 1
    assert remote.commands[-1].endswith(f"--after {len(first.encode()) + len(second.encode()) + 2}")
    assert [line for line in said if "reconnecting" in line]


def test_a_second_following_goes_on_where_the_first_stopped() -> None:
    first = event("run_started")
    opened, remote, _ = host(journals=[[first, event("step_started")], [event("run_finished")]])
    opened.start("run-1", "deploy", ("--release", "/release.json"))
    following = opened.follow("run-1")
    next(following)
    opened.cancel()
    assert "systemctl kill --kill-whom=main --signal=TERM slipway-run-1" in remote.commands[-1]
    assert [one["event"] for one in opened.follow("run-1")] == ["run_finished"]
    assert remote.commands[-1].endswith(f"--after {len(first) + 1}")


@pytest.mark.req("A-07")
def test_a_link_that_stays_lost_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "RECONNECT_S", 0.0)
    opened, remote, _ = host(journals=[[cut()]])
    opened.start("run-1", "deploy", ("--release", "/release.json"))

    def refuse(**_: float) -> None:
        raise errors.refused(DOOR)

    monkeypatch.setattr(remote, "connect", refuse)
    with pytest.raises(HostError, match="stays lost") as lost:
        list(opened.follow("run-1"))
    assert "the engine there finishes or undoes it by itself" in lost.value.why


def gone(boot: str) -> HostError:
    opened, remote, _ = host(journals=[[event("run_started"), event("engine_gone", why="MemoryError")]])
    opened.start("run-1", "deploy", ("--release", "/release.json"))
    remote.answers["hello"] = {**HELLO, "boot": boot}
    with pytest.raises(HostError) as died:
        list(opened.follow("run-1"))
    return died.value


def test_an_engine_that_died_is_told_from_a_host_that_was_restarted() -> None:
    assert (gone("boot-1").what, gone("boot-1").why) == ("the engine ended in the middle", "MemoryError")
    restarted = gone("boot-2")
    assert restarted.what == "the host was restarted in the middle"
    assert "live before is the one that serves" in restarted.why
    assert "finishes or undoes" in restarted.fix


def test_a_full_disk_is_noticed_before_anything_is_sent() -> None:
    opened, remote, _ = host(answers={"hello": {**HELLO, "free_mib": 3}})
    with pytest.raises(HostError, match="disk is full"):
        opened.ship("run-1", release(), {})
    assert "receive" not in remote.sent


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"error": {"what": "w", "why": "y", "fix": "invoke deploy", "family": "build"}}, BuildError),
        ("no JSON", HostError),
    ],
)
def test_what_the_engine_refuses_is_the_operators_error(answer: Any, expected: type[Exception]) -> None:
    opened, _, _ = host(answers={"status": answer})
    with pytest.raises(expected):
        opened.engine("status")


def test_a_host_that_was_never_prepared_would_get_everything() -> None:
    opened, _, _ = host(answers={"hello": {**HELLO, "bootstrap": ""}})
    assert [(change["service"], change["action"]) for change in opened.plan(release())["changes"]] == [("api", "start")]


@pytest.mark.parametrize(
    ("known", "is_ready"), [({}, False), ({"engine": "e"}, True), ({"engine": "e", "has_state": False}, False)]
)
def test_a_host_is_ready_once_something_was_deployed(known: dict[str, Any], is_ready: bool) -> None:  # noqa: FBT001 - a table
    opened, _, _ = host(answers={"hello": {**HELLO, **known}})
    assert opened.is_ready is is_ready


def test_the_engines_folder_and_runtime_are_not_the_callers_business() -> None:
    opened, remote, _ = host(answers={"run": {"exit_code": 3, "output": "no"}}, journals=[["a", "b"]])
    assert opened.run("django", ("check", "--deploy"), timeout_s=5) == (3, "no")
    where = "python3 /var/lib/slipway/engine.pyz {} --root /var/lib/slipway --runtime compose "
    assert remote.commands[-1] == where.format("run") + "--service django --timeout 5 -- check --deploy"
    assert list(opened.stream("logs", "--lines", "5")) == ["a\n", "b\n"]
    assert remote.commands[-1] == where.format("logs") + "--lines 5"


Refusal = Callable[[Login], HostError]


@pytest.mark.req("A-07")
@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        (errors.refused, "wait a minute"),
        (lambda login: errors.blocked(login, timeout_s=10), "invoke deploy"),
        (lambda login: errors.no_route(login, why="No route to host"), "check your network"),
        (lambda login: errors.not_ssh(login, why="no banner"), "wait a minute"),
        (errors.denied, "SSH_KEY_PATH"),
        (lambda login: errors.changed(login, seen="SHA256:x"), "ssh-keygen -R droplet-1 -f kh"),
        (errors.unreadable_pin, "delete that line from kh"),
        (lambda login: errors.cut(login, during="x"), "same command"),
        (lambda login: errors.too_slow(login, during="x", timeout_s=5), "ssh -i key -p 22 deploy@203.0.113.7"),
    ],
)
def test_each_way_not_to_get_in_names_the_host_and_the_fix(refusal: Refusal, says: str) -> None:
    error = refusal(DOOR)
    assert "203.0.113.7" in error.what
    assert says in error.fix
    assert error.exit_code == HostError.exit_code


NEWER = {"format": str(FORMAT + 1)}


@pytest.mark.req("D-01")
@pytest.mark.parametrize(
    "ask",
    [
        lambda opened: opened.ship("run-1", release(), {}),
        lambda opened: opened.plan(release()),
        lambda opened: opened.start("run-1", "rollback", ()),
        lambda opened: opened.engine("down"),
        lambda opened: opened.examine(),
    ],
    ids=["ship", "plan", "start", "down", "examine"],
)
def test_what_a_newer_slipway_changed_is_left_alone(ask: Callable[[RemoteHost], Any]) -> None:
    opened, remote, _ = host(answers={"hello": {**HELLO, "engine": "e", **NEWER}})
    assert opened.is_ready
    with pytest.raises(HostError, match="newer Slipway"):
        ask(opened)
    assert len(remote.commands) == 1  # the hello


def test_the_logs_of_a_newer_slipway_are_read() -> None:
    opened, _, _ = host(answers={"hello": {**HELLO, "engine": "e", **NEWER}}, journals=[["api-1 | a line"]])
    assert opened.is_ready
    assert list(opened.stream("logs", "--lines", "5")) == ["api-1 | a line\n"]


@pytest.mark.req("D-01")
def test_a_newer_slipway_that_came_after_the_hello_is_met_when_sending() -> None:
    opened, _, _ = host(answers={"receive": NEWER})
    with pytest.raises(HostError, match="newer Slipway"):
        opened.ship("run-1", release(), {})


@pytest.mark.parametrize(("found", "is_sent"), [("0", True), (str(FORMAT), False)])
def test_the_number_goes_ahead_of_the_engine_that_an_older_checkout_must_not_ask(
    found: str,
    is_sent: bool,  # noqa: FBT001 - a table
    tmp_path: Path,
) -> None:
    opened, remote, _ = host(answers={"hello": {**HELLO, "format": found}})
    opened.ship("run-1", release(), {})
    receiver.receive(tmp_path, io.BytesIO(remote.sent["receive"]))
    assert (tmp_path / "engine.pyz").exists()
    assert read_format(tmp_path) == (FORMAT if is_sent else 0)
    assert opened.hello().format == str(FORMAT)


@pytest.mark.req("D-03")
@pytest.mark.parametrize(("known", "is_sent"), [(None, True), ("", False), ("eu", False)])
def test_a_host_is_told_once_which_environment_it_belongs_to(
    tmp_path: Path, known: str | None, *, is_sent: bool
) -> None:
    opened, remote, _ = host(answers={"hello": {**HELLO, "environment": known}})
    opened.ship("run-1", release(), {})
    receiver.receive(tmp_path, io.BytesIO(remote.sent["receive"]))
    assert receiver.hello(tmp_path)["environment"] == ("" if is_sent else None)
