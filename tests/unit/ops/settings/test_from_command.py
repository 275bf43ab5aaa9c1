"""Does a command give a value, and is everything else that it does a problem that names the key and no secret?"""

from __future__ import annotations

import io
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from dotenv import dotenv_values

from ops.settings import InvalidSettingsError, Settings, load
from ops.settings.from_command import LIMIT_S, ask_commands
from tests.unit.ops.settings.settings_fixtures import RANDOM, problems, sound

SECRET = f"from-the-vault-{RANDOM}"
KEY = "POSTGRES_PASSWORD"


def program(folder: Path, text: str, *, name: str = "vault", mode: int = 0o700) -> Path:
    """Write a program that a person might have."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(mode)
    return path


def loaded(folder: Path, command: str, *, key: str = KEY, target: str = "local", **environ: str) -> Settings:
    """Load settings of which one comes from a command."""
    return load(sound(folder, f"{key}='exec:{command}'"), environ=environ, target=target)


def refused(folder: Path, text: str, *, limit_s: float = LIMIT_S) -> str:
    """Return what is wrong with a program that does this."""
    found, wrong = ask_commands(
        {KEY: f"exec:{program(folder, text)}"}, folder=folder, say=lambda _: None, limit_s=limit_s
    )
    (problem,) = wrong
    assert (found[KEY], problem.key) == ("", KEY)
    assert SECRET not in problem.wrong + problem.write
    return problem.wrong


@pytest.mark.req("D-04")
def test_a_value_is_what_the_command_prints(tmp_path: Path) -> None:
    vault = program(tmp_path, f"printf '{SECRET}\\r\\n'")
    settings = loaded(tmp_path, str(vault))
    assert settings.POSTGRES_PASSWORD == SECRET
    assert settings.secrets()[KEY] == SECRET


@pytest.mark.req("D-04")
def test_words_are_split_by_the_rule_of_a_posix_shell_and_no_shell_reads_them(tmp_path: Path) -> None:
    program(tmp_path, 'printf "%s|" "$@"')
    given = """exec:./vault read "op://my vault/item" $HOME 'a;b' *.env"""
    found, wrong = ask_commands({KEY: given}, folder=tmp_path, say=lambda _: None)
    assert (found[KEY], wrong) == ("read|op://my vault/item|$HOME|a;b|*.env|", [])


@pytest.mark.req("D-04")
def test_it_runs_in_the_folder_of_the_file_and_has_nothing_to_read(tmp_path: Path) -> None:
    program(tmp_path, "read -r line && exit 1; pwd")
    found, _ = ask_commands({KEY: "exec:./vault"}, folder=tmp_path, say=lambda _: None)
    assert found[KEY] == str(tmp_path)


@pytest.mark.req("D-04")
def test_two_keys_with_one_command_ask_once_and_it_is_said_who_is_asked(tmp_path: Path) -> None:
    program(tmp_path, f"echo x >>asked; echo {SECRET}")
    said: list[str] = []
    found, _ = ask_commands({"ONE": "exec:./vault a", "TWO": "exec:./vault a"}, folder=tmp_path, say=said.append)
    assert found == {"ONE": SECRET, "TWO": SECRET}
    assert (tmp_path / "asked").read_text(encoding="utf-8") == "x\n"
    assert said == ["asking `vault` for ONE and TWO"]


@pytest.mark.req("D-04")
@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (f"echo {SECRET}; exit 3", "its command, `vault`, ended with exit code 3"),
        (f"echo {SECRET} >&2; exit 1", "ended with exit code 1; 1 line on stderr, not shown"),
        (f"echo {SECRET} >&2; echo no >&2", "printed nothing; 2 lines on stderr, not shown"),
        ("", "printed nothing"),
        ("echo; echo", "printed nothing"),
        (f"echo {SECRET}; echo {SECRET}", "printed 2 lines; one is wanted"),
        (f"printf '{SECRET}\\0'", "printed what is no text"),
        (f"printf '{SECRET}\\033[1m'", "printed what is no text"),
        (f"printf '{SECRET}\\n\\n'", "printed 2 lines; one is wanted"),
        ("printf '\\377\\376'", "printed what is no UTF-8 text"),
        ("kill -9 $$", "ended with signal 9"),
        ("yes", "printed more than 64 KiB"),
    ],
)
def test_what_is_no_value_is_a_problem_that_holds_no_secret(tmp_path: Path, text: str, wrong: str) -> None:
    assert wrong in refused(tmp_path, text)


@pytest.mark.req("D-04")
def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    began = time.monotonic()
    assert "did not end within 0.5 s" in refused(tmp_path, "sleep 4711 & sleep 4711", limit_s=0.5)
    assert time.monotonic() - began < 30
    assert LIMIT_S == 60
    gone = time.monotonic() + 10
    while any("4711" in one.info["cmdline"] for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"]):
        assert time.monotonic() < gone
        time.sleep(0.05)  # until the kernel has ended them


@pytest.mark.req("D-04")
@pytest.mark.parametrize(("command", "mode"), [("no-such-vault get", None), ("./vault", 0o600)])
def test_a_program_that_is_not_there_or_may_not_be_run_is_named_without_its_words(
    tmp_path: Path, command: str, mode: int | None
) -> None:
    if mode is not None:
        program(tmp_path, "echo x", mode=mode)
    _, (problem,) = ask_commands({KEY: f"exec:{command}"}, folder=tmp_path, say=lambda _: None)
    assert "is not there, or may not be run" in problem.wrong
    assert " get" not in problem.wrong


@pytest.mark.req("D-04")
@pytest.mark.parametrize("value", ["exec:", "exec:   ", "exec:vault 'open"])
def test_what_names_no_command_is_said(tmp_path: Path, value: str) -> None:
    _, (problem,) = ask_commands({KEY: value}, folder=tmp_path, say=lambda _: None)
    assert "names no command" in problem.wrong


@pytest.mark.req("D-04", "A-04")
def test_all_that_is_wrong_is_said_at_once_and_a_file_that_is_wrong_anyway_asks_nobody(tmp_path: Path) -> None:
    vault = program(tmp_path, "touch asked; exit 1")
    path = sound(tmp_path, f"{KEY}=exec:{vault}\nREDIS_PASSWORD=exec:{vault} b\nLOG_LEVEL=LOUD")
    assert set(problems(path)) == {KEY, "REDIS_PASSWORD", "LOG_LEVEL"}
    (tmp_path / "asked").unlink()
    path = sound(tmp_path, f"{KEY}=exec:{vault}\nPOSTGRES_PASSWROD=x")
    assert set(problems(path)) == {"POSTGRES_PASSWROD"}
    assert not (tmp_path / "asked").exists()


@pytest.mark.req("D-04", "A-16")
@pytest.mark.parametrize("key", ["ENVIRONMENT", "ACME_DIRECTORY"])
def test_a_decision_is_written_out(tmp_path: Path, key: str) -> None:
    assert "has to be written out" in problems(sound(tmp_path, f"{key}=exec:echo production"))[key]


@pytest.mark.req("D-04")
def test_a_command_in_the_process_environment_is_refused(tmp_path: Path) -> None:
    wrong = problems(sound(tmp_path), REDIS_PASSWORD="exec:touch asked")
    assert "only the file may name one" in wrong["REDIS_PASSWORD"]
    assert not (tmp_path / "asked").exists()


@pytest.mark.req("D-04")
def test_a_value_of_the_process_environment_asks_nobody(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "touch asked", POSTGRES_PASSWORD=SECRET)
    assert settings.POSTGRES_PASSWORD == SECRET
    assert not (tmp_path / "asked").exists()


@pytest.mark.req("D-04")
def test_the_local_target_asks_for_no_token_of_the_cloud(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "touch asked", key="DIGITALOCEAN_TOKEN")
    assert not settings.DIGITALOCEAN_TOKEN
    assert not (tmp_path / "asked").exists()


@pytest.mark.req("D-04")
def test_a_value_of_an_unknown_key_is_secret_when_a_command_gave_it(tmp_path: Path) -> None:
    vault = program(tmp_path, f"echo {SECRET}")
    (tmp_path / "docker-compose.override.yml").write_text(
        "services: {api: {environment: {MINE: $MINE}}}\n", encoding="utf-8"
    )
    settings = loaded(tmp_path, str(vault), key="MINE")
    assert settings.secrets()["MINE"] == SECRET
    assert settings.extra["MINE"] == SECRET


@pytest.mark.req("D-04", "A-12")
@pytest.mark.parametrize("key", ["LOG_LEVEL", "API_REPLICAS", "DROPLET_REGION", "POSTGRES_USER", "WEBSITE_DOMAIN", KEY])
def test_what_a_setting_does_not_take_is_a_problem_that_does_not_show_it(tmp_path: Path, key: str) -> None:
    vault = program(tmp_path, "echo 'hunter2!Of-Another-Key /'")
    with pytest.raises(InvalidSettingsError) as caught:
        load(sound(tmp_path, f"{key}=exec:{vault}"), environ={}, target="local")
    assert f"{key} is not what this setting takes" in str(caught.value)
    assert "hunter2" not in str(caught.value).lower()


@pytest.mark.req("D-04", "A-12")
def test_lists_and_helps_ask_nobody(tmp_path: Path) -> None:
    root = Path(__file__).parents[4]
    checkout = tmp_path / "checkout"
    shutil.copytree(root / "ops", checkout / "ops", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(root / "tasks.py", checkout)
    sound(checkout, f"{KEY}='exec:touch {tmp_path}/asked'")
    for words in (("--list",), ("deploy", "--help"), ("--complete", "--", "invoke dep"), ("environments",)):
        command = (sys.executable, "-m", "invoke", *words)
        done = subprocess.run(command, cwd=checkout, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
    assert not (tmp_path / "asked").exists()
    asking = (sys.executable, "-m", "invoke", "status", "--target", "local")
    subprocess.run(asking, cwd=checkout, capture_output=True, check=False, timeout=60)
    assert (tmp_path / "asked").exists()  # so that the words above could have asked


@pytest.mark.req("D-04")
def test_ctrl_c_while_a_command_is_asked_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []

    def interrupted(_: float) -> None:
        ended.extend(child.pid for child in psutil.Process().children(recursive=True))
        raise KeyboardInterrupt

    program(tmp_path, "exec sleep 4712")
    monkeypatch.setattr("ops.settings.from_command.sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ask_commands({KEY: "exec:./vault"}, folder=tmp_path, say=lambda _: None)
    assert ended
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in ended)


@pytest.mark.req("D-04")
@pytest.mark.parametrize("left", ["sleep 4713 &", "sleep 4713 >/dev/null &", "setsid sleep 4713 &"])
def test_what_a_command_leaves_behind_holds_nobody_up(tmp_path: Path, left: str) -> None:
    program(tmp_path, f"{left}\necho {SECRET}; echo $! >left")
    began = time.monotonic()
    try:
        found, wrong = ask_commands({KEY: "exec:./vault"}, folder=tmp_path, say=lambda _: None)
    finally:
        psutil.Process(int((tmp_path / "left").read_text(encoding="utf-8"))).kill()
    assert (found[KEY], wrong) == (SECRET, [])
    assert time.monotonic() - began < 30


@pytest.mark.req("D-04", "A-12")
def test_a_name_alone_is_not_looked_for_in_the_checkout(tmp_path: Path) -> None:
    program(tmp_path, f"echo {SECRET}", name="no-such-vault")
    _, (problem,) = ask_commands({KEY: "exec:no-such-vault"}, folder=tmp_path, say=lambda _: None)
    assert "is not there, or may not be run" in problem.wrong


@pytest.mark.req("D-04", "A-25")
def test_the_lines_of_the_guide_mean_the_words_that_they_should() -> None:
    guide = (Path(__file__).parents[4] / "docs/guides/environment.md").read_text(encoding="utf-8")
    shown = guide.partition("### Secrets from a command")[2].split("```")[1].removeprefix("sh\n")
    words = {
        key: shlex.split(str(value).removeprefix("exec:"))
        for key, value in dotenv_values(stream=io.StringIO(shown)).items()
    }
    assert words == {
        "POSTGRES_PASSWORD": ["op", "read", "op://Slipway/production/postgres"],
        "REDIS_PASSWORD": ["sops", "decrypt", "--extract", '["REDIS_PASSWORD"]', "secrets.yaml"],
        "TOKEN_SECRET_KEY": ["age", "--decrypt", "--identity", "age-key.txt", "token.age"],
        "DJANGO_SECRET_KEY": ["pass", "show", "slipway/django"],
        "DIGITALOCEAN_TOKEN": ["security", "find-generic-password", "-s", "slipway", "-w"],
    }
