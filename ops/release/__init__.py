"""What is released from this checkout: which sources, images, services and settings?"""

from __future__ import annotations

from ops.release.build import droplet_release, local_release
from ops.release.compose_file import read_compose
from ops.release.git import author, revision, short

__all__ = ["author", "droplet_release", "local_release", "read_compose", "revision", "short"]
