"""Which SQL does the API run? All of it; Django owns the tables."""

from __future__ import annotations

from typing import Final, LiteralString

# The newest migration of `signups` that this SQL needs. The API waits with 503 until it is applied.
# A test compares it with the migrations folder, so a new migration makes someone read this file.
NEEDED_MIGRATION: Final = "signups.0001_initial"

_EVENT: LiteralString = """
    SELECT event.id, event.title, event.description, event.starts_at, event.ends_at, event.location,
           event.places, event.signed_up, greatest(event.places - event.signed_up, 0) AS free_places,
           organization.name AS organization, organization.slug AS organization_slug
      FROM signups_event AS event
      JOIN signups_organization AS organization ON organization.id = event.organization_id
"""

UPCOMING_EVENTS: LiteralString = _EVENT + " WHERE event.ends_at > now() ORDER BY event.starts_at, event.id LIMIT %s"

EVENT_BY_ID: LiteralString = _EVENT + " WHERE event.id = %s"

EVENT_EXISTS: LiteralString = "SELECT 1 FROM signups_event WHERE id = %s"
