"""Which releases does a host still have, and how are they told to an operator?

Pure. The engine's `history` in, words out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops.errors import UsageError
from ops.release import short
from ops.targets import command

ENOUGH_RUNS = ("--lines", "100")  # when a release became live stands in the run that brought it up


@dataclass(frozen=True, kw_only=True)
class Known:
    """A release that is live, or was: from which commit, and when it became live (ISO 8601; empty: unknown).

    `barred` says why it cannot be gone back to: which migration was allowed that its code cannot live with.
    """

    release: str
    commit: str = ""
    committed_at: str = ""
    subject: str = ""
    live_since: str = ""
    barred: str = ""

    @property
    def words(self) -> str:
        """Return the release with its commit and the time when it became live."""
        since = f"live since {moment(self.live_since)}" if self.live_since else ""
        told = ", ".join(part for part in (short(self.commit), self.subject, since) if part)
        return f"{self.release} ({told})" if told else self.release


def live_of(history: Mapping[str, Any]) -> Known | None:
    """Return the release that is live."""
    return _known(history["live"]) if history.get("live") else None


def past_of(history: Mapping[str, Any]) -> tuple[Known, ...]:
    """Return the releases that can be gone back to, newest first."""
    return tuple(_known(entry) for entry in history.get("past") or ())


def chosen(history: Mapping[str, Any], wanted: str, *, target: str) -> Known:
    """Return the release to go back to: the one before, or the one that `wanted` begins; raises UsageError."""
    past = past_of(history)
    if not past:
        raise UsageError(
            "there is nothing to go back to",
            why="the host keeps no release from before the live one",
            fix=command("history", target),
        )
    found = [one for one in past if one.release == wanted] or [one for one in past if one.release.startswith(wanted)]
    if not wanted or len(found) == 1:
        return found[0]
    raise UsageError(
        f"`{wanted}` is {'more than one release' if found else 'no release'} that can be gone back to",
        why=f"the host keeps {', '.join(one.release for one in past)}",
        fix=command(f"rollback --to {past[0].release}", target),
    )


def short_release(release: str) -> str:
    """Return the part of a release's name that tells it from all others: when its run began."""
    return release.partition("-")[0]


def moment(at: str) -> str:
    """Return a time of ISO 8601 as a clock here shows it; an old record may have lost it."""
    return "" if not at else f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}"


def _known(entry: Mapping[str, Any]) -> Known:
    names = ("release", "commit", "committed_at", "subject", "live_since", "barred")
    return Known(**{name: str(entry.get(name) or "") for name in names})
