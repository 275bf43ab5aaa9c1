"""Where does the next page of a list begin? After the row whose sort values the cursor holds."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi.exceptions import RequestValidationError

LONGEST = 1000
Kind = type[int] | type[str] | type[datetime]


def encode(values: Sequence[int | str | datetime]) -> str:
    """Write the sort values of the last row of a page."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).rstrip(b"=").decode()


def decode(cursor: str | None, kinds: Sequence[Kind]) -> tuple[Any, ...]:
    """Read them back, as many as there are kinds; all None without a cursor. A broken one is a 422."""
    if not cursor:
        return (None,) * len(kinds)
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor[:LONGEST] + "=" * (-len(cursor) % 4)))
        return tuple(_read(value, kind) for value, kind in zip(plain, kinds, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise invalid("cursor", "is not one that this list gave") from error


def invalid(name: str, message: str, *, where: str = "query") -> RequestValidationError:
    """Build the error for one wrong value of a request; `where` is query, body or path."""
    return RequestValidationError([{"loc": (where, name), "msg": message, "type": "value_error"}])


def _read(value: Any, kind: Kind) -> int | str | datetime:
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment
    elif (kind is int and type(value) is int and -(2**63) <= value < 2**63) or (
        kind is str and isinstance(value, str) and "\0" not in value.encode().decode()  # half a character is none
    ):
        return value
    raise ValueError("another kind of value")
