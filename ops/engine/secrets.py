"""The values of a release that must never be seen, in a journal or anywhere else."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from ops.engine.model import Release
from ops.redact import Redactor, passwords_in, sounds_secret

_SHORTEST = 6  # a journal must not fail because a value is short; a shorter one would redact ordinary words


def redactor_of(releases: Iterable[Release]) -> Redactor:
    """Return what keeps the secrets of these releases out of a text."""
    return Redactor(sorted(secrets_of(releases)), least_length=_SHORTEST)


def secrets_of(releases: Iterable[Release]) -> set[tuple[str, str]]:
    """Return key and value of each secret in the environments of their services; of a URL it is the password."""
    found: dict[str, str] = {}
    for release in releases:
        for service in release.services:
            for key, value in service.environment.items():
                for secret in (value,) if sounds_secret(key) else _passwords_of(value):
                    found.setdefault(secret, key)
    return {(key, secret) for secret, key in found.items() if len(secret) >= _SHORTEST}


def _passwords_of(value: str) -> set[str]:
    """Return what some reader of a URL takes for its password, as it is written and decoded."""
    found = passwords_in(value)
    return found | {unquote(password) for password in found}
