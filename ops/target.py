"""Which target does the operator mean, and what is needed to work on it?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from ops.errors import CredentialsError, UsageError
from ops.host import LocalHost
from ops.observations import Site
from ops.redact import Redactor
from ops.settings import Settings, load

TARGETS = ("droplet", "local")


@dataclass(frozen=True, kw_only=True)
class Target:
    """A checkout with its settings, the host it is deployed to, and where it answers."""

    root: Path
    settings: Settings
    redactor: Redactor
    host: LocalHost
    site: Site

    @property
    def state(self) -> Path:
        """Return the folder that holds everything the local target makes."""
        return self.root / ".local"


def check_target(root: Path, target: str) -> None:
    """Stop here unless the target can be worked on; raises UsageError or CredentialsError (A-05)."""
    if target not in TARGETS:
        raise UsageError(
            f"there is no target `{target}`", why=f"the targets are {' and '.join(TARGETS)}", fix="invoke deploy --help"
        )
    if target == "local":
        return
    if not (os.environ.get("DIGITALOCEAN_TOKEN") or _token_in(root / ".env")):
        raise CredentialsError(
            "no cloud credentials",
            why="DIGITALOCEAN_TOKEN is neither in the environment nor in .env, and a droplet needs it. "
            "Nothing was changed. The stack also runs on this machine alone.",
            fix="./scripts/deploy.sh --target local",
        )
    raise UsageError(
        "the droplet target is not in this version",
        why="this version deploys to this machine only; the cloud was not contacted",
        fix="./scripts/deploy.sh --target local",
    )


def open_target(root: Path) -> Target:
    """Read the settings and return the local target; raises SettingsError with every problem at once."""
    settings = load(root / ".env", environ=os.environ, target="local")
    environment = settings.as_environment()
    state = root / ".local"
    site = Site(
        domain=environment["WEBSITE_DOMAIN"],
        environment=environment["ENVIRONMENT"],
        https_port=int(environment["LOCAL_HTTPS_PORT"]),
        http_port=int(environment["LOCAL_HTTP_PORT"]),
        internal_url=f"http://127.0.0.1:{environment['LOCAL_INTERNAL_PORT']}",
        ca_file=str(state / "data" / "tls" / "ca.pem"),
        root=str(state),
        rate_limit_burst=int(environment["RATE_LIMIT_API_BURST"]),
    )
    host = LocalHost(state, environment=_engine_environment(root, settings))
    return Target(root=root, settings=settings, redactor=Redactor(settings.secrets()), host=host, site=site)


def _token_in(env_file: Path) -> str:
    return (env_file.is_file() and dotenv_values(env_file, interpolate=False).get("DIGITALOCEAN_TOKEN")) or ""


def _engine_environment(root: Path, settings: Settings) -> dict[str, str]:
    """Return the operator's environment without its secrets: pip and npm read their own configuration from it."""
    secret = settings.secrets().keys()
    kept: Mapping[str, str] = {key: value for key, value in os.environ.items() if key not in secret}
    stated = settings.as_environment()
    return {
        **kept,
        "SLIPWAY_CACHE_DIR": str((root / stated["LOCAL_CACHE_DIR"]).resolve()),
        "SLIPWAY_REPLICA_PORT_FIRST": stated["LOCAL_REPLICA_PORT_FIRST"],
    }
