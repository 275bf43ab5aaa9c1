"""Who has to be reminded? Everybody with a place in a shift that begins within a day, once.

Once for each beginning: who is in a shift that moves beyond that day is reminded again (`migrations/sql/moving.sql`).
"""

from __future__ import annotations

from django.db import connection

AHEAD_S = 24 * 3600
FRESH_S = 2 * 3600  # who signed up just now has a mail about it already

# Locked rows are left for the next time: who holds them may be about to cancel.
QUERY = """
    WITH due AS (
        SELECT one.id, shift.starts_at FROM signups_signup AS one
          JOIN signups_shift AS shift ON shift.id = one.shift_id
          JOIN signups_event AS event ON event.id = shift.event_id
         WHERE shift.starts_at BETWEEN now() AND now() + %(ahead_s)s * interval '1 second' AND event.state = 'published'
           AND one.state = 'confirmed' AND one.reminded_at IS NULL
           AND one.created_at < now() - %(fresh_s)s * interval '1 second'
           FOR UPDATE OF one SKIP LOCKED
    ), marked AS (
        UPDATE signups_signup AS one SET reminded_at = now() FROM due WHERE one.id = due.id
        RETURNING one.id, one.organization_id, due.starts_at
    )
    INSERT INTO signups_outboxmessage (organization_id, kind, payload, key)
    SELECT organization_id, 'reminder', jsonb_build_object('sign_up_id', id),
           'reminder:' || id || ':' || extract(epoch FROM starts_at)::bigint FROM marked
    ON CONFLICT (key) DO NOTHING
"""


def remind() -> int:
    """Write the reminders that are due into the outbox; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(QUERY, {"ahead_s": AHEAD_S, "fresh_s": FRESH_S})
        return int(cursor.rowcount)
