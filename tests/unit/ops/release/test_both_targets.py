"""Is what lies in a service's folder shipped, or refused by name, alike for this machine and for a droplet?"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dotenv import dotenv_values

from ops.engine.model import Release
from ops.errors import OpsError
from ops.release.build import droplet_release, local_release
from tests.stack import ODD_FOLDER, copy_checkout

ROOT = Path(__file__).resolve().parents[4]
PORTS = {f"LOCAL_{name}_PORT": "1" for name in ("HTTPS", "HTTP", "INTERNAL", "POSTGRES", "REDIS")}
Make = Callable[[Path], Release]


def _settings(root: Path) -> dict[str, str]:
    stated = dotenv_values(root / ".env.prod.example", interpolate=False)
    return {**{key: value or "" for key, value in stated.items()}, "OPERATOR_AUTH": "", **PORTS}


def _local(root: Path) -> Release:
    return local_release(root, _settings(root), release_id="r1")


def _droplet(root: Path) -> Release:
    return droplet_release(root, _settings(root), release_id="r1")


both = pytest.mark.parametrize("make", [_local, _droplet])


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("both")
    return copy_checkout(folder / ODD_FOLDER / "checkout", cache_dir=folder / "cache").root


@pytest.fixture
def checkout(copied: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a copy of this checkout, where we are; it is as it was afterwards."""
    monkeypatch.chdir(copied)
    yield copied
    if (away := copied.with_name("away")).exists():
        shutil.rmtree(copied / ".git", ignore_errors=True)
        away.rename(copied / ".git")
    for words in (("reset", "-q", "--hard"), ("clean", "-q", "-ffdx")):
        subprocess.run(("git", "-C", str(copied), *words), check=True)


def _fingerprint(release: Release) -> str:
    return release.service("api").fingerprint


@pytest.mark.req("A-04", "A-28")
@both
def test_a_change_within_a_repository_in_a_services_folder_makes_another_release(checkout: Path, make: Make) -> None:
    before = make(checkout)
    inner = checkout / "api" / "lib"
    inner.mkdir()
    subprocess.run(("git", "-C", str(inner), "init", "-q"), check=True)
    (inner / "code.py").write_text("one", encoding="utf-8")
    with_it = make(checkout)
    (inner / "code.py").write_text("two", encoding="utf-8")
    changed = make(checkout)
    assert "api/lib/code.py" in with_it.service("api").image.files
    assert len({_fingerprint(one) for one in (before, with_it, changed)}) == 3


@both
def test_a_submodule_without_its_files_is_refused_by_name(checkout: Path, make: Make) -> None:
    commit = f"160000,{'1' * 40},api/lib"
    subprocess.run(("git", "-C", str(checkout), "update-index", "--add", "--cacheinfo", commit), check=True)
    (checkout / ".gitmodules").write_text('[submodule "lib"]\n\tpath = api/lib\n\turl = ../lib\n', encoding="utf-8")
    with pytest.raises(OpsError, match="the submodule `api/lib` is not checked out"):
        make(checkout)


@both
def test_a_name_that_is_no_utf8_is_refused_by_name(checkout: Path, make: Make) -> None:
    (checkout / "api" / os.fsdecode(b"caf\xe9.txt")).write_text("", encoding="utf-8")
    with pytest.raises(OpsError, match=r"the name of `api/caf\\xe9\.txt` is not UTF-8"):
        make(checkout)


@both
def test_a_copy_without_git_is_told_what_to_type_and_is_then_released_without_a_commit(
    checkout: Path, make: Make
) -> None:
    (checkout / ".git").rename(checkout.with_name("away"))
    with pytest.raises(OpsError, match="is not a git checkout") as refused:
        make(checkout)
    subprocess.run(refused.value.fix, shell=True, check=True, capture_output=True)  # noqa: S602 - as it is typed
    released = make(checkout)
    assert "api/main.py" in released.service("api").image.files
    assert released.origin.commit == ""
