"""What is read and written of invitations? The worker makes the token when it mails the link, and keeps its hash."""

from __future__ import annotations

from typing import LiteralString

_INVITATION: LiteralString = """
    SELECT id, email, role, created_at, expires_at, CASE
           WHEN accepted_at IS NOT NULL THEN 'accepted'
           WHEN revoked_at IS NOT NULL THEN 'revoked'
           WHEN expires_at <= now() THEN 'expired'
           ELSE 'pending' END AS state
      FROM signups_invitation WHERE organization_id = %(organization_id)s
"""
INVITATIONS: LiteralString = (
    _INVITATION
    + """
       AND (%(after_time)s::timestamptz IS NULL OR (created_at, id) < (%(after_time)s, %(after_id)s))
     ORDER BY created_at DESC, id DESC LIMIT %(limit)s
"""
)
INVITATION: LiteralString = _INVITATION + " AND id = %(invitation_id)s"
LOCK_INVITATION: LiteralString = INVITATION + " FOR UPDATE"

MEMBER_WITH_ACCOUNT: LiteralString = """
    SELECT role FROM signups_member
     WHERE organization_id = %(organization_id)s AND email = %(email)s AND user_id IS NOT NULL
       AND confirmed_at IS NOT NULL
"""
# One open invitation for each address: one that ran out makes room.
CLOSE_EXPIRED: LiteralString = """
    UPDATE signups_invitation SET revoked_at = now()
     WHERE organization_id = %(organization_id)s AND email = %(email)s AND expires_at <= now()
       AND accepted_at IS NULL AND revoked_at IS NULL
"""
INVITE: LiteralString = """
    WITH invitation AS (
        INSERT INTO signups_invitation (organization_id, email, role, invited_by_id, expires_at)
        VALUES (%(organization_id)s, %(email)s, %(role)s, %(member_id)s, now() + interval '7 days')
        ON CONFLICT (organization_id, email) WHERE accepted_at IS NULL AND revoked_at IS NULL DO NOTHING
        RETURNING id),
    told AS (
        INSERT INTO signups_outboxmessage (organization_id, kind, payload)
        SELECT %(organization_id)s, 'invitation', jsonb_build_object('invitation_id', id) FROM invitation)
    SELECT id FROM invitation
"""
REVOKE: LiteralString = """
    UPDATE signups_invitation SET revoked_at = now()
     WHERE id = %(invitation_id)s AND organization_id = %(organization_id)s AND revoked_at IS NULL
"""

ORGANIZATION_OF_LINK: LiteralString = """
    SELECT signups_organization_of_invitation(%(token_hash)s) AS organization_id
"""
HELD: LiteralString = _INVITATION + " AND token_hash = %(token_hash)s FOR UPDATE"
ORGANIZATION: LiteralString = """
    SELECT name AS organization_name, slug AS organization_slug FROM signups_organization
     WHERE id = %(organization_id)s
"""
# One that was only registered has no password yet, and nobody has proven its address.
ACCOUNT: LiteralString = """
    SELECT id, name, confirmed_at IS NOT NULL OR password NOT LIKE '!%%' AS is_real
      FROM signups_user WHERE email = %(email)s
"""
MAKE_ACCOUNT: LiteralString = """
    INSERT INTO signups_user AS known (email, name, password) VALUES (%(email)s, %(name)s, %(password)s)
    ON CONFLICT (email) DO UPDATE SET name = excluded.name, password = excluded.password
     WHERE known.confirmed_at IS NULL AND known.password LIKE '!%%'
    RETURNING id, token_version
"""
CONFIRM: LiteralString = "UPDATE signups_user SET confirmed_at = now() WHERE id = %(account_id)s"

MEMBER: LiteralString = """
    SELECT id FROM signups_member
     WHERE organization_id = %(organization_id)s
       AND (user_id = %(account_id)s OR (user_id IS NULL AND email = %(email)s))
     ORDER BY user_id NULLS LAST LIMIT 1 FOR UPDATE
"""
RAISE_ROLE: LiteralString = """
    UPDATE signups_member SET user_id = %(account_id)s, role = CASE
           WHEN array_position(ARRAY['owner', 'coordinator', 'volunteer'], %(role)s::text)
              < array_position(ARRAY['owner', 'coordinator', 'volunteer'], role::text)
           THEN %(role)s::text ELSE role END
     WHERE id = %(person_id)s AND organization_id = %(organization_id)s
"""
JOIN: LiteralString = """
    INSERT INTO signups_member (organization_id, user_id, name, email, role)
    SELECT %(organization_id)s, id, name, email, %(role)s FROM signups_user WHERE id = %(account_id)s
    ON CONFLICT (organization_id, email) DO NOTHING
"""
# Somebody of whom the organization has name and address already can say yes without an account.
LISTED: LiteralString = """
    SELECT id FROM signups_member WHERE organization_id = %(organization_id)s AND email = %(email)s FOR UPDATE
"""
CONFIRM_PERSON: LiteralString = """
    SELECT signups_confirm(id) AS is_new FROM signups_member
     WHERE id = %(person_id)s AND organization_id = %(organization_id)s
"""
ACCEPTED: LiteralString = """
    UPDATE signups_invitation SET accepted_at = now()
     WHERE id = %(invitation_id)s AND organization_id = %(organization_id)s
"""
