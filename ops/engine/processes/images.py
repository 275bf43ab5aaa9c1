"""What a replica is made from; only a whole one becomes visible."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ops.engine.errors import EngineError
from ops.engine.model import Image
from ops.engine.processes.environments import build_environment, is_ready, mark_used
from ops.engine.processes.frontend import build_front_end
from ops.engine.processes.layout import Layout, disk, remove_tree
from ops.engine.runtime import Say

ABOUT = ".image.json"
COMPILE_TIMEOUT_S = 120


def has_image(layout: Layout, image: Image) -> bool:
    """Tell whether an image and its environment are whole."""
    return (layout.image(image.id) / ABOUT).exists() and is_ready(layout.env(image.env_id))


def build_image(layout: Layout, image: Image, *, source: Path, say: Say) -> None:
    """Build an image beside its place and give it its name last; only one thread may build the same one."""
    env = build_environment(layout.cache, env=image.env, env_id=image.env_id, source_dir=source, say=say)
    mark_used(env, layout.root)
    place = layout.image(image.id)
    if (place / ABOUT).exists():
        return
    with disk(f"building {image.id}"):
        remove_tree(place)
        work = Path(tempfile.mkdtemp(prefix=f".building-{os.getpid()}-", dir=layout.images))
        try:
            copy_sources(image.files, source=source, target=work)
            if any(name.endswith(".py") for name in image.files):
                compile_sources(work, python=env / "bin" / "python")
            if image.build:
                build_front_end(work / image.npm, image.build, env=env, layout=layout, say=say)
            (work / ABOUT).write_text(json.dumps({"id": image.id, "env_id": image.env_id}), encoding="utf-8")
            work.rename(place)
        finally:
            remove_tree(work)
    say(f"built {image.id}")


def copy_sources(files: dict[str, str], *, source: Path, target: Path) -> None:
    """Copy files whose content has the given SHA-256; raises EngineError (build) when one has changed since."""
    for name, expected in files.items():
        origin, copy = source / name, target / name
        try:
            content = origin.read_bytes()
        except FileNotFoundError:
            content = b""
        if hashlib.sha256(content).hexdigest() != expected:
            raise EngineError(
                f"{name} was changed while the release was being built",
                why="its content is no longer what the plan was made from",
                fix="run the same command again",
                family="build",
            )
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)
        copy.chmod(0o755 if os.access(origin, os.X_OK) and origin.stat().st_mode & 0o111 else 0o644)


def compile_sources(folder: Path, *, python: Path) -> None:
    """Leave bytecode beside an image's modules: each replica and each health check starts an interpreter.

    It is never compared with its source, because nobody changes an image. A module that does not compile is told of by
    whoever imports it.
    """
    words = (str(python), "-I", "-S", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder))
    subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=COMPILE_TIMEOUT_S)


def remove_unfinished(layout: Layout) -> None:
    """Remove what another engine left in the middle: one at a time builds here, its lock sees to that."""
    for folder in layout.images.glob(".[bg]*-*"):
        if f"-{os.getpid()}" not in folder.name:
            shutil.rmtree(folder, ignore_errors=True)


def environments_of(layout: Layout, image_ids: set[str]) -> set[str]:
    """Return the environments that these images need."""
    found = set()
    for image_id in image_ids:
        with contextlib.suppress(OSError, ValueError):
            found.add(str(json.loads((layout.image(image_id) / ABOUT).read_text(encoding="utf-8"))["env_id"]))
    return found


def prune_images(layout: Layout, keep: set[str]) -> tuple[str, ...]:
    """Remove the images that are not named; return their ids."""
    doomed = sorted(path for path in layout.images.glob("*") if path.name not in keep)
    for folder in doomed:
        remove_tree(folder)
    return tuple(folder.name for folder in doomed if not folder.name.startswith("."))
