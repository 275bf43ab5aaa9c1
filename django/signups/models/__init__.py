"""What is stored? Accounts, organizations and their people, events, shifts and sign-ups, and what is to be sent."""

from __future__ import annotations

from signups.models.accounts import IdempotencyKey, OneTimeToken, RefreshToken, User
from signups.models.events import Event, Shift, SignUp
from signups.models.messages import Announcement, Export, OutboxMessage, Tick
from signups.models.organizations import Invitation, Member, Organization, Role

__all__ = [
    "Announcement",
    "Event",
    "Export",
    "IdempotencyKey",
    "Invitation",
    "Member",
    "OneTimeToken",
    "Organization",
    "OutboxMessage",
    "RefreshToken",
    "Role",
    "Shift",
    "SignUp",
    "Tick",
    "User",
]
