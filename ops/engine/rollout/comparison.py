"""The comparison: nothing of the live release is touched while the operator's side still asks it.

What the live release does not answer before is no fault of the next one. An operator's side that is gone says nothing
any more, and the rollout goes on without it.
"""

from __future__ import annotations

from ops.engine.rollout.context import Comparison, Engine

SILENCE_S = 6.0  # the operator's side says every two seconds that it is still asking
LONGEST_S = 120.0


def compare(engine: Engine, asked: Comparison | None) -> bool:
    """Wait until the questions are answered, or nobody asks them any more; tell whether that took any time."""
    if asked is None or asked.is_over():
        return False
    engine.say("compare")("the live release is being asked, to compare the next one with it")
    began = engine.waiter.now()

    def is_over() -> bool:
        return asked.is_over() or min(asked.silent_s(), engine.waiter.now() - began) > SILENCE_S

    engine.waiter.until(is_over, timeout_s=LONGEST_S, every_s=0.05)
    engine.journal.write("compared", answered=asked.is_over())
    return True
