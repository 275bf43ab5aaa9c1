import os
import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values

from ops.errors import SettingsError
from ops.settings import load
from ops.targets.local.dotenv import ensure_env_file


@pytest.mark.req("A-02")
def test_the_local_target_makes_an_env_file_that_holds_as_it_is_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    env_file = tmp_path / "a folder, größer" / ".env"
    env_file.parent.mkdir()

    assert ensure_env_file(env_file, target="local", say=said.append)

    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    assert len(said) == 1
    assert load(env_file, environ={}, target="local").ENVIRONMENT == "development"
    assert list(env_file.parent.iterdir()) == [env_file]


def test_every_secret_is_fresh_and_none_is_the_placeholder(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        ensure_env_file(tmp_path / name, target="local", say=lambda _line: None)
        made.append(load(tmp_path / name, environ={}, target="local").secrets())

    secrets = [*made[0].values(), *made[1].values()]
    assert len(set(secrets)) == len(secrets) == 12
    assert all(len(secret) >= 50 for secret in secrets)


@pytest.mark.req("A-12")
def test_what_is_said_holds_no_secret(tmp_path: Path) -> None:
    said: list[str] = []
    ensure_env_file(tmp_path / ".env", target="local", say=said.append)

    values = dotenv_values(tmp_path / ".env", interpolate=False)
    assert str(values["POSTGRES_PASSWORD"]) not in " ".join(said)


def test_an_env_file_that_is_there_is_never_touched(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("MINE=1\n", encoding="utf-8")

    assert not ensure_env_file(env_file, target="local", say=pytest.fail)
    assert not ensure_env_file(env_file, target="droplet", say=pytest.fail)

    assert env_file.read_text(encoding="utf-8") == "MINE=1\n"


def test_a_file_that_appears_meanwhile_is_never_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("MINE=1\n", encoding="utf-8")
    monkeypatch.setattr(os.path, "lexists", lambda _path: False)

    assert not ensure_env_file(env_file, target="local", say=pytest.fail)

    assert env_file.read_text(encoding="utf-8") == "MINE=1\n"
    assert list(tmp_path.iterdir()) == [env_file]


@pytest.mark.req("A-05")
def test_the_droplet_target_never_makes_up_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        ensure_env_file(tmp_path / ".env", target="droplet", say=pytest.fail)

    assert refused.value.fix == "cp .env.prod.example .env"
    assert "--target local" in refused.value.why
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_clear_error_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)

    with pytest.raises(SettingsError) as refused:
        ensure_env_file(tmp_path / ".env", target="local", say=pytest.fail)

    assert "No space left on device" in refused.value.why
    assert list(tmp_path.iterdir()) == []
