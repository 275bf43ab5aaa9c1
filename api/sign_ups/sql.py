"""What is read and written when people sign up? Who gets a place is decided by the database's own functions."""

from __future__ import annotations

from typing import LiteralString

# Public: row-level security shows the shifts of published and cancelled events alone.
VISIBLE_SHIFT: LiteralString = """
    SELECT shift.id, shift.organization_id, organization.daily_mails AS granted,
           extract(epoch FROM now() - organization.created_at)::float8 / 86400 AS organization_days
      FROM signups_shift AS shift JOIN signups_organization AS organization ON organization.id = shift.organization_id
     WHERE shift.id = %(shift_id)s
"""

# Two statements: the second one sees who was put in by somebody else between them.
ADD_GUEST: LiteralString = """
    INSERT INTO signups_member (organization_id, name, email, phone)
    VALUES (%(organization_id)s, %(name)s, %(email)s, %(phone)s) ON CONFLICT (organization_id, email) DO NOTHING
"""
MEMBER_OF_EMAIL: LiteralString = """
    SELECT id FROM signups_member WHERE organization_id = %(organization_id)s AND email = %(email)s
"""

MEMBER_OF_ACCOUNT: LiteralString = """
    SELECT id FROM signups_member WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s
"""
ADD_ACCOUNT: LiteralString = """
    INSERT INTO signups_member AS known (organization_id, user_id, name, email)
    SELECT %(organization_id)s, account.id, account.name, account.email FROM signups_user AS account
     WHERE account.id = %(user_id)s AND account.confirmed_at IS NOT NULL
    ON CONFLICT (organization_id, email) DO UPDATE SET user_id = excluded.user_id WHERE known.user_id IS NULL
"""
# Who signs up by themselves has said yes.
CONFIRM: LiteralString = """
    SELECT signups_confirm(id) FROM signups_member
     WHERE id = %(person_id)s AND organization_id = %(organization_id)s AND confirmed_at IS NULL
"""
LINK_MEMBERS: LiteralString = "SELECT signups_link_members(%(user_id)s)"

# Before the event is locked, as a removal does it: neither waits for the other in a circle, and nobody is signed up
# who is gone when it is committed.
KEEP_PERSON: LiteralString = """
    SELECT id FROM signups_member WHERE id = %(person_id)s AND organization_id = %(organization_id)s FOR KEY SHARE
"""
SIGN_UP: LiteralString = """
    SELECT done.sign_up_id AS id, done.state, done.place, done.is_new
      FROM signups_shift AS shift, LATERAL signups_sign_up(shift.id, %(person_id)s) AS done
     WHERE shift.id = %(shift_id)s AND shift.organization_id = %(organization_id)s
"""
# What a newcomer would be told now.
NEWCOMER: LiteralString = """
    SELECT CASE WHEN taken < capacity THEN 'confirmed' ELSE 'waiting' END AS state,
           CASE WHEN taken >= capacity THEN waiting + 1 END AS place
      FROM signups_shift WHERE id = %(shift_id)s AND organization_id = %(organization_id)s
"""
TELL_AGAIN: LiteralString = """
    INSERT INTO signups_outboxmessage (organization_id, kind, payload, key)
    VALUES (%(organization_id)s, 'signed_up', jsonb_build_object('sign_up_id', %(sign_up_id)s::bigint),
            'signed_up ' || %(sign_up_id)s::bigint || to_char(now() AT TIME ZONE 'UTC', ' "again at" YYYY-MM-DD HH24'))
    ON CONFLICT (key) DO NOTHING
"""

_MINE: LiteralString = """
    SELECT sign_up.id, sign_up.state, signups_place(sign_up.id) AS place, event.id AS event_id,
           event.title AS event_title, event.state AS event_state, event.location,
           organization.name AS organization, organization.slug AS organization_slug, shift.title AS shift_title,
           shift.starts_at, shift.ends_at,
           sign_up.state <> 'cancelled' AND event.state <> 'cancelled' AND shift.starts_at > now() AS can_cancel
      FROM signups_signup AS sign_up
      JOIN signups_member AS member ON member.id = sign_up.member_id
      JOIN signups_shift AS shift ON shift.id = sign_up.shift_id
      JOIN signups_event AS event ON event.id = shift.event_id
      JOIN signups_organization AS organization ON organization.id = sign_up.organization_id
"""
MINE_UPCOMING: LiteralString = (
    _MINE
    + """
     WHERE member.user_id = %(user_id)s AND sign_up.state <> 'cancelled' AND shift.ends_at > now()
       AND (%(after_start)s::timestamptz IS NULL OR (shift.starts_at, sign_up.id) > (%(after_start)s, %(after_id)s))
     ORDER BY shift.starts_at, sign_up.id LIMIT %(limit)s
"""
)
MINE_PAST: LiteralString = (
    _MINE
    + """
     WHERE member.user_id = %(user_id)s AND sign_up.state <> 'cancelled' AND shift.ends_at <= now()
       AND (%(after_start)s::timestamptz IS NULL OR (shift.starts_at, sign_up.id) < (%(after_start)s, %(after_id)s))
     ORDER BY shift.starts_at DESC, sign_up.id DESC LIMIT %(limit)s
"""
)
MANAGED: LiteralString = _MINE + " WHERE sign_up.id = %(sign_up_id)s AND sign_up.organization_id = %(organization_id)s"

ORGANIZATION_OF_MINE: LiteralString = """
    SELECT sign_up.organization_id FROM signups_signup AS sign_up
      JOIN signups_member AS member ON member.id = sign_up.member_id
     WHERE sign_up.id = %(sign_up_id)s AND member.user_id = %(user_id)s
"""
ORGANIZATION_OF_SIGN_UP: LiteralString = "SELECT signups_organization_of_sign_up(%(sign_up_id)s) AS organization_id"

CANCEL: LiteralString = """
    SELECT signups_cancel(id) FROM signups_signup
     WHERE id = %(sign_up_id)s AND organization_id = %(organization_id)s
"""

EVENT: LiteralString = """
    SELECT id FROM signups_event WHERE id = %(event_id)s AND organization_id = %(organization_id)s
"""

ROSTER: LiteralString = """
    SELECT sign_up.id, sign_up.shift_id, sign_up.member_id, member.name, member.email, member.phone, sign_up.state,
           sign_up.created_at, sign_up.attended
      FROM signups_shift AS shift
      JOIN signups_signup AS sign_up ON sign_up.shift_id = shift.id
      JOIN signups_member AS member ON member.id = sign_up.member_id
     WHERE shift.event_id = %(event_id)s AND shift.organization_id = %(organization_id)s
       AND sign_up.state <> 'cancelled' AND (%(shift_id)s::bigint IS NULL OR shift.id = %(shift_id)s)
       AND (%(after_shift)s::bigint IS NULL OR
            (sign_up.shift_id, sign_up.created_at, sign_up.id) > (%(after_shift)s, %(after_time)s, %(after_id)s))
     ORDER BY sign_up.shift_id, sign_up.created_at, sign_up.id LIMIT %(limit)s
"""

SIGN_UP_IN_SHIFT: LiteralString = """
    SELECT sign_up.state, shift.ends_at <= now() AS is_over
      FROM signups_signup AS sign_up JOIN signups_shift AS shift ON shift.id = sign_up.shift_id
     WHERE sign_up.id = %(sign_up_id)s AND sign_up.organization_id = %(organization_id)s
"""
MARK: LiteralString = """
    WITH sign_up AS (
        UPDATE signups_signup SET attended = %(attended)s
         WHERE id = %(sign_up_id)s AND organization_id = %(organization_id)s AND state = 'confirmed'
        RETURNING id, shift_id, member_id, state, created_at, attended)
    SELECT sign_up.*, member.name, member.email, member.phone
      FROM sign_up JOIN signups_member AS member ON member.id = sign_up.member_id
"""
