"""Does every query fit the schema?"""

from __future__ import annotations

from typing import Final

# The newest migration of `signups` that the SQL needs. The API waits with 503 until it is applied.
NEEDED_MIGRATION: Final = "signups.0002_rules"
