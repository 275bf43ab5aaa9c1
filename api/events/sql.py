"""Which SQL do the routes of events run?

The public lists and the public page come from PostgreSQL as JSON text, one statement and one row each: they are what
is asked for most. See docs/benchmarks.md for what that gains.
"""

from __future__ import annotations

from typing import LiteralString

_SHIFT: LiteralString = """
    shift.id, shift.title, shift.starts_at, shift.ends_at, shift.capacity, shift.taken,
    greatest(shift.capacity - shift.taken, 0) AS free, shift.waiting
"""
_SHIFTS: LiteralString = f"""
    coalesce((SELECT json_agg(one) FROM (
        SELECT {_SHIFT} FROM signups_shift AS shift WHERE shift.event_id = event.id
         ORDER BY shift.starts_at, shift.id) AS one), '[]') AS shifts
"""
_CARD: LiteralString = """
    event.id, event.title, event.location, event.starts_at, event.ends_at, organization.name AS organization,
    organization.slug AS organization_slug, event.capacity, event.taken, event.free
"""

# A page of cards as JSON, and where the next one begins. `page` reads one row more than is shown.
_CARDS: LiteralString = """
    SELECT coalesce(array_to_string((array_agg(row_to_json(page)::text))[:%(limit)s], ','), '') AS cards,
           CASE WHEN count(*) > %(limit)s THEN (array_agg(page.starts_at))[%(limit)s] END AS next_at,
           CASE WHEN count(*) > %(limit)s THEN (array_agg(page.id))[%(limit)s] END AS next_id
"""
# What is not over has begun not long ago: see times.LONGEST_EVENT. CASE and not coalesce: under row-level security
# PostgreSQL does not trust coalesce with a tenant's rows, and would read the index from its very beginning.
_BEGINS: LiteralString = """
    (CASE WHEN %(after_at)s::timestamptz IS NULL THEN now() - interval '31 days' ELSE %(after_at)s END,
     CASE WHEN %(after_id)s::bigint IS NULL THEN 0 ELSE %(after_id)s END)
"""
_UPCOMING: LiteralString = f"""
    event.state = 'published' AND event.ends_at > now() AND (event.starts_at, event.id) > {_BEGINS}
"""
_IN_ORDER: LiteralString = " ORDER BY event.starts_at, event.id LIMIT %(limit)s + 1 "

# The keys are slugs; for one that no organization has there is no row.
PUBLIC_EVENTS_OF_ORGANIZATIONS: LiteralString = f"""
    SELECT organization.slug AS key, listed.cards, listed.next_at, listed.next_id
      FROM signups_organization AS organization
     CROSS JOIN LATERAL ({_CARDS} FROM (
        SELECT {_CARD} FROM signups_event AS event
         WHERE event.organization_id = organization.id AND {_UPCOMING} {_IN_ORDER}) AS page) AS listed
     WHERE organization.slug = ANY (%(keys)s::text[])
"""

_ALL: LiteralString = f"""
    SELECT {_CARD} FROM signups_event AS event
      JOIN signups_organization AS organization ON organization.id = event.organization_id WHERE {_UPCOMING}
"""
# The only key is 0: who asks at the same moment shares one reading.
PUBLIC_EVENTS: LiteralString = f"""
    SELECT 0 AS key, listed.* FROM ({_CARDS} FROM ({_ALL} {_IN_ORDER}) AS page) AS listed
     WHERE 0 = ANY (%(keys)s::int[])
"""

# Reads the upcoming events in order until the page is full: a word that is nowhere costs reading all of them.
PUBLIC_EVENTS_WITH_WORDS: LiteralString = f"""
    {_CARDS} FROM ({_ALL}
        AND concat_ws(' ', event.title, event.location, organization.name) ILIKE ALL (%(patterns)s::text[])
        {_IN_ORDER}) AS page
"""

# OFFSET 0: look the organization up by its key, also where a plan for an array of ids would read all of them.
_EVENT: LiteralString = f"""
    SELECT {_CARD}, event.description, event.state, {_SHIFTS} FROM signups_event AS event
     CROSS JOIN LATERAL (SELECT own.name, own.slug FROM signups_organization AS own
                          WHERE own.id = event.organization_id OFFSET 0) AS organization
"""
PUBLIC_EVENTS_BY_ID: LiteralString = f"""
    SELECT found.id AS key, row_to_json(found)::text AS event FROM (
        {_EVENT} WHERE event.id = ANY (%(keys)s::bigint[]) AND event.state IN ('published', 'cancelled')) AS found
"""
EVENT: LiteralString = f"{_EVENT} WHERE event.id = %(event_id)s AND event.organization_id = %(organization_id)s"
EVENT_AS_TEXT: LiteralString = f"SELECT row_to_json(found)::text AS event FROM ({EVENT}) AS found"

# Where somebody could see drafts: which of one's own organizations holds this one, is seen when one enters it.
OWN_COORDINATED: LiteralString = """
    SELECT organization_id FROM signups_member
     WHERE user_id = %(user_id)s AND role IN ('owner', 'coordinator') ORDER BY organization_id
"""

_OVERVIEW: LiteralString = f"""
    SELECT event.id, event.title, event.location, event.starts_at, event.ends_at, event.state, event.capacity,
           event.taken, event.free, {_SHIFTS},
           coalesce((
             SELECT sum(shift.waiting) FROM signups_shift AS shift WHERE shift.event_id = event.id), 0)::int AS waiting
      FROM signups_event AS event
     WHERE event.organization_id = %(organization_id)s
"""
OVERVIEW_UPCOMING: LiteralString = f"""
    {_OVERVIEW} AND event.ends_at > now() AND (event.starts_at, event.id) > (%(after_at)s, %(after_id)s)
    {_IN_ORDER}
"""
OVERVIEW_PAST: LiteralString = f"""
    {_OVERVIEW} AND event.ends_at <= now() AND (event.starts_at, event.id) < (%(after_at)s, %(after_id)s)
    ORDER BY event.starts_at DESC, event.id DESC LIMIT %(limit)s + 1
"""

ADD: LiteralString = """
    INSERT INTO signups_event (organization_id, title, description, location, starts_at, ends_at, state)
    VALUES (%(organization_id)s, %(title)s, %(description)s, %(location)s, %(starts_at)s, %(ends_at)s, %(state)s)
    RETURNING id
"""

# Whoever signs up, or changes a shift, waits for this lock as well.
LOCKED: LiteralString = """
    SELECT id, state, starts_at, ends_at FROM signups_event
     WHERE id = %(event_id)s AND organization_id = %(organization_id)s FOR NO KEY UPDATE
"""
SPAN_OF_SHIFTS: LiteralString = """
    SELECT count(*) AS number, min(starts_at) AS starts_at, max(ends_at) AS ends_at,
           coalesce(sum(taken + waiting), 0) AS sign_ups
      FROM signups_shift WHERE event_id = %(event_id)s AND organization_id = %(organization_id)s
"""
MOVE_SHIFTS: LiteralString = """
    UPDATE signups_shift SET starts_at = starts_at + %(by)s::interval, ends_at = ends_at + %(by)s::interval
     WHERE event_id = %(event_id)s AND organization_id = %(organization_id)s
"""
CHANGE: LiteralString = """
    UPDATE signups_event
       SET title = coalesce(%(title)s, title), description = coalesce(%(description)s, description),
           location = coalesce(%(location)s, location), starts_at = coalesce(%(starts_at)s, starts_at),
           ends_at = coalesce(%(ends_at)s, ends_at), state = coalesce(%(state)s, state)
     WHERE id = %(event_id)s AND organization_id = %(organization_id)s
"""
SETTLE: LiteralString = """
    SELECT coalesce(sum(signups_settle(shift.id)), 0) AS promoted FROM signups_shift AS shift
     WHERE shift.event_id = %(event_id)s AND shift.organization_id = %(organization_id)s
"""
TELL_CANCELLED: LiteralString = """
    INSERT INTO signups_outboxmessage (organization_id, kind, payload)
    SELECT sign_up.organization_id, 'event_cancelled', jsonb_build_object('sign_up_id', sign_up.id)
      FROM signups_signup AS sign_up JOIN signups_shift AS shift ON shift.id = sign_up.shift_id
     WHERE shift.event_id = %(event_id)s AND sign_up.organization_id = %(organization_id)s
       AND sign_up.state <> 'cancelled' AND shift.ends_at > now()
"""
DELETE: LiteralString = """
    DELETE FROM signups_event WHERE id = %(event_id)s AND organization_id = %(organization_id)s
"""
