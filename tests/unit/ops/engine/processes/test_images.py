"""Are images and environments built whole or not at all, and is a failure said in words?"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ops.engine.errors import EngineError
from ops.engine.model import Image
from ops.engine.processes import images
from ops.engine.processes.environments import READY, build_environment, failed_install, is_ready, prune_environments
from ops.engine.processes.layout import Layout, disk, make_private, write_private


@pytest.mark.parametrize(
    ("number", "what", "family"),
    [
        (errno.ENOSPC, "disk is full", "preflight"),
        (errno.EACCES, "not permitted", "preflight"),
        (errno.EIO, "failed while building", "host"),
    ],
)
def test_a_disk_error_is_said_in_words(number: int, what: str, family: str) -> None:
    with pytest.raises(EngineError, match=what) as caught, disk("building"):
        raise OSError(number, os.strerror(number), "/nowhere/at/all")
    assert caught.value.family == family


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "state"
    write_private(path, "one")
    write_private(path, "two")
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_an_image_whose_source_changed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("new")
    with pytest.raises(EngineError, match=r"a\.py was changed") as caught:
        images.copy_sources({"a.py": hashlib.sha256(b"old").hexdigest()}, source=tmp_path, target=tmp_path / "to")
    assert caught.value.family == "build"


def test_a_half_built_image_is_not_believed_and_is_built_again(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "state")
    layout.make()
    env = layout.env("local-0123456789ab")
    (env / "bin").mkdir(parents=True)
    (env / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "a.py").write_text("text")
    image = Image(
        id="x-0123456789ab",
        env="local",
        env_id=env.name,
        files={"a.py": hashlib.sha256(b"text").hexdigest()},
    )
    (layout.image(image.id)).mkdir()
    (layout.images / ".building-cut").mkdir()
    (env / READY).touch()
    assert not images.has_image(layout, image)
    images.remove_unfinished(layout)
    images.build_image(layout, image, source=tmp_path, say=lambda _: None)
    assert images.has_image(layout, image)
    assert [path.name for path in layout.images.iterdir()] == [image.id]
    (env / READY).unlink()
    assert not images.has_image(layout, image)


def test_the_modules_of_an_image_are_compiled_and_one_that_cannot_be_is_left_to_whoever_imports_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "good.py").write_text("answer = 42\n")
    (tmp_path / "bad.py").write_text("answer =\n")
    images.compile_sources(tmp_path, python=Path(sys.executable))
    assert [path.name.partition(".")[0] for path in tmp_path.glob("__pycache__/*.pyc")] == ["good"]
    (tmp_path / "good.py").touch()  # the copy may be older or newer than its bytecode
    words = (sys.executable, "-B", "-v", "-c", "import good")
    said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stderr
    assert f"{tmp_path}/__pycache__/good." in said
    assert "wrote" not in said


def test_images_that_nobody_needs_are_removed(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for name in ("a-1", "b-2", ".building-x"):
        make_private(layout.image(name))
    assert images.prune_images(layout, {"a-1"}) == ("b-2",)
    assert [path.name for path in layout.images.iterdir()] == ["a-1"]


@pytest.mark.req("D-01")
def test_an_environment_that_another_checkout_uses_is_kept(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "state")
    layout.make()
    for name, user in (("api-1", tmp_path), ("api-2", tmp_path / "gone"), ("api-3", tmp_path / "gone")):
        users = layout.env(name) / ".users"
        users.mkdir(parents=True)
        (users / "0").write_text(str(user))
        os.utime(layout.env(name), (0, 0))
    prune_environments(layout, {"api-3"})
    assert sorted(path.name for path in (layout.cache / "envs").glob("*/")) == ["api-1", "api-3"]


def test_a_failing_install_names_the_cause(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    lock = tmp_path / "requirements" / "local.txt"
    lock.write_text("nothing-of-this-name==1 --hash=sha256:" + "0" * 64 + "\n--no-index\n")
    with pytest.raises(EngineError, match=r"installing local\.txt failed") as caught:
        build_environment(tmp_path, env="local", env_id="local-1", source_dir=tmp_path, say=lambda _: None)
    assert caught.value.family == "build"
    assert "no such package" in caught.value.why
    assert not is_ready(tmp_path / "envs" / "local-1")


def test_an_installer_that_outlives_its_engine_keeps_the_lock(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from ops.engine.processes import environments as e, layout as l\n"
        f"here = Path({str(tmp_path)!r})\n"
        "with l.locked(here / 'lock') as fd: e.run_installer(('sh', '-c', 'echo $$ > pid; sleep 60'), lock_fd=fd, "
        "cwd=here)"
    )
    with subprocess.Popen((sys.executable, "-c", code)) as engine:
        until = time.monotonic() + 10
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert time.monotonic() < until, "the installer did not begin"
            time.sleep(0.02)
        engine.kill()
    installer = int((tmp_path / "pid").read_text())
    try:
        with (tmp_path / "lock").open() as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.kill(installer, signal.SIGKILL)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "differs from its lock"),
        ("npm error code EAI_AGAIN", "does not answer"),
        ("something else entirely", "something else entirely"),
    ],
)
def test_an_installers_words_become_a_cause(said: str, why: str) -> None:
    assert why in failed_install("installing", said).why
