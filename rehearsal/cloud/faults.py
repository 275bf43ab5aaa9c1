"""What goes wrong on purpose, and when?"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault, for the next `times` requests that fit, once `after` of them were let through.

    =================================================  ====================================================
    Fault(status=503)                                  answers 503 and does nothing
    Fault(status=429, retry_after="1")                 the same with a header
    Fault(status=500, is_done=True)                    does what was asked, then answers 500
    Fault(is_done=True, is_dropped=True)               does it, then closes the connection without an answer
    Fault(hang_s=30, is_done=True, is_dropped=True)    does it, then is silent for 30 s: a timeout after success
    Fault(hang_s=5, is_late=True, is_dropped=True)     is silent for 5 s, and only then does it
    Fault(body="[]")                                   does it, then answers with another body
    Fault(action_s=5)                                  the action that the request starts takes 5 s
    Fault(is_errored=True)                             the action that the request starts ends as `errored`
    =================================================  ====================================================
    """

    method: str = ""
    path: str = ""
    times: int = 1
    after: int = 0
    status: int = 0
    retry_after: str = ""
    hang_s: float = 0.0
    is_done: bool = False
    is_late: bool = False
    is_dropped: bool = False
    body: str | None = None
    action_s: float = 0.0
    is_errored: bool = False

    def fits(self, method: str, path: str) -> bool:
        """Tell whether a request is meant; `path` is a regular expression for the whole path."""
        return self.method in {"", method} and (not self.path or re.fullmatch(self.path, path) is not None)

    @property
    def is_before(self) -> bool:
        """Tell whether the request is stopped before anything is done."""
        return not (self.is_done or self.is_late) and (self.status != 0 or self.is_dropped)


NO_FAULT = Fault(times=0)


class Faults:
    """The faults that are still to come, oldest first."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Let a fault wait for its requests."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._waiting.clear()

    def take(self, method: str, path: str) -> Fault:
        """Return the fault for this request and count it down; NO_FAULT when there is none.

        What waits for a later request counts this one, whichever fault strikes now.
        """
        struck, left = NO_FAULT, []
        with self._lock:
            for fault in self._waiting:
                if not fault.fits(method, path):
                    left.append(fault)
                elif fault.after:
                    left.append(replace(fault, after=fault.after - 1))
                elif struck is NO_FAULT:
                    struck = fault
                    left += [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                else:
                    left.append(fault)
            self._waiting = left
        return struck
