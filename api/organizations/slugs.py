"""Which short name does an organization get in addresses? One made from its name, with a number when it is taken."""

from __future__ import annotations

import re
import secrets
import unicodedata

LONGEST = 80
SHORTEST = 3
NUMBERED = 9


def slug_of(name: str) -> str:
    """Return a slug for a name: ASCII letters and digits with single dashes; `organization` when nothing is left."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_only)[:LONGEST].strip("-")
    return slug if len(slug) >= SHORTEST else f"{slug}-organization".strip("-")


def candidates(name: str) -> list[str]:
    """List slugs for a name, the best first; the last one is as good as never taken."""
    slug = slug_of(name)
    suffixes = ("", *(f"-{number}" for number in range(2, NUMBERED + 1)), f"-{secrets.token_hex(5)}")
    return [slug[: LONGEST - len(suffix)].rstrip("-") + suffix for suffix in suffixes]
