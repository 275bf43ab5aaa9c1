"""What may people and organizations be called? Nothing that a mail program makes a link of."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from api.shared.names import name_fault


def no_link(name: str) -> None:
    """Refuse a name that is none."""
    fault = name_fault(name)
    if fault:
        raise ValidationError(f"This {fault}.")
