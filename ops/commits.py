"""How is a commit shown to a person?"""

from __future__ import annotations

COMMIT_SHOWN = 8
DIRTY = "-dirty"


def short(commit: str) -> str:
    """Return as much of a commit as a person needs, and whether the checkout differed from it."""
    return commit[:COMMIT_SHOWN] + (DIRTY if commit.endswith(DIRTY) else "")
