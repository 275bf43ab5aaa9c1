from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest_plugins = ("pytester",)

ROOT = Path(__file__).resolve().parents[3]
LEFT_OUT = {
    "test": "import pytest\n@pytest.mark.skip(reason='no moon')\ndef test_a(): pass\n",
    "condition": "import pytest\n@pytest.mark.skipif(True, reason='no moon')\nclass TestA:\n def test_a(self): pass\n",
    "call": "import pytest\ndef test_a(): pytest.skip('no moon')\n",
    "module": "import pytest\npytest.skip('no moon', allow_module_level=True)\n",
    "fixture": "import pytest\n@pytest.fixture\ndef moon(): pytest.skip('no moon')\ndef test_a(moon): pass\n",
    "tear_down": "import pytest\n@pytest.fixture\ndef moon(): yield; pytest.skip('no moon')\ndef test_a(moon): pass\n",
}
EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail(reason='no moon')\ndef test_a(): assert False\n"
NAMED = "*each of these counts as a failure*"


@pytest.fixture
def guarded(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return a folder of tests that run as the project's own do under CI=true: one of them passes."""
    for name in ("NOX_CURRENT_SESSION", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # what the project's own tests need takes long to load
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("CI", "true")
    pytester.makepyfile(test_passes="def test_b(): pass\n")
    return pytester


def run(guarded: pytest.Pytester, source: str) -> pytest.RunResult:
    guarded.makepyfile(test_it=source)
    return guarded.runpytest_inprocess("-p", "tests.conftest", "-p", "no:cacheprovider", "-rs")


@pytest.mark.req("B-18")
@pytest.mark.parametrize("kind", LEFT_OUT)
def test_whatever_is_skipped_under_ci_fails_the_run_and_is_named(guarded: pytest.Pytester, kind: str) -> None:
    done = run(guarded, LEFT_OUT[kind])
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines([NAMED, "test_it.py*: *no moon"])


@pytest.mark.parametrize("kind", LEFT_OUT)
def test_without_ci_a_skipped_test_is_no_failure(
    guarded: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.delenv("CI")
    done = run(guarded, LEFT_OUT[kind])
    assert (done.ret, "no moon" in done.stdout.str()) == (pytest.ExitCode.OK, True)
    done.stdout.no_fnmatch_line(NAMED)


def test_an_expected_failure_is_nothing_left_out(guarded: pytest.Pytester) -> None:
    done = run(guarded, EXPECTED_FAILURE)
    assert done.ret == pytest.ExitCode.OK
    done.assert_outcomes(passed=1, xfailed=1)
    done.stdout.no_fnmatch_line(NAMED)


@pytest.mark.req("B-18")
def test_workers_report_what_they_skip_and_what_fails_as_expected_is_none_of_it(guarded: pytest.Pytester) -> None:
    guarded.makepyfile(**{f"test_{kind}": source for kind, source in LEFT_OUT.items()}, test_moon=EXPECTED_FAILURE)
    done = guarded.runpytest_subprocess("-p", "xdist", "-p", "tests.conftest", "-p", "no:cacheprovider", "-n", "2")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    said = done.stdout.str()
    told = said[said.index("each of these counts as a failure") :]
    assert {kind for kind in LEFT_OUT if re.search(rf"(?m)^test_{kind}\.py\S*: .*no moon$", told)} == set(LEFT_OUT)
    assert "test_moon.py" not in told
    done.assert_outcomes(passed=2, skipped=6, xfailed=1)
