"""Ctrl-C, heard however a program was started.

A shell starts what a script puts into the background with SIGINT ignored, and whatever that starts inherits it: nothing
could be cancelled by the signal that is there for it.
"""

from __future__ import annotations

import signal


def hear_interrupts() -> None:
    """Let SIGINT interrupt this program, and have its usual effect on all that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
