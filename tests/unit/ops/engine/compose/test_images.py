from __future__ import annotations

import re
from pathlib import Path

import pytest

from ops.engine.compose.images import Steps, build_error
from ops.release.build import copied_paths

ROOT = Path(__file__).resolve().parents[5]
RECIPES = ("api/Dockerfile", "django/Dockerfile", "flower/Dockerfile", "nginx/Dockerfile", "react-app/Dockerfile")


def lines_of(recipe: str) -> list[str]:
    """Return the instructions of a Dockerfile, each on one line."""
    text = (ROOT / recipe).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def last_stage(recipe: str) -> list[str]:
    """Return the instructions of the stage that becomes the image."""
    lines = lines_of(recipe)
    begin = max(number for number, line in enumerate(lines) if line.startswith("FROM "))
    return lines[begin:]


def test_every_image_of_the_stack_is_looked_at() -> None:
    assert tuple(sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("*/Dockerfile"))) == RECIPES


@pytest.mark.req("C-04")
@pytest.mark.parametrize("recipe", RECIPES)
def test_an_image_starts_from_a_named_version_and_ends_as_a_user_with_a_number(recipe: str) -> None:
    bases = [line.split()[1] for line in lines_of(recipe) if line.startswith("FROM ")]
    assert all(re.fullmatch(r"[a-z]+:\d[\w.]*(-slim)?", base) for base in bases)
    users = [line.split()[1] for line in last_stage(recipe) if line.startswith("USER ")]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])


@pytest.mark.req("C-04")
@pytest.mark.parametrize("recipe", ["api/Dockerfile", "django/Dockerfile", "flower/Dockerfile", "react-app/Dockerfile"])
def test_what_builds_stays_in_a_stage_of_its_own(recipe: str) -> None:
    assert any(line.startswith("COPY --from=") for line in last_stage(recipe))
    assert not any(word in line for line in last_stage(recipe) for word in ("pip install", "npm ci", "apt-get"))


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_change_of_code_leaves_the_packages_in_the_builders_cache(recipe: str) -> None:
    lines = lines_of(recipe)
    installs = [number for number, line in enumerate(lines) if "pip install" in line or "npm ci" in line]
    for number in installs:
        before = copied_paths("\n".join(lines[:number]))
        assert all("requirements/" in path or path.startswith("react-app/") for path in before)
        assert "react-app" not in before
        assert "--mount=type=cache" in lines[number]


@pytest.mark.parametrize("recipe", ["api/Dockerfile", "django/Dockerfile", "flower/Dockerfile"])
def test_an_image_that_starts_interpreters_has_bytecode_of_all_that_they_import(recipe: str) -> None:
    lines = last_stage(recipe)
    user = next(number for number, line in enumerate(lines) if line.startswith("USER "))
    assert [line for line in lines[:user] if "compileall" in line and "os.__file__" in line], "the standard library"
    copied = [number for number, line in enumerate(lines) if line.startswith("COPY ") and "--from" not in line]
    compiled = [number for number, line in enumerate(lines) if line.startswith("RUN python -m compileall")]
    assert all(any(copy < number < user for number in compiled) for copy in copied), "and what is our own"


@pytest.mark.req("B-15")
@pytest.mark.parametrize("recipe", RECIPES)
def test_no_recipe_takes_a_value_from_outside(recipe: str) -> None:
    assert not any(line.startswith(("ARG ", "ADD ")) or "--mount=type=secret" in line for line in lines_of(recipe))


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_path_that_is_copied_is_there_and_plain(recipe: str) -> None:
    paths = copied_paths((ROOT / recipe).read_text(encoding="utf-8"))
    assert paths
    assert [path for path in paths if "*" in path or not (ROOT / path).exists()] == []


def test_a_full_disk_is_called_by_its_name() -> None:
    error = build_error("api/Dockerfile could not be built", ["#9 ERROR: write /x: no space left on device"])
    assert error.why.startswith("the disk of the host is full; the last lines:")
    assert error.family == "build"


def test_a_build_tells_the_steps_that_ran_and_not_those_from_the_cache() -> None:
    said: list[str] = []
    steps = Steps(said.append)
    for line in (
        "#1 [internal] load build definition from Dockerfile",
        "#5 [packages 1/4] FROM docker.io/library/python:3.13-slim@sha256:" + "0a" * 32,
        "#5 CACHED",
        "#6 [packages 2/4] RUN python -m venv /opt/venv",
        "#7 [stage-1 2/5] COPY api api",
        "#6 0.512 something it printed",
        "#7 DONE 0.0s",
        "#6 DONE 3.1s",
        "#8 exporting to image",
    ):
        steps.line(line)
    assert said == ["[packages 2/4] RUN python -m venv /opt/venv", "[stage-1 2/5] COPY api api"]
