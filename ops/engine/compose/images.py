"""Images on this host: built, pulled, and removed."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ops.engine.compose import docker_cli
from ops.engine.compose.descriptions import PROJECT, image_id, tag
from ops.engine.compose.docker_api import CONFLICT, NOT_FOUND, DockerApi, DockerRefusedError, filters
from ops.engine.compose.folders import Folders
from ops.engine.errors import EngineError
from ops.engine.model import Image, Release
from ops.engine.runtime import Say
from ops.redact import first_words

CACHE_BYTES = 3_000_000_000  # of build cache that stays: the packages of every image, for a quick next build
PRUNE_TIMEOUT_S = 300.0
BUILD_TIMEOUT_S = 1800.0
PULL_TIMEOUT_S = 900.0
NUMBERED = re.compile(r"#(?P<number>\d+) (?P<text>.+)")
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}")
SHOWN = 90  # characters of a step


def sources(releases: Iterable[Release]) -> set[str]:
    """Return the content of every source file that these releases name."""
    return {digest for release in releases for service in release.services for digest in service.image.files.values()}


def has_image(api: DockerApi, image: Image) -> bool:
    """Tell whether the Engine knows the tag, which an image gets last."""
    try:
        api.get(f"/images/{tag(image)}/json")
    except DockerRefusedError as error:
        if error.status == NOT_FOUND:
            return False
        raise
    return True


def build(folders: Folders, image: Image, say: Say) -> None:
    """Build an image from exactly its files, or pull it; EngineError (build) with the last lines when that fails."""
    if image.dockerfile:
        folders.contexts.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{image.id}-", dir=folders.contexts) as context:
            assemble(folders, image, Path(context))
            _build(image, Path(context), say)
    else:
        _pull(image, say)


def assemble(folders: Folders, image: Image, context: Path) -> None:
    """Lay out the files of an image, with the same modes each time: the builder's cache compares them."""
    for name, digest in image.files.items():
        content = folders.blob(digest)
        if hashlib.sha256(content).hexdigest() != digest:
            raise EngineError(
                f"{name} is damaged on the host",
                why=f"{folders.blobs / digest} does not have the content that its name says",
                fix=f"on the host: sudo rm {folders.blobs / digest}, then invoke deploy",
                family="build",
            )
        place = context / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        place.chmod(0o644)
    for folder in (path for path in context.rglob("*") if path.is_dir()):
        folder.chmod(0o755)


def prune(api: DockerApi, keep: set[str]) -> tuple[str, ...]:
    """Remove our images that nobody needs, what has no name any more, and build cache beyond its bound."""
    rows = api.get("/images/json", filters=filters(reference=[f"{PROJECT}/*"]))
    ours = {name for row in rows for name in row["RepoTags"] or () if name.startswith(f"{PROJECT}/")}
    removed = [image_id(name) for name in sorted(ours) if image_id(name) not in keep and _remove(api, name)]
    api.ask("POST", "/images/prune", query={"filters": filters(dangling=["true"])}, timeout_s=PRUNE_TIMEOUT_S)
    api.ask("POST", "/build/prune", query={"keep-storage": CACHE_BYTES}, timeout_s=PRUNE_TIMEOUT_S)
    return tuple(removed)


def _remove(api: DockerApi, name: str) -> bool:
    try:
        api.ask("DELETE", f"/images/{name}", timeout_s=PRUNE_TIMEOUT_S)
    except DockerRefusedError as error:
        if error.status in {NOT_FOUND, CONFLICT}:  # a container still uses it: the next prune finds it
            return False
        raise
    return True


class Steps:
    """Tells the steps of a build as they run, from what BuildKit prints; those that the cache answers it leaves out."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._waiting: dict[str, str] = {}

    def line(self, line: str) -> None:
        """Read a line; a step counts as running when anything but `CACHED` follows."""
        found = NUMBERED.match(line)
        if not found:
            return
        number, text = found["number"], found["text"]
        if text.startswith("[") and not text.startswith("[internal"):
            self._waiting[number] = DIGEST.sub("", text)
            return
        step = self._waiting.pop(number, "")
        if step and not text.startswith("CACHED"):
            self._say(first_words(step, SHOWN))


def _build(image: Image, context: Path, say: Say) -> None:
    steps = Steps(lambda text: say(f"{image.id}: {text}"))
    recipe = str(context / image.dockerfile)
    options = ("--load", "--progress", "plain", "--provenance", "false", "--file", recipe, "--tag", tag(image))
    code, last = docker_cli.follow(
        ("docker", "buildx", "build", *options, str(context)), steps.line, timeout_s=BUILD_TIMEOUT_S
    )
    if code:
        raise build_error(f"{image.dockerfile} could not be built", last)


def _pull(image: Image, say: Say) -> None:
    say(f"pulling {image.reference}")
    code, last = docker_cli.follow(
        ("docker", "pull", "--quiet", image.reference), lambda _: None, timeout_s=PULL_TIMEOUT_S
    )
    if code:
        raise build_error(f"{image.reference} could not be pulled", last)


def build_error(what: str, last: list[str]) -> EngineError:
    """Say what could not be made, with the last lines of the program that tried."""
    text = "\n  ".join(last)
    full = "the disk of the host is full; " if docker_cli.FULL_DISK in text else ""
    return EngineError(what, why=f"{full}the last lines:\n  {text}", fix="invoke deploy", family="build")
