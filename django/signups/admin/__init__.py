"""What does staff see and edit? An administrator everything, a coordinator what belongs to their organizations.

Idempotency keys are not shown: they hold answers that were meant for somebody else.
"""

from __future__ import annotations

from signups.admin import accounts, events, messages, organizations, sign_ups

__all__ = ["accounts", "events", "messages", "organizations", "sign_ups"]
