"""Which SQL do the routes of shifts run?"""

from __future__ import annotations

from typing import LiteralString

# Locked before its shifts are read, so that what is read then is what the one before left.
EVENT_OF_SHIFT_LOCKED: LiteralString = """
    SELECT event.id, event.state, event.starts_at, event.ends_at FROM signups_event AS event
      JOIN signups_shift AS shift ON shift.event_id = event.id
     WHERE shift.id = %(shift_id)s AND shift.organization_id = %(organization_id)s
       AND event.organization_id = %(organization_id)s
       FOR NO KEY UPDATE OF event
"""

SHIFT: LiteralString = """
    SELECT id, title, starts_at, ends_at, capacity, taken, greatest(capacity - taken, 0) AS free, waiting
      FROM signups_shift WHERE id = %(shift_id)s AND organization_id = %(organization_id)s
"""

# All shifts of a new event at once, or one more.
ADD: LiteralString = """
    INSERT INTO signups_shift (organization_id, event_id, title, starts_at, ends_at, capacity)
    SELECT %(organization_id)s, %(event_id)s, one.title, one.starts_at, one.ends_at, one.capacity
      FROM unnest(%(titles)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(capacities)s::int[])
        AS one (title, starts_at, ends_at, capacity)
    RETURNING id
"""

COUNT_EVENT: LiteralString = """
    SELECT signups_count_event(id) FROM signups_event
     WHERE id = %(event_id)s AND organization_id = %(organization_id)s
"""

CHANGE: LiteralString = """
    UPDATE signups_shift
       SET title = coalesce(%(title)s, title), starts_at = coalesce(%(starts_at)s, starts_at),
           ends_at = coalesce(%(ends_at)s, ends_at), capacity = coalesce(%(capacity)s, capacity)
     WHERE id = %(shift_id)s AND organization_id = %(organization_id)s
"""

SETTLE: LiteralString = """
    SELECT signups_settle(id) AS promoted FROM signups_shift
     WHERE id = %(shift_id)s AND organization_id = %(organization_id)s
"""

IN_USE: LiteralString = """
    SELECT EXISTS (SELECT FROM signups_signup AS sign_up
                    WHERE sign_up.shift_id = %(shift_id)s AND sign_up.organization_id = %(organization_id)s
                      AND sign_up.state <> 'cancelled') AS has_sign_ups,
           (SELECT count(*) FROM signups_shift AS shift
             WHERE shift.event_id = %(event_id)s AND shift.organization_id = %(organization_id)s) AS shifts
"""

DELETE: LiteralString = """
    DELETE FROM signups_shift WHERE id = %(shift_id)s AND organization_id = %(organization_id)s
"""
