"""What is read and written of announcements? The worker makes the mails."""

from __future__ import annotations

from typing import LiteralString

_ANNOUNCEMENT: LiteralString = """
    SELECT announcement.id, announcement.subject, announcement.body, announcement.audience, announcement.event_id,
           event.title AS event_title, author.name AS author, announcement.created_at, announcement.recipients
      FROM signups_announcement AS announcement
      LEFT JOIN signups_event AS event ON event.id = announcement.event_id
      LEFT JOIN signups_member AS author ON author.id = announcement.author_id
     WHERE announcement.organization_id = %(organization_id)s
"""
ANNOUNCEMENTS: LiteralString = (
    _ANNOUNCEMENT
    + """
       AND (%(after_time)s::timestamptz IS NULL
            OR (announcement.created_at, announcement.id) < (%(after_time)s, %(after_id)s))
     ORDER BY announcement.created_at DESC, announcement.id DESC LIMIT %(limit)s
"""
)
ANNOUNCEMENT: LiteralString = _ANNOUNCEMENT + " AND announcement.id = %(announcement_id)s"

EVENT: LiteralString = """
    SELECT id FROM signups_event WHERE id = %(event_id)s AND organization_id = %(organization_id)s
"""
ANNOUNCE: LiteralString = """
    WITH announcement AS (
        INSERT INTO signups_announcement (organization_id, event_id, author_id, audience, subject, body, expected)
        VALUES (%(organization_id)s, %(event_id)s, %(member_id)s, %(audience)s, %(subject)s, %(body)s, %(expected)s)
        RETURNING id),
    told AS (
        INSERT INTO signups_outboxmessage (organization_id, kind, payload)
        SELECT %(organization_id)s, 'announcement', jsonb_build_object('announcement_id', id) FROM announcement)
    SELECT id FROM announcement
"""
# Whom the worker will write to, as it stands now: see django/signups/outbox/announcements.py.
AUDIENCE: LiteralString = """
    SELECT count(*) AS count FROM signups_member AS member
     WHERE member.organization_id = %(organization_id)s AND member.confirmed_at IS NOT NULL
       AND (%(event_id)s::bigint IS NULL AND %(audience)s::text = 'everyone' OR EXISTS (
            SELECT FROM signups_signup AS one JOIN signups_shift AS shift ON shift.id = one.shift_id
             WHERE one.member_id = member.id
               AND (CASE WHEN %(audience)s = 'everyone' THEN one.state <> 'cancelled' ELSE one.state = %(audience)s END)
               AND (CASE WHEN %(event_id)s::bigint IS NULL THEN shift.ends_at > now()
                         ELSE shift.event_id = %(event_id)s END)))
"""
