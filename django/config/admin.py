"""Which admin does this project have? Django's own, with a log-in that is throttled."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class SiteConfig(AdminConfig):
    """Django's admin, by another site."""

    default_site = "signups.site.Site"
