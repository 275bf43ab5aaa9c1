"""Which image are droplets started from, and how is it built once?"""

from __future__ import annotations

import hashlib
from pathlib import Path

from ops.errors import BuildError, HostError
from rehearsal.docker import KEPT, Owner, docker, has

_HERE = Path(__file__).parent
_BUILD_TIMEOUT_S = 900.0


def droplet_image() -> str:
    """Return the tag of the droplet image, built when it is not there yet."""
    return ensure_image("slipway-rehearsal/droplet", _HERE)


def ensure_image(name: str, folder: Path) -> str:
    """Build the Dockerfile of a folder, unless an image of the same content is there; returns `name:hash`.

    Raises BuildError with the last lines of the build.
    """
    tag = f"{name}:{_content_hash(folder)}"
    if has("image", tag):
        return tag
    try:
        docker("build", *Owner(name=KEPT).label, "--tag", tag, str(folder), timeout_s=_BUILD_TIMEOUT_S)
    except HostError as error:
        raise BuildError(
            f"the image {name} could not be built", why=error.why, fix=f"docker build {folder.name}"
        ) from error
    return tag


def _content_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix != ".py":
            digest.update(f"{path.name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
