"""The pinned key of a host: still the one that was met first.

Its key is kept on first contact, under a name of the host's own (`droplet-42`), in a known_hosts file of the checkout.
"""

from __future__ import annotations

import os
from typing import Any

from ops.ssh import errors
from ops.ssh.errors import Login


class Pin:
    """Fabric's answer to a host key that it does not know: keep it, unless one was kept before."""

    def __init__(self, login: Login) -> None:
        self.login = login

    def apply(self, client: Any) -> None:
        """Make an SSH client, before it connects, trust the kept key alone."""
        if self.login.known_hosts.exists():
            client.load_host_keys(str(self.login.known_hosts))
        client.set_missing_host_key_policy(self)

    def missing_host_key(self, _client: Any, _name: str, key: Any) -> None:
        """Keep the key of a first contact; refuse it when a damaged line stands where the kept one was."""
        file = self.login.known_hosts
        kept = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
        if any(line.split(maxsplit=1)[:1] == [self.login.alias] for line in kept.splitlines()):
            raise errors.unreadable_pin(self.login)
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
        ended = kept if not kept or kept.endswith("\n") else f"{kept}\n"
        line = f"{self.login.alias} {key.get_name()} {key.get_base64()}\n"
        temporary.write_text(ended + line, encoding="utf-8", newline="\n")
        temporary.replace(file)
