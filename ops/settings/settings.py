"""What the operator decided. Every setting of the schema as a typed attribute, such as `settings.API_REPLICAS`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.errors import CredentialsError
from ops.redact import LEAST_LENGTH, passwords_in, sounds_secret
from ops.settings.kinds import PRODUCTION
from ops.settings.schema import KEYS, Schema
from ops.shell_words import local_deploy

LOCAL_PORTS = tuple(key.name for key in KEYS if key.name.startswith("LOCAL_") and key.name.endswith("_PORT"))
GUARDED = ("admin", "flower")  # what may be exposed to operators, behind the lock


@dataclass(frozen=True, kw_only=True, repr=False)
class Settings(Schema):
    """Every setting, checked. `values` has the text of each key, `extra` what else `.env` says.

    `by_command` names those whose values a command gave.

    `notices` are what the operator should hear although it stops nothing; they hold no value of `.env` but numbers.
    """

    target: str
    values: Mapping[str, str]
    extra: Mapping[str, str]
    notices: tuple[str, ...] = ()
    by_command: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"Settings(target={self.target!r}, ENVIRONMENT={self.ENVIRONMENT!r}, domain={self.WEBSITE_DOMAIN!r})"

    @property
    def certificate_source(self) -> str:
        """Return where certificates come from: acme or files; the local target always has files."""
        return "files" if self.target == "local" else self.USE_TLS

    @property
    def orders_trusted(self) -> bool:
        """Tell whether certificates are ordered at Let's Encrypt's production directory: ones that browsers trust."""
        wanted = self.ENVIRONMENT == self.ACME_DIRECTORY == PRODUCTION
        return wanted and self.certificate_source == "acme"

    @property
    def exposed(self) -> tuple[str, ...]:
        """Return which services operators reach behind the lock: admin, flower."""
        asked = (self.EXPOSE_ADMIN, self.EXPOSE_FLOWER)
        return tuple(name for name, is_exposed in zip(GUARDED, asked, strict=True) if is_exposed)

    @property
    def ports(self) -> dict[str, int]:
        """Return the fixed ports of the local target by their keys, such as LOCAL_HTTPS_PORT."""
        return {name: int(self.values[name]) for name in LOCAL_PORTS}

    def cache_dir(self, root: Path) -> Path:
        """Return the cache of the local target; a relative one counts from the checkout."""
        return root / Path(self.LOCAL_CACHE_DIR).expanduser()

    def as_environment(self) -> dict[str, str]:
        """Return every key of the schema with its value or default: all that Compose interpolates."""
        return dict(self.values)

    def secrets(self) -> dict[str, str]:
        """Return what must never be shown, by key; of a URL it is the password alone.

        Unknown keys of `.env` whose names sound secret are among them, those whose values a command gave, and the
        passwords in unknown URLs.
        """
        known = {key.name: key.secret_part(self.values[key.name]) for key in KEYS}
        extra = {
            name: value
            if sounds_secret(name) or name in self.by_command
            else max(passwords_in(value), key=len, default="")
            for name, value in self.extra.items()
        }
        return {name: value for name, value in {**extra, **known}.items() if len(value) >= LEAST_LENGTH}

    def cloud_token(self) -> str:
        """Return the token for the cloud; raise CredentialsError when there is none."""
        if not self.DIGITALOCEAN_TOKEN:
            raise CredentialsError(
                "there are no cloud credentials",
                why="DIGITALOCEAN_TOKEN is empty in .env and in the environment; the cloud was not contacted",
                fix=f"set DIGITALOCEAN_TOKEN in .env, or deploy to this machine: {local_deploy()}",
            )
        return self.DIGITALOCEAN_TOKEN
