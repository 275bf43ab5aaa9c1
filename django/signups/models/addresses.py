"""How is an e-mail address kept? In lower case, so that two that are the same look the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    # Generic for the type checker alone: Django's own class takes no parameters.
    EmailField = models.EmailField[Any, Any]
else:
    EmailField = models.EmailField


class AddressField(EmailField):
    """An e-mail address in lower case."""

    def to_python(self, value: Any) -> Any:
        """Read what a form or a fixture has."""
        return value.lower() if isinstance(value, str) else super().to_python(value)

    def get_prep_value(self, value: Any) -> Any:
        """Write, and compare."""
        found = super().get_prep_value(value)
        return found.lower() if isinstance(found, str) else found
