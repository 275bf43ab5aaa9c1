from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

from ops.errors import HostError, SettingsError
from ops.settings import KEYS, Settings
from ops.ssh.connection import CommandResult
from ops.targets.droplet.bootstrap import TEMPLATE, bootstrap_script, bootstrap_version, daemon_json, prepare, user_data
from tests.unit.ops.targets.droplet.remote_fixtures import FakeRemote

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFFWfJ1I8QGnmGD2UFKN8FwYsQaCSKS somebody"
MOST_USER_DATA_BYTES = 64 * 1024


def settings(**stated: str) -> Settings:
    """Return settings in which every secret is a canary."""
    canaries = {key.name: f"canary-{key.name.lower()}-0123456789" for key in KEYS if key.secret}
    values = {**{key.name: key.default for key in KEYS}, **canaries, **stated}
    return Settings(target="droplet", values=MappingProxyType(values), extra=MappingProxyType({}))


def config(**stated: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(user_data(settings(**stated), PUBLIC_KEY))
    return loaded


@pytest.mark.parametrize("tool", [("sh", "-n"), (str(Path(sys.executable).with_name("shellcheck")),)])
def test_the_script_and_its_template_satisfy_the_shell_and_its_checker(tmp_path: Path, tool: tuple[str, ...]) -> None:
    script = tmp_path / "bootstrap.sh"
    script.write_text(bootstrap_script(settings(DOCKER_REGISTRY_MIRROR="http://10.0.0.5:5000")))
    for file in (script, TEMPLATE):
        done = subprocess.run((*tool, str(file)), capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_nothing_of_the_template_is_left_to_fill_in() -> None:
    assert re.findall("@[A-Z_]+@", bootstrap_script(settings())) == []


def test_user_data_holds_no_secret() -> None:
    text = user_data(settings(), PUBLIC_KEY)
    assert "canary" not in text
    assert "canary" not in bootstrap_script(settings())


def test_user_data_is_cloud_config_that_fits() -> None:
    text = user_data(settings(), PUBLIC_KEY)
    assert text.startswith("#cloud-config\n")
    assert len(text.encode()) < MOST_USER_DATA_BYTES


def test_the_first_boot_makes_one_user_with_the_key_and_no_password() -> None:
    made = config()
    (user,) = made["users"]
    assert (user["name"], user["ssh_authorized_keys"], user["lock_passwd"]) == ("deploy", [PUBLIC_KEY], True)
    assert (made["ssh_pwauth"], made["disable_root"]) == (False, True)


def test_the_first_boot_runs_the_very_script_that_is_sent_over_ssh() -> None:
    made = config()
    (file,) = made["write_files"]
    assert file["content"] == bootstrap_script(settings())
    assert made["runcmd"] == [[file["path"], "close_logins", "1800"], [file["path"]]]
    assert file["permissions"] == "0700"


@pytest.mark.parametrize(
    "stated", [{"SSH_USER": "admin"}, {"DOCKER_REGISTRY_MIRROR": "https://mirror.example.org"}], ids=str
)
def test_the_version_changes_with_what_the_script_does(stated: dict[str, str]) -> None:
    assert bootstrap_version(bootstrap_script(settings(**stated))) != bootstrap_version(bootstrap_script(settings()))


def test_the_version_does_not_change_with_who_deploys() -> None:
    versions = {
        bootstrap_version(bootstrap_script(settings(SSH_KEY_PATH=path, OPERATOR_ADDRESS=address)))
        for path, address in (("~/.ssh/a", "203.0.113.7"), ("~/.ssh/b", "203.0.113.8"))
    }
    assert len(versions) == 1


@pytest.mark.parametrize(
    ("mirror", "expected"),
    [
        ("", {}),
        ("https://mirror.example.org", {"registry-mirrors": ["https://mirror.example.org"]}),
        (
            "http://10.0.0.5:5000",
            {"registry-mirrors": ["http://10.0.0.5:5000"], "insecure-registries": ["10.0.0.5:5000"]},
        ),
    ],
)
def test_a_mirror_is_asked_first_and_only_a_plain_one_is_called_insecure(mirror: str, expected: dict[str, Any]) -> None:
    made = json.loads(daemon_json(mirror))
    assert {key: made[key] for key in made if "regist" in key} == expected
    assert made["live-restore"] is True
    assert made["log-opts"] == {"max-file": "3", "max-size": "10m"}


def test_the_engines_own_networks_do_not_hide_the_mirror() -> None:
    assert "bip" in json.loads(daemon_json("http://172.17.0.1:5000"))
    assert "bip" not in json.loads(daemon_json("http://10.0.0.5:5000"))


def test_root_is_refused_as_the_user_that_logs_in() -> None:
    with pytest.raises(SettingsError, match="SSH_USER is root"):
        bootstrap_script(settings(SSH_USER="root"))


def test_a_host_that_has_the_script_is_left_alone_after_its_first_boot() -> None:
    said: list[str] = []
    remote = FakeRemote(journals=[["first boot: packages", "bootstrap=v2"]])
    assert not prepare(remote, "version=v2\n", say=said.append)
    assert (said, len(remote.commands)) == (["first boot: packages"], 1)


@pytest.mark.req("A-07")
def test_a_user_without_sudo_is_told_apart_from_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    refusal = CommandResult(exit_code=1, output="", errors="sudo: a password is required\n")
    remote = FakeRemote(journals=[[]])
    monkeypatch.setattr(remote, "ended", refusal)
    with pytest.raises(HostError, match="`deploy` cannot use sudo") as refused:
        prepare(remote, "version=v2\n", say=said.append)
    assert refused.value.fix.startswith("ssh -p 22 root@203.0.113.7 ")


def test_the_last_words_of_a_bootstrap_that_failed_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    words = (
        "noise\nerror: no room\nwhy:   the disk is full\nfix:   buy one\nslipway: the bootstrap stopped at: packages\n"
    )
    remote = FakeRemote(journals=[[]])
    monkeypatch.setattr(remote, "ended", CommandResult(exit_code=1, output="", errors=words))
    monkeypatch.setattr(
        "ops.targets.droplet.bootstrap._version_on", lambda *_: ""
    )  # the one look before is another command
    with pytest.raises(HostError, match="could not be prepared: no room") as failed:
        prepare(remote, "version=v2\n", say=said.append)
    assert (failed.value.why, failed.value.fix) == ("the disk is full", "buy one")
    assert remote.sent["lines"] == b"version=v2\n"


def test_a_host_that_is_in_use_otherwise_is_looked_at_before_the_script_is_sent() -> None:
    def refuse(_: object) -> None:
        raise HostError("one thing is in the way", why="port 80", fix="stop it")

    remote = FakeRemote(journals=[["bootstrap="]])
    with pytest.raises(HostError, match="in the way"):
        prepare(remote, "version=v2\n", say=lambda _: None, check=refuse)
    assert len(remote.commands) == 1


def test_a_file_that_cannot_be_written_stops_the_bootstrap_and_is_not_taken_for_unchanged(tmp_path: Path) -> None:
    functions = bootstrap_script(settings()).partition("\napt() {")[0]
    (tmp_path / "file").touch()
    (tmp_path / "scratch").mkdir()  # removed when the script ends
    tried = f"""scratch={tmp_path}/scratch
put 600 {tmp_path}/new <<X || exit 3
one
X
put 600 {tmp_path}/new <<X && exit 4
one
X
put 644 {tmp_path}/file/below <<X || true
one
X
echo it went on"""
    done = subprocess.run(
        ("sh",), input=f"{functions}\n{tried}\n", capture_output=True, text=True, check=False, timeout=10
    )
    assert (tmp_path / "new").read_text() == "one\n"
    assert done.returncode == 1
    assert "it went on" not in done.stdout
    assert f"error: {tmp_path}/file/below cannot be written" in done.stderr


@pytest.mark.parametrize(
    ("told", "packages"),
    [
        ('ID=debian\nVERSION_ID="13"\n', "docker.io docker-cli docker-compose docker-buildx"),
        ('NAME="Ubuntu"\nID=ubuntu\nVERSION_ID="24.04"\n', "docker.io docker-compose-v2 docker-buildx"),
        ('ID="ubuntu"\nVERSION_ID="26.04"\n', "docker.io docker-compose-v2 docker-buildx"),
        ("ID=raspbian\nID_LIKE=debian\n", "docker.io docker-cli docker-compose docker-buildx"),
    ],
)
def test_the_engines_packages_have_the_names_of_the_distribution(tmp_path: Path, told: str, packages: str) -> None:
    (tmp_path / "os-release").write_text(told, encoding="utf-8")
    functions = bootstrap_script(settings()).partition("\nif [ $# -gt 0 ]")[0].replace("trap last_words EXIT", "")
    tried = f"os_release={tmp_path}/os-release; engine_packages"
    done = subprocess.run(
        ("sh",), input=f"{functions}\n{tried}\n", capture_output=True, text=True, check=True, timeout=10
    )
    assert done.stdout.split() == packages.split()
