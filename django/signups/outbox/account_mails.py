"""What do people read about their account: a link to choose a password, or an invitation?"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models.functions import Now

from signups.models import Invitation, Member, OneTimeToken, OutboxMessage, Role, User
from signups.outbox.links import hash_of, page, token_of
from signups.outbox.mails import Mail, one_line
from signups.outbox.outcome import LINK_STORED, Outcome, dropped

if TYPE_CHECKING:
    from collections.abc import Mapping

REGISTERED_FOR = timedelta(hours=24)
RESET_FOR = timedelta(hours=1)
WORDS: Mapping[timedelta, str] = {REGISTERED_FOR: "24 hours", RESET_FOR: "one hour"}


def registered(message: OutboxMessage) -> Mail | Outcome:
    """Write to somebody who registered: the first link, or that there is an account already."""
    user = User.objects.filter(pk=message.payload["user_id"], is_active=True).first()
    if user is None:
        return dropped("there is no such account")
    if _has_password(user):
        says = {"sign_in": page("/sign-in"), "forgot": page("/forgot")}
        return Mail(to_name=user.name, to_address=user.email, template="already_registered.txt", says=says)
    return _choose_password(message, user, template="choose_password.txt", good_for=REGISTERED_FOR)


def reset(message: OutboxMessage) -> Mail | Outcome:
    """Write to somebody who forgot the password."""
    user = User.objects.filter(email=message.payload["email"], is_active=True).first()
    if user is None:
        return dropped("nobody has this address")
    return _choose_password(message, user, template="reset_password.txt", good_for=RESET_FOR)


def invited(message: OutboxMessage) -> Mail | Outcome:
    """Write to somebody who is asked to join an organization."""
    open_ones = Invitation.objects.filter(accepted_at=None, revoked_at=None, expires_at__gt=Now())
    chosen = open_ones.select_related("organization", "invited_by").select_for_update(of=("self",))
    invitation = chosen.filter(pk=message.payload["invitation_id"]).first()
    if invitation is None:
        return dropped("the invitation was accepted or revoked, or is over")
    token = token_of(message)
    if invitation.token_hash is None or bytes(invitation.token_hash) != hash_of(token):
        invitation.token_hash = hash_of(token)
        invitation.save(update_fields=["token_hash"])
        return LINK_STORED
    organization = one_line(invitation.organization.name)
    says = {
        "organization": organization,
        "by": one_line(invitation.invited_by.name) if invitation.invited_by else "",
        "role": invitation.role,
        "is_listed": _is_listed(invitation),
        "link": page("/invitation", token),
        "expires_at": invitation.expires_at,
    }
    return Mail(to_name="", to_address=invitation.email, template="invitation.txt", says=says, sender=organization)


def _is_listed(invitation: Invitation) -> bool:
    """Tell whether the organization wrote this person down already: then a click is enough, without an account."""
    people = Member.objects.filter(organization=invitation.organization_id, email=invitation.email)
    return invitation.role == Role.VOLUNTEER and people.exists()


def _choose_password(message: OutboxMessage, user: User, *, template: str, good_for: timedelta) -> Mail | Outcome:
    token = token_of(message)
    link = {"user": user, "expires_at": Now() + good_for}  # from when the mail goes, not from when it first should have
    _, is_new = OneTimeToken.objects.update_or_create(token_hash=hash_of(token), defaults=link)
    if is_new:
        return LINK_STORED
    says = {"link": page("/choose-password", token), "good_for": WORDS[good_for]}
    return Mail(to_name=user.name, to_address=user.email, template=template, says=says)


def _has_password(user: User) -> bool:
    return bool(user.password) and user.has_usable_password()
