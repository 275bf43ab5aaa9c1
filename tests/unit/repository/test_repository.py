from __future__ import annotations

import importlib
import json
import re
import subprocess
from functools import cache
from pathlib import Path

import nox
import pytest
from nox import registry

from scripts import traceability

ROOT = Path(__file__).resolve().parents[3]
# Joined here so that this file does not name them itself.
REGISTRIES = [
    ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("yarnpkg", "com"))
]
MACHINE_PATH = re.compile(r"(?<![\w.~{}/-])/(?:work|home/\w+|Users/\w+|tmp/\w+|root/\.\w+)/")


@cache
def files() -> dict[str, bytes]:
    """Return name and content of every file that is tracked, or would be after `git add`."""
    command = ("git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    return {name: (ROOT / name).read_bytes() for name in sorted(set(listed)) if name and (ROOT / name).is_file()}


def texts() -> dict[str, str]:
    return {name: content.decode() for name, content in files().items() if b"\0" not in content}


def test_no_file_names_a_package_registry() -> None:
    assert [(name, host) for name, text in texts().items() for host in REGISTRIES if host in text] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    inside = ("tests/unit/repository/test_repository.py", "Dockerfile")  # a container's home is nobody's
    outside = {name: text for name, text in texts().items() if not name.endswith(inside)}
    found = {name: match[0] for name, text in outside.items() if (match := MACHINE_PATH.search(text))}
    assert found == {}


def test_every_text_file_has_unix_line_ends_and_a_last_line() -> None:
    assert [name for name, text in texts().items() if "\r" in text or (text and not text.endswith("\n"))] == []


def test_shell_scripts_that_are_started_are_executable() -> None:
    started = [name for name, text in texts().items() if text.startswith("#!")]
    assert [name for name in started if not (ROOT / name).stat().st_mode & 0o111] == []
    assert {"scripts/deploy.sh", "scripts/test.sh", "scripts/check.sh", ".ci/run"} <= set(started)


def test_the_front_end_is_locked_by_hash_and_not_by_address() -> None:
    packages = json.loads(texts()["react-app/package-lock.json"])["packages"]
    locked = {name: package for name, package in packages.items() if name and not package.get("link")}
    assert [name for name, package in locked.items() if "resolved" in package] == []
    assert [
        name for name, package in locked.items() if not package.get("integrity") and not package.get("inBundle")
    ] == []


@pytest.mark.req("B-15")
def test_git_ignores_what_holds_secrets_or_is_made_here() -> None:
    made = (".env", ".env.staging", ".local/state.json", ".venv/bin/python", "local_run_logs/latest/report.json")
    command = ("git", "-C", str(ROOT), "check-ignore", *made)
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout.split() == list(made)


def test_the_traceability_page_shows_the_marks_of_today() -> None:
    page = texts().get("docs/traceability.md")
    assert page == traceability.page(), "run `nox -s traceability`"


def test_each_nox_session_says_what_it_does() -> None:
    importlib.import_module("noxfile")
    sessions = registry.get()
    assert {"lint", "types", "unit", "integration", "bench", "lock", "examples", "traceability"} <= set(sessions)
    assert [name for name, session in sessions.items() if not session.__doc__] == []
    assert set(nox.options.sessions or ()) == {"lint", "types", "unit", "schedules", "integration", "rehearsal"}
