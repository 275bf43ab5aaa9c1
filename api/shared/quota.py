"""How many mails may an organization send today to people who did not just ask for one? Invitations and announcements.

A stranger can found an organization in a second, so a new one gets little, and it grows: with its age, with the age of
the account that writes, and with the people who said yes. Whoever needs more asks the operator, who sets
`daily mails` of the organization in admin. The numbers:

- Fifty on the first day is a club with its helpers; five thousand after a month is as many people as an import takes.
- Three for everybody who is confirmed: an organization can write to all of its own, and twice more, on its first day.

Both are counted over the last 24 hours, for the organization and for the account, whatever organizations it founds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, LiteralString

BY_AGE: Final = ((30, 5_000), (7, 1_000), (1, 200), (0, 50))  # from so many days on, so many a day
FOR_EACH_CONFIRMED: Final = 3
GUESTS: Final = 10  # times as many may sign up without an account: they ask for their mail, or somebody in their name

# Locks the organization: of two who send at the same moment, the second sees what the first took.
STANDING: LiteralString = """
    SELECT extract(epoch FROM now() - organization.created_at)::float8 / 86400 AS organization_days,
           coalesce((SELECT extract(epoch FROM now() - account.date_joined) FROM signups_user AS account
                      WHERE account.id = %(user_id)s), 0)::float8 / 86400 AS account_days,
           (SELECT count(*) FROM signups_member AS member
             WHERE member.organization_id = organization.id AND member.confirmed_at IS NOT NULL) AS confirmed,
           organization.daily_mails AS granted,
           signups_mails_of_organization(organization.id) AS used_by_organization,
           signups_mails_of_account(%(user_id)s) AS used_by_account
      FROM signups_organization AS organization
     WHERE organization.id = %(organization_id)s FOR NO KEY UPDATE OF organization
"""

# Whoever was written down by somebody else, and never asked whether that is right: the first ones of them.
INVITE_WAITING: LiteralString = """
    WITH asked AS (
        INSERT INTO signups_invitation (organization_id, email, role, invited_by_id, expires_at)
        SELECT member.organization_id, member.email, 'volunteer', %(member_id)s, now() + interval '7 days'
          FROM signups_member AS member
         WHERE member.organization_id = %(organization_id)s AND member.confirmed_at IS NULL AND NOT EXISTS (
               SELECT FROM signups_invitation AS earlier
                WHERE earlier.organization_id = member.organization_id AND earlier.email = member.email)
         ORDER BY member.id LIMIT %(most)s
        ON CONFLICT (organization_id, email) WHERE accepted_at IS NULL AND revoked_at IS NULL DO NOTHING
        RETURNING id),
    told AS (
        INSERT INTO signups_outboxmessage (organization_id, kind, payload)
        SELECT %(organization_id)s, 'invitation', jsonb_build_object('invitation_id', id) FROM asked)
    SELECT count(*) AS count FROM asked
"""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How old an organization and whoever writes are, how many people said yes, and what was sent in a day."""

    organization_days: float
    account_days: float
    confirmed: int
    granted: int | None
    used_by_organization: int
    used_by_account: int

    @property
    def left(self) -> int:
        """How many more may go out now."""
        if self.granted is not None:  # the operator knows this organization, and so whoever writes for it
            return max(0, self.granted - self.used_by_organization)
        more = FOR_EACH_CONFIRMED * self.confirmed
        of_organization = _by_age(self.organization_days) + more - self.used_by_organization
        of_account = _by_age(self.account_days) + more - self.used_by_account
        return max(0, min(of_organization, of_account))


def guests_a_day(organization_days: float, granted: int | None) -> int:
    """Return how many sign-ups without an account an organization may take in a day; each sends a mail."""
    return GUESTS * (_by_age(organization_days) if granted is None else granted)


def _by_age(days: float) -> int:
    return next((most for from_day, most in BY_AGE if days >= from_day), BY_AGE[-1][1])
