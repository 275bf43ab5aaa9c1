from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests import components
from tests.components import ALL, COMPONENTS, Component, MissingError, program

pytest_plugins = ("pytester",)

TESTS = Path(__file__).resolve().parents[2]
SESSIONS = ("unit", "schedules", "integration", "rehearsal")
NEEDING = """
import pytest
@pytest.fixture
def moon(): raise AssertionError("made although there is no moon")
@pytest.mark.moon
def test_a(moon): pass
def test_b(): pass
"""


def no_moon() -> str:
    raise MissingError("it is cloudy")


MOON = Component(mark="moon", name="Moon", find=no_moon, brought_by="wait", wanted={"rehearsal": ALL, "unit": "tides"})


@pytest.mark.req("B-18")
def test_a_test_is_skipped_for_want_of_a_component_before_its_fixtures_are_made(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setattr("tests.conftest.COMPONENTS", (MOON,))
    pytester.makepyfile(NEEDING)
    done = pytester.runpytest_inprocess("-p", "tests.conftest", "--strict-markers", "-rs")
    done.assert_outcomes(passed=1, skipped=1)
    done.stdout.fnmatch_lines(["*no Moon on this machine (it is cloudy), to be had by: wait"])


def test_each_component_names_the_sessions_whose_tests_carry_its_mark() -> None:
    marked = {
        one.mark: {session for session in SESSIONS if re.search(rf"\bmark\.{one.mark}\b", text_of(session))}
        for one in COMPONENTS
    }
    assert marked == {one.mark: set(one.wanted) for one in COMPONENTS}


def text_of(session: str) -> str:
    """Return what its test files say, this one left out."""
    paths = (path for path in (TESTS / session).rglob("*.py") if path != Path(__file__))
    return "".join(path.read_text(encoding="utf-8") for path in paths)


@pytest.mark.req("B-18")
def test_nothing_is_skipped_at_another_place() -> None:
    skipping = {
        path.relative_to(TESTS).as_posix()
        for path in TESTS.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in {"pytest.skip", "pytest.importorskip"}
    }
    assert skipping == {"conftest.py"}


def test_the_first_of_several_programs_that_is_there_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("second", "third"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    find = program("first", "second", "third", variable="MOON_PATH")
    assert find() == str(tmp_path / "second")
    monkeypatch.setenv("MOON_PATH", "/somewhere/else")
    assert find() == "/somewhere/else"


def test_a_program_that_is_nowhere_is_missed_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("MOON_PATH", raising=False)
    with pytest.raises(MissingError, match="no `first` or `second` on the PATH, and MOON_PATH is not set"):
        program("first", "second", variable="MOON_PATH")()


def test_who_uses_a_missing_component_without_its_mark_is_told_the_mark() -> None:
    with pytest.raises(MissingError, match=r"no Moon .*`pytest\.mark\.moon`"):
        assert MOON.path


@pytest.mark.parametrize(("words", "code"), [(["rehearsal"], 1), (["unit"], 0), ([], 0)])
def test_only_a_session_that_cannot_begin_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    monkeypatch.setattr(components, "COMPONENTS", (MOON,))
    assert components.main(words) == code
    assert ("no Moon" in capsys.readouterr().out) is (words != ["unit"])
