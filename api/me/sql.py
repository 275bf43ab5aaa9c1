"""What is read and written of one's own account?"""

from __future__ import annotations

from typing import LiteralString

ME: LiteralString = """
    SELECT account.id, account.name, account.email, coalesce((
           SELECT jsonb_agg(jsonb_build_object('slug', organization.slug, 'name', organization.name,
                                               'role', member.role, 'member_id', member.id)
                            ORDER BY organization.name, organization.id)
             FROM signups_member AS member
             JOIN signups_organization AS organization ON organization.id = member.organization_id
            WHERE member.user_id = account.id), '[]') AS organizations
      FROM signups_user AS account WHERE account.id = %(user_id)s
"""

RENAME: LiteralString = "UPDATE signups_user SET name = %(name)s WHERE id = %(user_id)s"
