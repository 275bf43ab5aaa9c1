"""How is a host reached that is elsewhere? The only room that knows Fabric."""

from __future__ import annotations

from ops.ssh.connection import Ran, Remote
from ops.ssh.errors import AGAIN, DeniedError, Door, LinkLostError, TooSlowError, UnreachableError, no_sudo
from ops.ssh.private_key import check_key, key_file

__all__ = [
    "AGAIN",
    "DeniedError",
    "Door",
    "LinkLostError",
    "Ran",
    "Remote",
    "TooSlowError",
    "UnreachableError",
    "check_key",
    "key_file",
    "no_sudo",
]
