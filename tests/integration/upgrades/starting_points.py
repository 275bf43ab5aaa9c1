"""From which versions of the project does an upgrade to this checkout have to work? None is taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class StartingPoint:
    """A version that people have deployed.

    `commit`: a tag, or a commit of this history. `old_settings`: keys that its `.env` may hold and nothing reads any
    more, each with the one that is named instead. `interrupts`: services that cannot be replaced while they serve on
    the way from that version to this one, each with why; the upgrade then is allowed to interrupt, else it is not.
    """

    name: str
    commit: str
    old_settings: Mapping[str, str] = field(default_factory=dict)
    interrupts: Mapping[str, str] = field(default_factory=dict)


STARTING_POINTS = (
    StartingPoint(
        name="before-0.1",
        commit="bf765772a79ce2debc9d32c2b00359e83aaaceed",
        old_settings={"DJANGO_ADMIN_USER": "DJANGO_ADMIN_EMAIL"},
        interrupts={
            "traefik": "it listened for itself; from here on its sockets outlive it",
            "postgres": "replicas of before do not wait for it; from here on they do",
        },
    ),
)
