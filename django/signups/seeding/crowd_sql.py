"""With which statements does the database make a crowd? First everything is planned, numbers and all, then inserted.

Planned first, the counters of events and shifts are right from the beginning, and no row is written twice.
"""

from __future__ import annotations

TABLES = (
    *("signups_user", "signups_organization", "signups_member"),
    *("signups_event", "signups_shift", "signups_signup"),
)

MISSING = """
    SELECT number FROM generate_series(1, %(organizations)s) AS number
     WHERE NOT EXISTS (SELECT FROM signups_organization WHERE slug = 'crowd-' || number) ORDER BY number
"""

_PLACES = """ARRAY['Alder', 'Birch', 'Brook', 'Castle', 'Chapel', 'Clay', 'Cliff', 'Eagle', 'Elm', 'Fern', 'Ford',
    'Forest', 'Garden', 'Grange', 'Harbour', 'Hazel', 'Heath', 'Hill', 'Island', 'Kings', 'Lake', 'Lark', 'Linden',
    'Maple', 'Market', 'Meadow', 'Mill', 'Moor', 'North', 'Orchard', 'Park', 'Pine', 'Quarry', 'River', 'Rose', 'South',
    'Station', 'Stone', 'Summer', 'Valley']"""
_KINDS = """ARRAY['Food Bank', 'Library Friends', 'Rowing Club', 'Scouts', 'Community Garden', 'Choir', 'Shelter',
    'Football Club', 'Repair Café', 'School Association', 'Theatre', 'Night Bus', 'Cycling Club', 'Neighbours',
    'Nature Watch', 'Youth Centre', 'Museum Friends', 'Fire Brigade', 'Tennis Club', 'Senior Tea', 'Toy Library',
    'Street Kitchen', 'Blood Donors', 'Heritage Trust', 'Swimming Club']"""
_TITLES = """ARRAY['Open day', 'Summer fête', 'Clean-up', 'Collection', 'Training morning', 'Repair evening',
    'Charity run', 'Quiz night', 'Plant sale', 'Concert', 'Tournament', 'Breakfast for all', 'Working party',
    'Book sale', 'Film night', 'Stocktaking']"""
_TASKS = "ARRAY['Setting up', 'Welcome desk', 'Kitchen', 'Stewards', 'Stalls', 'First aid', 'Packing away', 'Driving']"
_SPOTS = "ARRAY['Main hall', 'Market square', 'Clubhouse', 'Old school', 'Boathouse', 'Park, east gate', 'Church hall']"

_ORGANIZATIONS = f"""
    CREATE TEMP TABLE crowd ON COMMIT DROP AS
    SELECT number, nextval(pg_get_serial_sequence('signups_organization', 'id')) AS id,
           ({_PLACES})[1 + mod(number - 1, 40)] || ' ' || ({_KINDS})[1 + mod((number - 1) / 40, 25)]
             || CASE WHEN number > 1000 THEN ' ' || (number - 1) / 1000 + 1 ELSE '' END AS name
      FROM unnest(%(numbers)s::int[]) AS number;
    INSERT INTO signups_organization (id, name, slug, description)
    SELECT id, name, 'crowd-' || number, 'We are ' || %(people)s || ' people who like to get things done together.'
      FROM crowd;
"""  # noqa: S608 - constants of this module

_PEOPLE = """
    CREATE TEMP TABLE crowd_member ON COMMIT DROP AS
    SELECT nextval(pg_get_serial_sequence('signups_member', 'id')) AS id, crowd.id AS organization_id, k,
           CASE WHEN k <= 3 OR mod(k, 5) = 0 THEN nextval(pg_get_serial_sequence('signups_user', 'id')) END AS user_id,
           (%(first)s::text[])[1 + mod(k * 7 + number, cardinality(%(first)s::text[]))] || ' '
             || (%(last)s::text[])[1 + mod(k / 37 + k * 5 + number * 3, cardinality(%(last)s::text[]))] AS name,
           'person-' || k || '@crowd-' || number || '.example.org' AS email,
           CASE WHEN k = 1 THEN 'owner' WHEN k <= 3 THEN 'coordinator' ELSE 'volunteer' END AS role
      FROM crowd, generate_series(1, %(people)s) AS k;
    CREATE UNIQUE INDEX ON crowd_member (organization_id, k);
    ANALYZE crowd_member;
    INSERT INTO signups_user (id, email, name, password, confirmed_at)
    SELECT user_id, email, name, %(password)s, now() FROM crowd_member WHERE user_id IS NOT NULL;
    INSERT INTO signups_member (id, organization_id, user_id, name, email, phone, role, joined_at)
    SELECT id, organization_id, user_id, name, email,
           CASE WHEN random() < 0.4 THEN '+44 20 7946 0' || 100 + mod(k, 900) ELSE '' END, role,
           now() - random() * interval '700 days' FROM crowd_member;
"""

# A fifth as many events are over; of those to come most are published, a few not yet or not any more.
_EVENTS = f"""
    CREATE TEMP TABLE crowd_event ON COMMIT DROP AS
    SELECT nextval(pg_get_serial_sequence('signups_event', 'id')) AS id, crowd.id AS organization_id,
           ({_TITLES})[1 + mod(abs(e) + number, 16)] AS title, ({_SPOTS})[1 + mod(abs(e) * 3 + number, 7)] AS location,
           CASE WHEN e <= 0 THEN 'published' WHEN luck < 0.04 THEN 'draft' WHEN luck < 0.06 THEN 'cancelled'
                ELSE 'published' END AS state,
           date_trunc('day', now()) + interval '1 day' * day + interval '1 hour' * (8 + mod(abs(e) + number, 10))
             AS starts_at
      FROM crowd, generate_series(1 - %(events)s / 5, %(events)s) AS e,
           LATERAL (SELECT random() AS luck, CASE WHEN e <= 0 THEN e * 9 - 1 - floor(random() * 9)
                                             ELSE 1 + floor(random() * 90) END AS day WHERE e IS NOT NULL) AS drawn;
"""  # noqa: S608 - constants of this module

# `wanted` people want a place: from nobody to more than there are places. `left_it` took their sign-up back.
_SHIFTS = f"""
    CREATE TEMP TABLE crowd_shift ON COMMIT DROP AS
    SELECT nextval(pg_get_serial_sequence('signups_shift', 'id')) AS id, event.id AS event_id, organization_id,
           ({_TASKS})[1 + mod(event.id + s * 3, 8)] AS title, starts_at + interval '2 hours' * (s - 1) AS starts_at,
           starts_at + interval '2 hours' * (s - 1) + interval '3 hours' AS ends_at, capacity,
           CASE WHEN state = 'draft' THEN 0 ELSE least(%(people)s - 2, floor(capacity * 1.3 * greatest(fill, 0)))::int
                END AS wanted,
           CASE WHEN state = 'draft' THEN 0 ELSE least(1, greatest(0, %(people)s - 12), floor(left_luck * 1.2))::int
                END AS left_it,
           floor(start_luck * %(people)s)::int AS first
      FROM crowd_event AS event, generate_series(1, 1 + mod(event.id, 3)) AS s,
           LATERAL (SELECT 3 + floor(random() * 10)::int AS capacity, random() * 1.1 - 0.1 AS fill,
                           random() AS left_luck, random() AS start_luck WHERE s IS NOT NULL) AS drawn;
    INSERT INTO signups_event (id, organization_id, title, description, location, starts_at, ends_at, state,
                               capacity, taken, free)
    SELECT event.id, event.organization_id, event.title, 'Many hands make light work: choose a shift that suits you.',
           location, min(shift.starts_at), max(shift.ends_at), state, sum(capacity), sum(least(wanted, capacity)),
           sum(capacity - least(wanted, capacity))
      FROM crowd_event AS event JOIN crowd_shift AS shift ON shift.event_id = event.id
     GROUP BY event.id, event.organization_id, event.title, location, state;
    INSERT INTO signups_shift (id, organization_id, event_id, title, starts_at, ends_at, capacity, taken, waiting)
    SELECT id, organization_id, event_id, title, starts_at, ends_at, capacity, least(wanted, capacity),
           greatest(wanted - capacity, 0) FROM crowd_shift;
"""  # noqa: S608 - constants of this module

# Reminded already: a crowd that nobody knows is not to be written to.
_SIGN_UPS = """
    INSERT INTO signups_signup (organization_id, shift_id, member_id, state, created_at, cancelled_at, attended,
                                reminded_at)
    SELECT shift.organization_id, shift.id, member.id,
           CASE WHEN n <= least(wanted, capacity) THEN 'confirmed' WHEN n <= wanted THEN 'waiting' ELSE 'cancelled' END,
           least(starts_at, now()) - interval '20 days' + interval '1 hour' * n,
           CASE WHEN n > wanted THEN least(starts_at, now()) - interval '2 days' END,
           CASE WHEN ends_at < now() AND n <= least(wanted, capacity) AND random() < 0.9 THEN random() < 0.93 END, now()
      FROM crowd_shift AS shift, generate_series(1, wanted + left_it) AS n, crowd_member AS member
     WHERE member.organization_id = shift.organization_id AND member.k = 1 + mod(first + n, %(people)s);
"""

BATCH_STATEMENTS = (_ORGANIZATIONS, _PEOPLE, _EVENTS, _SHIFTS, _SIGN_UPS)
