"""What is read and written of an organization's people?"""

from __future__ import annotations

from typing import LiteralString

_PERSON: LiteralString = """
    SELECT member.id, member.name, member.email, member.phone, member.role, member.user_id IS NOT NULL AS has_account,
           member.confirmed_at IS NOT NULL AS is_confirmed, member.joined_at, (
           SELECT count(*) FROM signups_signup AS sign_up
             JOIN signups_shift AS shift ON shift.id = sign_up.shift_id
             JOIN signups_event AS event ON event.id = shift.event_id
            WHERE sign_up.member_id = member.id AND sign_up.state <> 'cancelled' AND shift.ends_at > now()
              AND event.state = 'published') AS upcoming
      FROM signups_member AS member
     WHERE member.organization_id = %(organization_id)s
"""
PEOPLE: LiteralString = (
    _PERSON
    + """
       AND (%(search)s::text IS NULL OR member.name ILIKE %(search)s OR member.email ILIKE %(search)s)
       AND (%(role)s::text IS NULL OR member.role = %(role)s)
       AND (%(after_name)s::text IS NULL OR (member.name, member.id) > (%(after_name)s, %(after_id)s))
     ORDER BY member.name, member.id LIMIT %(limit)s
"""
)
PERSON: LiteralString = _PERSON + " AND member.id = %(person_id)s"

# Nothing but an invitation reaches who is written down by somebody else, until they say yes.
ADD: LiteralString = """
    INSERT INTO signups_member (organization_id, name, email, phone, confirmed_at)
    VALUES (%(organization_id)s, %(name)s, %(email)s, %(phone)s, NULL)
    ON CONFLICT (organization_id, email) DO NOTHING RETURNING id
"""

# One change of who is an owner at a time: two owners who demote each other at the same moment come one after the other.
LOCK_OWNERSHIP: LiteralString = """
    SELECT id FROM signups_organization WHERE id = %(organization_id)s FOR NO KEY UPDATE
"""
MY_ROLE: LiteralString = """
    SELECT role FROM signups_member WHERE id = %(member_id)s AND organization_id = %(organization_id)s
"""
# An owner without an account could do nothing.
OTHER_OWNERS: LiteralString = """
    SELECT count(*) AS count FROM signups_member
     WHERE organization_id = %(organization_id)s AND role = 'owner' AND user_id IS NOT NULL AND id <> %(person_id)s
"""
# Whoever signs this person up waits until the change is done, and then sees it.
LOCK_PERSON: LiteralString = """
    SELECT id, name, email, role, confirmed_at IS NOT NULL AS is_confirmed FROM signups_member
     WHERE id = %(person_id)s AND organization_id = %(organization_id)s FOR UPDATE
"""
CHANGE: LiteralString = """
    UPDATE signups_member SET name = coalesce(%(name)s::text, name), phone = coalesce(%(phone)s::text, phone),
           role = coalesce(%(role)s::text, role)
     WHERE id = %(person_id)s AND organization_id = %(organization_id)s
"""

# Events in one order, because each is locked until the end.
SIGN_UPS: LiteralString = """
    SELECT sign_up.id, shift.id AS shift_id, sign_up.state, shift.ends_at > now() AS is_upcoming,
           event.title AS event_title, shift.title AS shift_title, shift.starts_at
      FROM signups_signup AS sign_up
      JOIN signups_shift AS shift ON shift.id = sign_up.shift_id
      JOIN signups_event AS event ON event.id = shift.event_id
     WHERE sign_up.member_id = %(person_id)s AND sign_up.organization_id = %(organization_id)s
       AND sign_up.state <> 'cancelled'
     ORDER BY event.id, shift.starts_at, shift.id
"""
CANCEL: LiteralString = """
    SELECT signups_cancel(sign_up.id) FROM unnest(%(sign_up_ids)s::bigint[]) WITH ORDINALITY AS given(id, position)
      JOIN signups_signup AS sign_up ON sign_up.id = given.id AND sign_up.organization_id = %(organization_id)s
     ORDER BY given.position
"""
REMOVE: LiteralString = """
    DELETE FROM signups_member WHERE id = %(person_id)s AND organization_id = %(organization_id)s
"""
SETTLE: LiteralString = """
    SELECT signups_settle(shift.id) FROM unnest(%(shift_ids)s::bigint[]) WITH ORDINALITY AS given(id, position)
      JOIN signups_shift AS shift ON shift.id = given.id AND shift.organization_id = %(organization_id)s
     ORDER BY given.position
"""
# The sign-ups are gone when this is sent, so it says itself what there was.
TELL_REMOVED: LiteralString = """
    INSERT INTO signups_outboxmessage (organization_id, kind, payload)
    VALUES (%(organization_id)s, 'removed', %(payload)s::jsonb)
"""

KNOWN: LiteralString = """
    SELECT email, name, phone, role FROM signups_member
     WHERE organization_id = %(organization_id)s AND email = ANY (%(emails)s::text[])
"""
IMPORT: LiteralString = """
    INSERT INTO signups_member (organization_id, name, email, phone, confirmed_at)
    SELECT %(organization_id)s, given.name, given.email, given.phone, NULL
      FROM unnest(%(names)s::text[], %(emails)s::text[], %(phones)s::text[]) AS given(name, email, phone)
     ORDER BY given.email
    ON CONFLICT (organization_id, email) DO UPDATE SET name = excluded.name, phone = excluded.phone
"""
