"""Is it known who released, and from which commit?"""

from __future__ import annotations

import getpass
import socket
import subprocess
from pathlib import Path

import pytest

from ops.engine.model import Origin
from ops.release.git import author, origin_of, short


def git(root: Path, *words: str) -> str:
    return subprocess.run(("git", "-C", str(root), *words), capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with one commit, out of reach of this machine's own git settings."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "user.name", "Ada  Lovelace")
    git(tmp_path, "config", "user.email", "ada@example.org")
    (tmp_path / "file").write_text("one\n", encoding="utf-8")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-qm", "Count the wheels\n\nAnd their teeth.")
    return tmp_path


def test_a_release_knows_its_commit_with_time_and_subject(checkout: Path) -> None:
    commit, at = git(checkout, "rev-parse", "HEAD"), git(checkout, "log", "-1", "--format=%cI")
    assert origin_of(checkout) == Origin(commit=commit, committed_at=at, subject="Count the wheels")


def test_a_checkout_with_changes_is_marked(checkout: Path) -> None:
    (checkout / "file").write_text("two\n", encoding="utf-8")
    commit = origin_of(checkout).commit
    assert commit == f"{git(checkout, 'rev-parse', 'HEAD')}-dirty"
    assert short(commit) == f"{commit[:8]}-dirty"


def test_outside_of_git_and_before_the_first_commit_nothing_is_known(tmp_path: Path) -> None:
    assert origin_of(tmp_path) == Origin()
    git(tmp_path, "init", "-q")
    assert origin_of(tmp_path) == Origin()
    assert short("") == ""


def test_without_git_nothing_is_known_and_nothing_fails(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    assert origin_of(checkout) == Origin()
    assert "@" in author(checkout)


def test_the_author_is_who_git_says(checkout: Path) -> None:
    assert author(checkout) == "Ada Lovelace <ada@example.org>"
    git(checkout, "config", "--unset", "user.email")
    assert author(checkout) == "Ada Lovelace"


def test_without_a_name_the_author_is_the_user_of_this_machine(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("user.name", "user.email"):
        git(checkout, "config", "--unset", key)
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")
    monkeypatch.setattr(socket, "gethostname", lambda: "engine")
    assert author(checkout) == "ada@engine"
