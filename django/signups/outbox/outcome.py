"""How did a message end, when nothing went wrong?"""

from __future__ import annotations

from dataclasses import dataclass

from signups.models import OutboxMessage


@dataclass(frozen=True)
class Outcome:
    """The message's new state, and why it is not `sent`."""

    state: str
    why: str = ""


NOT_CONFIRMED = "the person has not said yes to being written to"
SENT = Outcome(OutboxMessage.State.SENT)
LINK_STORED = Outcome(OutboxMessage.State.PENDING, "the mail goes when its link is committed: it may be opened at once")


def dropped(why: str) -> Outcome:
    """Return that there is nobody to tell any more, or nothing to tell."""
    return Outcome(OutboxMessage.State.DROPPED, why)
