"""Words that the operator's side leaves in a run's folder for the engine that works on it."""

from __future__ import annotations

import time
from pathlib import Path

ASKING, ASKED = "asking", "asked"


class ComparisonFiles:
    """Two files: `asking` is touched while the live release is asked, `asked` is there when that is done."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def is_over(self) -> bool:
        """Tell whether the questions are answered."""
        return (self._folder / ASKED).exists()

    def silent_s(self) -> float:
        """Return for how long nothing was heard of them."""
        try:
            return time.time() - (self._folder / ASKING).stat().st_mtime
        except OSError:
            return float("inf")
