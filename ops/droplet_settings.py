"""Do the settings say enough to work on a droplet?"""

from __future__ import annotations

import os
from pathlib import Path

from ops.errors import CredentialsError, SettingsError
from ops.settings import Settings, load
from ops.settings_file import read_env_file

SSH_PORT = 22


def load_for_droplet(root: Path, *, address: str) -> Settings:
    """Return the settings; a missing token comes first, because nothing else matters without one (A-05).

    `address` is a host that exists already, for which the cloud is not asked. Raises CredentialsError, SettingsError.
    """
    stated, _ = read_env_file(root / ".env")
    if not (address or os.environ.get("DIGITALOCEAN_TOKEN") or stated.get("DIGITALOCEAN_TOKEN")):
        raise CredentialsError(
            "no cloud credentials",
            why="DIGITALOCEAN_TOKEN is neither in the environment nor in .env, and a droplet needs it. "
            "Nothing was changed. The stack also runs on this machine alone.",
            fix="./scripts/deploy.sh --target local",
        )
    settings = load(root / ".env", environ=os.environ, target="droplet")
    if not address and settings.number("SSH_PORT") != SSH_PORT:
        raise SettingsError(
            f"SSH_PORT is {settings.values['SSH_PORT']}",
            why="a droplet listens on 22, and its firewall opens nothing else; another port is for --address",
            fix="empty SSH_PORT in .env, or add --address",
        )
    return settings
