"""The values of a release that must never be seen, in a journal or anywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urlsplit

from ops.engine.model import Release
from ops.redact import Redactor, sounds_secret

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
                for secret in (value,) if sounds_secret(key) else _password_of(value):
                    found.setdefault(secret, key)
    return {(key, secret) for secret, key in found.items() if len(secret) >= _SHORTEST}


def _password_of(value: str) -> Iterator[str]:
    if "://" not in value or "@" not in value:
        return
    try:
        password = urlsplit(value).password
    except ValueError:
        yield value
        return
    if password:
        yield from {password, unquote(password)}
