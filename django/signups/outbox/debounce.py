"""Who may begin with the outbox, while somebody is working it off already?"""

from __future__ import annotations

import time


class Debounce:
    """Lets work begin that others asked for, but not while a long row of messages is being worked off anyway."""

    def __init__(self, *, rest_s: float) -> None:
        self._rest_s = rest_s
        self._more_at = float("-inf")

    def may_begin(self, *, goes_on: bool) -> bool:
        """Tell whether a batch may begin; one that goes on with the row may always."""
        return goes_on or time.monotonic() - self._more_at > self._rest_s

    def note_more(self) -> None:
        """Remember that a batch ended with messages left, and that somebody goes on with them."""
        self._more_at = time.monotonic()
