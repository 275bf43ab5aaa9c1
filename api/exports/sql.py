"""What is read and written of exports? The worker makes the file."""

from __future__ import annotations

from typing import LiteralString

_EXPORT: LiteralString = """
    SELECT id, created_at, ready_at, rows, error FROM signups_export WHERE organization_id = %(organization_id)s
"""
EXPORTS: LiteralString = (
    _EXPORT
    + """
       AND (%(after_time)s::timestamptz IS NULL OR (created_at, id) < (%(after_time)s, %(after_id)s))
     ORDER BY created_at DESC, id DESC LIMIT %(limit)s
"""
)
EXPORT: LiteralString = _EXPORT + " AND id = %(export_id)s"

# Asked for again while the first is made, it is the same one.
UNDER_WAY: LiteralString = (
    _EXPORT
    + """
       AND ready_at IS NULL AND error IS NULL AND created_at > now() - interval '5 minutes'
     ORDER BY created_at DESC, id DESC LIMIT 1
"""
)
REQUEST: LiteralString = """
    WITH export AS (
        INSERT INTO signups_export (organization_id, requested_by_id) VALUES (%(organization_id)s, %(member_id)s)
        RETURNING id, created_at, ready_at, rows, error),
    told AS (
        INSERT INTO signups_outboxmessage (organization_id, kind, payload)
        SELECT %(organization_id)s, 'export', jsonb_build_object('export_id', id) FROM export)
    SELECT id, created_at, ready_at, rows, error FROM export
"""

FILE: LiteralString = """
    SELECT export.content, export.error, export.created_at, organization.slug
      FROM signups_export AS export
      JOIN signups_organization AS organization ON organization.id = export.organization_id
     WHERE export.id = %(export_id)s AND export.organization_id = %(organization_id)s
"""
