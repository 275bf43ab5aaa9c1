"""Which image are droplets started from, and how is it built once?"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ops.errors import BuildError, HostError
from rehearsal.docker import KEPT, Owner, docker, has

_HERE = Path(__file__).parent
_BUILD_TIMEOUT_S = 900.0


def droplet_image(*, with_engine: bool = False) -> str:
    """Return the tag of the droplet image, or of the one with Docker's packages; built when it is not there yet."""
    bare = ensure_image("slipway-rehearsal/droplet", _HERE)
    if not with_engine:
        return bare
    return ensure_image("slipway-rehearsal/droplet-with-engine", _HERE / "with_engine", base=bare)


def ensure_image(name: str, folder: Path, *, base: str = "") -> str:
    """Build the Dockerfile of a folder, unless an image of the same content is there; returns `name:hash`.

    `base` is what the Dockerfile's argument BASE names. Two who build at once wait for each other.
    Raises BuildError with the last lines of the build.
    """
    tag = f"{name}:{_content_hash(folder, base)}"
    if has("image", tag):
        return tag
    switches = ("--build-arg", f"BASE={base}") if base else ()
    try:
        with _alone(name):
            if not has("image", tag):
                words = (*Owner(name=KEPT).label, *switches, "--tag", tag, str(folder))
                docker("build", *words, timeout_s=_BUILD_TIMEOUT_S)
    except HostError as error:
        raise BuildError(
            f"the image {name} could not be built", why=error.why, fix=f"docker build {shlex.quote(str(folder))}"
        ) from error
    return tag


@contextlib.contextmanager
def _alone(name: str) -> Iterator[None]:
    """Hold the kernel's lock for the builds of this name; it ends with its holder."""
    place = Path(tempfile.gettempdir()) / f"{name.replace('/', '-')}-{os.getuid()}.lock"
    with place.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _content_hash(folder: Path, base: str) -> str:
    digest = hashlib.sha256(base.encode())
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix != ".py":
            digest.update(f"{path.name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
