"""Which SQL do the routes of organizations run?"""

from __future__ import annotations

from typing import LiteralString

# What an organization says of itself is public. Gathered: see api/database/batching.py.
PUBLIC_ORGANIZATIONS: LiteralString = """
    SELECT slug AS key, row_to_json(found)::text AS organization
      FROM (SELECT id, slug, name, description, created_at FROM signups_organization
             WHERE slug = ANY (%(keys)s::text[])) AS found
"""

# The first free one of the slugs. No row: all are taken, or one was taken in this very moment.
FOUND: LiteralString = """
    INSERT INTO signups_organization (name, slug, description)
    SELECT %(name)s, candidate.slug, %(description)s
      FROM unnest(%(slugs)s::text[]) WITH ORDINALITY AS candidate (slug, number)
     WHERE NOT EXISTS (SELECT FROM signups_organization AS other WHERE other.slug = candidate.slug)
     ORDER BY candidate.number LIMIT 1
    ON CONFLICT (slug) DO NOTHING
    RETURNING id, slug, name, description, created_at
"""

JOIN_AS_OWNER: LiteralString = """
    INSERT INTO signups_member (organization_id, user_id, name, email, role)
    SELECT %(organization_id)s, id, name, email, 'owner' FROM signups_user WHERE id = %(user_id)s
"""

NAME: LiteralString = "SELECT name FROM signups_organization WHERE id = %(organization_id)s"

CHANGE: LiteralString = """
    UPDATE signups_organization
       SET name = coalesce(%(name)s, name), description = coalesce(%(description)s, description)
     WHERE id = %(organization_id)s
    RETURNING id, slug, name, description, created_at
"""
