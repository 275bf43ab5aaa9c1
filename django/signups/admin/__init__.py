"""What does staff see and edit? An administrator everything, a coordinator what belongs to their organizations.

Idempotency keys are not shown: they hold answers that were meant for somebody else.
"""

from __future__ import annotations

from django.contrib import admin

from signups.admin import accounts, events, messages, organizations, sign_ups

__all__ = ["accounts", "events", "messages", "organizations", "sign_ups"]

admin.site.site_header = "Slipway"
admin.site.site_title = "Slipway"
admin.site.index_title = "Organizations, events and people"
