"""Which values of a release must never be seen in a journal?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from ops.engine.model import Release

STARS = "********"
_SECRET_KEY = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE|(_|^)KEY$|API_?KEY", re.IGNORECASE)
_SHORTEST = 6  # shorter values would turn ordinary words into stars


class Mask:
    """Replace secret values of these releases by stars."""

    def __init__(self, releases: Iterable[Release] = ()) -> None:
        self._values = sorted({value for release in releases for value in _secrets(release)}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return the text without the secrets."""
        for value in self._values:
            text = text.replace(value, STARS)
        return text


def _secrets(release: Release) -> set[str]:
    found: set[str] = set()
    for service in release.services:
        for key, value in service.environment.items():
            found.update([value] if _SECRET_KEY.search(key) else _password_of(value))
    return {value for value in found if len(value) >= _SHORTEST}


def _password_of(value: str) -> tuple[str, ...]:
    if "://" not in value or "@" not in value:
        return ()
    try:
        password = urlsplit(value).password
    except ValueError:
        return (value,)
    return (password, unquote(password)) if password else ()
