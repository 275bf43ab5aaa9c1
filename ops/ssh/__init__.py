"""How is a host reached that is elsewhere? The only room that knows Fabric."""

from __future__ import annotations

from ops.ssh.authorized_keys import AuthorizedKey, keys_in, same_key, text_to_append
from ops.ssh.connection import CommandResult, Remote
from ops.ssh.errors import AGAIN, DeniedError, LinkLostError, Login, TooSlowError, UnreachableError, no_sudo
from ops.ssh.private_key import check_key, key_file

__all__ = [
    "AGAIN",
    "AuthorizedKey",
    "CommandResult",
    "DeniedError",
    "LinkLostError",
    "Login",
    "Remote",
    "TooSlowError",
    "UnreachableError",
    "check_key",
    "key_file",
    "keys_in",
    "no_sudo",
    "same_key",
    "text_to_append",
]
