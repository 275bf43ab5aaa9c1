"""What could be the password in a URL, to whichever of its readers."""

from __future__ import annotations


def passwords_in(url: str) -> set[str]:
    """Return every text that some reader takes for the password in a URL: cut at its first `@`, or at its last."""
    _, separator, rest = url.partition("://")
    if not separator or "@" not in rest:
        return set()
    logins = (rest.partition("@")[0], rest.rpartition("@")[0])
    return {password for login in logins if (password := login.partition(":")[2])}
