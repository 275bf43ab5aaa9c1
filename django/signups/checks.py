"""Is everything set that has no safe default? All that is missing is named at once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

REQUIRED = {"DJANGO_SECRET_KEY": "SECRET_KEY", "DATABASE_URL": "DATABASE_URL", "REDIS_URL": "REDIS_URL"}
SERVED = {"STATIC_ROOT": "STATIC_ROOT", "MEDIA_ROOT": "MEDIA_ROOT"}


def is_set(name: str) -> bool:
    """Tell whether a setting has a value; Django raises instead of giving an empty secret key."""
    try:
        return bool(getattr(settings, name))
    except ImproperlyConfigured:
        return False


@register()
def required_keys(**_: Any) -> list[CheckMessage]:
    """Name each key of the environment that is missing."""
    missing = [key for key, name in {**REQUIRED, **SERVED}.items() if not is_set(name)]
    return [
        Error(f"`{key}` is not set.", hint=f"Set `{key}` in the environment.", id="slipway.E001") for key in missing
    ]
