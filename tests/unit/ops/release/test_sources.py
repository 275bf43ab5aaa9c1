"""Is everything shipped that belongs to the project, and what cannot be shipped refused by name?"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.errors import OpsError, PreflightError, UsageError
from ops.release.git import origin_of, revision
from ops.release.sources import source_files


def git(folder: Path, *words: str) -> str:
    allowed = ("-c", "protocol.file.allow=always")  # git's own rule against submodules from a path
    command = ("git", "-C", str(folder), *allowed, *words)
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def repository(folder: Path, *files: str) -> Path:
    """Make a repository with one commit of these files; each holds its own path."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q")
    git(folder, "config", "user.name", "Ada")
    git(folder, "config", "user.email", "ada@example.org")
    for name in files:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(name, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Begin")
    return folder


@pytest.fixture(autouse=True)
def _own_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's own git settings out."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "checkout", "api/main.py", "docs/a.txt")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return repository(tmp_path / "library", "code.py", "part/more.py")


def refused(root: Path, *sources: str) -> OpsError:
    with pytest.raises(OpsError) as caught:
        source_files(root, sources or ("api",))
    return caught.value


def typed(root: Path, error: OpsError) -> None:
    """Type what the fix says; git may clone from a path here."""
    allowed = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.file.allow", "GIT_CONFIG_VALUE_0": "always"}
    subprocess.run(("bash", "-c", error.fix), cwd=root, check=True, capture_output=True, env={**os.environ, **allowed})


def test_a_submodule_is_shipped_as_it_is_on_the_disk(root: Path, library: Path) -> None:
    git(root, "submodule", "--quiet", "add", str(library), "api/lib")
    before = source_files(root, ["api"])
    assert set(before) == {"api/main.py", "api/lib/code.py", "api/lib/part/more.py"}
    (root / "api/lib/code.py").write_text("changed", encoding="utf-8")
    (root / "api/lib/new.py").write_text("new", encoding="utf-8")
    after = source_files(root, ["api"])
    assert after["api/lib/code.py"] != before["api/lib/code.py"]
    assert "api/lib/new.py" in after
    assert origin_of(root).commit.endswith("-dirty")


def test_a_part_of_a_submodule_and_a_submodule_that_is_a_whole_service_are_shipped(root: Path, library: Path) -> None:
    git(root, "submodule", "--quiet", "add", str(library), "lib")
    assert set(source_files(root, ["lib/part", "api"])) == {"lib/part/more.py", "api/main.py"}
    assert set(source_files(root, ["lib"])) == {"lib/code.py", "lib/part/more.py"}
    assert set(source_files(root, ["."])) >= {"lib/code.py", "api/main.py"}


def test_a_submodule_that_is_not_checked_out_is_refused_and_the_fix_brings_it(root: Path, library: Path) -> None:
    git(root, "submodule", "--quiet", "add", str(library), "api/my lib")
    git(root, "commit", "-qm", "Add it")
    clone = root.parent / "clone"
    git(root, "clone", "-q", str(root), str(clone))
    error = refused(clone)
    assert (type(error), error.what) == (PreflightError, "the submodule `api/my lib` is not checked out")
    assert error.fix == "git submodule update --init -- 'api/my lib'"
    typed(clone, error)
    assert "api/my lib/code.py" in source_files(clone, ["api"])


def test_a_submodule_in_a_submodule_is_refused_with_the_command_for_that_one(root: Path, library: Path) -> None:
    inner = repository(root.parent / "inner", "deep.py")
    git(library, "submodule", "--quiet", "add", str(inner), "part/inner")
    git(library, "commit", "-qm", "Add it")
    git(root, "submodule", "--quiet", "add", str(library), "api/lib")
    error = refused(root)
    assert "`api/lib/part/inner`" in error.what
    typed(root, error)
    assert "api/lib/part/inner/deep.py" in source_files(root, ["api"])


def test_a_repository_that_merely_lies_there_is_shipped_without_what_it_ignores(root: Path) -> None:
    inner = repository(root / "api/vendored", "code.py")
    (inner / ".gitignore").write_text("*.log\n", encoding="utf-8")
    (inner / "x.log").write_text("", encoding="utf-8")
    (inner / "new.py").write_text("", encoding="utf-8")
    assert {path for path in source_files(root, ["api"]) if "vendored" in path} == {
        "api/vendored/.gitignore", "api/vendored/code.py", "api/vendored/new.py",
    }  # fmt: skip


def test_a_repository_without_a_commit_is_shipped_too(root: Path) -> None:
    (root / "api/young").mkdir()
    git(root / "api/young", "init", "-q")
    (root / "api/young/code.py").write_text("", encoding="utf-8")
    assert "api/young/code.py" in source_files(root, ["api"])


def test_a_repository_that_was_added_as_a_commit_alone_is_refused_where_its_files_are_not(root: Path) -> None:
    repository(root / "api/vendored", "code.py")
    git(root, "add", "api/vendored")
    git(root, "commit", "-qm", "Add it by mistake")
    assert "api/vendored/code.py" in source_files(root, ["api"])
    clone = root.parent / "clone"
    git(root, "clone", "-q", str(root), str(clone))
    error = refused(clone)
    assert error.what == "the files of `api/vendored` are not here"
    assert ".gitmodules" in error.why


def test_a_worktree_ships_its_own_files_and_no_worktree_that_lies_in_it(root: Path) -> None:
    git(root, "worktree", "add", "-q", "-b", "other", "api/other")
    assert set(source_files(root, ["api"])) == {"api/main.py"}
    (root / "api/other/api/main.py").write_text("changed", encoding="utf-8")
    assert source_files(root / "api/other", ["api"]) != source_files(root, ["api"])


def test_a_shallow_clone_ships_the_same_files_and_knows_its_commit(root: Path) -> None:
    clone = root.parent / "clone"
    git(root, "clone", "-q", "--depth=1", root.as_uri(), str(clone))
    assert source_files(clone, ["api"]) == source_files(root, ["api"])
    assert origin_of(clone) == origin_of(root)


def test_what_git_would_leave_out_of_an_archive_is_shipped(root: Path) -> None:
    (root / ".gitattributes").write_text("api/** export-ignore\n", encoding="utf-8")
    assert set(source_files(root, ["api"])) == {"api/main.py"}


def test_what_a_sparse_checkout_leaves_out_is_refused_where_it_is_needed(root: Path) -> None:
    git(root, "sparse-checkout", "set", "docs")
    assert set(source_files(root, ["docs"])) == {"docs/a.txt"}
    error = refused(root)
    assert error.what == "`api/main.py` is left out of this checkout"
    typed(root, error)
    assert set(source_files(root, ["api"])) == {"api/main.py"}


def test_a_file_that_was_deleted_is_not_shipped(root: Path) -> None:
    (root / "api/more.py").write_text("", encoding="utf-8")
    git(root, "add", "--all")
    (root / "api/more.py").unlink()
    assert set(source_files(root, ["api"])) == {"api/main.py"}


def test_a_link_to_a_file_is_shipped_as_that_file_wherever_it_lies(root: Path) -> None:
    outside = root.parent / "outside.py"
    outside.write_text("one", encoding="utf-8")
    (root / "api/link.py").symlink_to(outside)
    before = source_files(root, ["api"])["api/link.py"]
    outside.write_text("two", encoding="utf-8")
    assert source_files(root, ["api"])["api/link.py"] != before


@pytest.mark.parametrize(("target", "what"), [("../docs", "a folder"), ("gone.py", "nothing that is there")])
def test_a_link_that_names_no_file_is_refused_once_it_belongs_to_the_project(
    root: Path, target: str, what: str
) -> None:
    (root / "api/link").symlink_to(target)
    assert set(source_files(root, ["api"])) == {"api/main.py"}  # node_modules of elsewhere, an editor's lock
    git(root, "add", "--all")
    assert refused(root).what == f"`api/link` is a link to {what}"


@pytest.mark.parametrize(
    ("attribute", "content", "fix"),
    [
        ("lfs", b"version https://git-lfs.github.com/spec/v1\noid sha256:1234\nsize 5\n", "git lfs pull"),
        ("git-crypt", b"\0GITCRYPT\0\x01\x02", "git-crypt unlock"),
    ],
)
def test_what_only_stands_in_for_its_content_is_refused(root: Path, attribute: str, content: bytes, fix: str) -> None:
    (root / "api/logo.png").write_bytes(content)
    assert "api/logo.png" in source_files(root, ["api"])  # a file like any other, as long as no filter is named
    (root / ".gitattributes").write_text(f"*.png filter={attribute}\n", encoding="utf-8")
    error = refused(root)
    assert error.what == "`api/logo.png` only stands in for its content"
    assert fix in error.fix


def test_what_is_named_for_a_release_and_ignored_by_git_is_refused(root: Path) -> None:
    (root / ".gitignore").write_text("made/\n*.gen.py\n", encoding="utf-8")
    (root / "api/made").mkdir()
    (root / "api/made/x.py").write_text("", encoding="utf-8")
    (root / "api/y.gen.py").write_text("", encoding="utf-8")
    assert set(source_files(root, ["api"])) == {"api/main.py"}
    for source in ("api/made", "api/y.gen.py"):
        error = refused(root, "api", source)
        assert error.what == f"`{source}` is named for a release, and git ignores it"
        typed(root, error)
    assert set(source_files(root, ["api", "api/made", "api/y.gen.py"])) == {
        "api/main.py", "api/made/x.py", "api/y.gen.py",
    }  # fmt: skip


def test_a_name_that_is_no_utf8_is_refused_and_the_fix_renames_it(root: Path) -> None:
    (root / "api" / os.fsdecode(b"caf\xe9 au lait.txt")).write_text("", encoding="utf-8")
    error = refused(root)
    assert error.what == r"the name of `api/caf\xe9 au lait.txt` is not UTF-8"
    typed(root, error)
    assert set(source_files(root, ["api"])) == {"api/main.py", "api/caf_ au lait.txt"}


@pytest.mark.parametrize(
    "name", ["ü.py", "two\nlines.py", "a\tb.py", '"quoted".py', "$HOME.py", " blank .py", "[a]*?.py"]
)
def test_any_other_name_is_shipped(root: Path, name: str) -> None:
    (root / "api" / name).write_text("", encoding="utf-8")
    assert f"api/{name}" in source_files(root, ["api"])


def test_a_copy_without_git_is_refused_and_the_fix_makes_it_one_without_a_commit(root: Path) -> None:
    copy = root.parent / "a copy"
    copy.mkdir()
    (copy / "api").mkdir()
    (copy / "api/main.py").write_text("", encoding="utf-8")
    error = refused(copy)
    assert (type(error), error.what) == (UsageError, f"{copy} is not a git checkout")
    typed(copy, error)
    assert set(source_files(copy, ["api"])) == {"api/main.py"}
    assert (revision(copy), origin_of(copy).commit) == ("none", "")


def test_a_copy_without_git_in_a_repository_that_ignores_it_is_refused_like_any_other(root: Path) -> None:
    (root / ".gitignore").write_text("copies/\n", encoding="utf-8")
    copy = root / "copies" / "one"
    (copy / "api").mkdir(parents=True)
    (copy / "api/main.py").write_text("", encoding="utf-8")
    error = refused(copy)
    assert error.what == f"{copy} is not a git checkout"
    typed(copy, error)
    assert set(source_files(copy, ["api"])) == {"api/main.py"}


@pytest.mark.parametrize(("name", "is_shipped"), [("README.md", False), ("terms.md", True)])
def test_a_process_gets_any_text_but_the_projects_own_documents(root: Path, name: str, *, is_shipped: bool) -> None:
    (root / "api" / name).write_text("", encoding="utf-8")
    assert (f"api/{name}" in source_files(root, ["api"])) is is_shipped
    assert f"api/{name}" in source_files(root, ["api"], whole=True)


def test_without_git_it_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    assert refused(root).what == "git is not there"


@pytest.mark.parametrize("ask", [lambda root: source_files(root, ["api"]), origin_of, revision])
def test_a_hook_of_another_repository_changes_no_answer(
    root: Path, library: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Path], object]
) -> None:
    wanted = ask(root)
    monkeypatch.setenv("GIT_DIR", str(library / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(library / ".git/index"))
    assert ask(root) == wanted
