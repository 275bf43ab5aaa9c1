"""Does an environment's name lead to its own file, folders and commands, and to nobody else's?"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import environments
from ops.errors import SettingsError

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def none_afterwards() -> Iterator[None]:
    """Let no other test deal with an environment that was chosen here."""
    yield
    environments.choose("")


def typed(*words: str, cwd: Path = ROOT, **environ: str) -> subprocess.CompletedProcess[str]:
    """Type `invoke` and these words."""
    environment = {**{name: value for name, value in os.environ.items() if name != environments.VARIABLE}, **environ}
    command = (sys.executable, "-m", "invoke", *words)
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=60
    )


@pytest.mark.req("D-03")
@pytest.mark.parametrize("name", ["eu", "us", "preview-7", "prod", "production", "staging", "a", "a1-b2-c3"])
def test_names_are_free(name: str) -> None:
    environments.choose(name)
    assert environments.chosen() == name


@pytest.mark.req("D-03")
@pytest.mark.parametrize(
    "name",
    ["Prod", "7eu", "-eu", "eu-", "a--b", "prod.example", "example", "latest", "bak", "../x", "a/b", "ü", "a" * 31],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"a name is|is the name of something else"):
        environments.choose(name)
    assert environments.chosen() == ""


@pytest.mark.req("D-03")
def test_the_environment_of_env_stays_where_it_was_and_others_have_folders_of_their_own(tmp_path: Path) -> None:
    assert environments.file_of(tmp_path, "") == tmp_path / ".env"
    assert environments.state_of(tmp_path, "") == tmp_path / ".local"
    assert environments.runs_of(tmp_path, "") == tmp_path / "local_run_logs"
    assert environments.file_of(tmp_path, "eu") == tmp_path / ".env.eu"
    assert environments.state_of(tmp_path, "eu") == tmp_path / ".local" / "environments" / "eu"
    assert environments.runs_of(tmp_path, "eu") == tmp_path / "local_run_logs" / "eu"


@pytest.mark.req("D-03")
def test_files_beside_env_that_are_no_environment_are_none(tmp_path: Path) -> None:
    for name in (".env", ".env.eu", ".env.us", ".env.example", ".env.prod.example", ".env.bak", ".env.EU"):
        (tmp_path / name).touch()
    (tmp_path / ".env.folder").mkdir()
    assert environments.names_in(tmp_path) == ("", "eu", "us")
    assert environments.nearest(tmp_path, "ue") in {"eu", "us"}
    assert environments.nearest(tmp_path, "production") == ""


@pytest.mark.req("D-03")
@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("set SSH_USER in .env", "set SSH_USER in .env.eu"),
        ("edit X in /srv/my projects/.env, then", "edit X in /srv/my projects/.env, then"),
        ("cp .env.prod.example .env.eu", "cp .env.prod.example .env.eu"),
        ("invoke deploy", "invoke deploy --env eu"),
        ("invoke logs --service api", "invoke logs --env eu --service api"),
        ("run `invoke update`, or invoke deploy.", "run `invoke update --env eu`, or invoke deploy --env eu."),
        ("invoke deploy --env eu --plan", "invoke deploy --env eu --plan"),
        ("./scripts/deploy.sh --target local", "./scripts/deploy.sh --env eu --target local"),
        ("the invoked word", "the invoked word"),
    ],
)
def test_files_and_commands_are_named_as_that_environment_has_them(text: str, seen: str) -> None:
    assert environments.addressed(text) == text
    environments.choose("eu")
    assert environments.addressed(text) == seen
    assert environments.addressed(seen) == seen


@pytest.mark.req("D-03", "A-13")
def test_an_error_names_the_file_and_the_command_of_its_environment() -> None:
    environments.choose("eu")
    error = SettingsError(".env is wrong", why="KEY in .env", fix="set KEY in .env, then invoke deploy")
    assert str(error).splitlines() == [
        "error: .env.eu is wrong",
        "why:   KEY in .env.eu",
        "fix:   set KEY in .env.eu, then invoke deploy --env eu",
    ]


@pytest.mark.req("D-03")
@pytest.mark.parametrize(
    "words", [("--env", "nowhere", "status"), ("status", "--env", "nowhere"), ("status", "--env=nowhere")]
)
def test_the_switch_goes_before_and_behind_every_word(words: tuple[str, ...]) -> None:
    done = typed(*words)
    assert done.returncode == 3, done.stderr
    assert "there is no environment `nowhere`" in done.stderr
    assert ".env.nowhere is not there" in done.stderr


@pytest.mark.req("D-03")
def test_the_variable_chooses_too_the_switch_wins_and_an_empty_variable_is_none() -> None:
    assert "`nowhere`" in typed("status", SLIPWAY_ENV="nowhere").stderr
    assert "`there`" in typed("status", "--env", "there", SLIPWAY_ENV="nowhere").stderr
    assert "environment `" not in typed("environments", SLIPWAY_ENV="").stderr


@pytest.mark.req("D-03")
@pytest.mark.parametrize(
    ("words", "variable"), [(("status", "--env", ""), ""), (("status", "--env", "No Name"), ""), (("status",), "a.b")]
)
def test_a_name_that_is_none_is_refused_before_anything_is_done(words: tuple[str, ...], variable: str) -> None:
    done = typed(*words, SLIPWAY_ENV=variable)
    assert done.returncode == 2
    assert f"fix:   {'unset SLIPWAY_ENV' if variable else 'invoke environments'}" in done.stderr
