"""What may a text or a time in a request be? Of a sensible length; nothing that breaks a line, a mail or a log."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.shared.names import name_fault

LONGEST_ADDRESS = 254  # RFC 5321: what fits between the angle brackets of a mail's path
FIRST_YEAR, LAST_YEAR = 2000, 2100
DATE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]", re.ASCII)


def _wrong(message: str) -> PydanticCustomError:
    """Build the error without pydantic's "Value error, " before it: people read this beside the field."""
    return PydanticCustomError("value_error", "{message}", {"message": message})


def _one_line(value: str) -> str:
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in value):
        raise _wrong("must be one line of text")
    return value


def _name(value: str) -> str:
    fault = name_fault(value)
    if fault:
        raise _wrong(fault)
    return value


def new_name_fault(name: str, before: str | None) -> str:
    """Say why something cannot be called that from now on; what it was called before, it may stay."""
    return "" if name == before else name_fault(name)


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise _wrong("must not hold NUL")
    return value


def _address(value: str) -> str:
    """Return an address as it is kept: lower case, the domain in ASCII, so that the same one always looks the same."""
    try:
        found = validate_email(value, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise _wrong("is not an e-mail address that mail can be sent to") from error
    address = (found.ascii_email or "").lower()
    if not 0 < len(address) <= LONGEST_ADDRESS:
        raise _wrong("is too long for an e-mail address")
    return address


def _address_or_lower(value: str) -> str:
    """Return an address as it is kept; what is none is kept nowhere, or was made by an administrator."""
    try:
        return _address(value)
    except ValueError:
        return _without_nul(value).lower()


def _time(value: object) -> object:
    """Refuse the numbers that pydantic takes for seconds since 1970: a number is a mistake more often than a time."""
    if isinstance(value, datetime) or (isinstance(value, str) and DATE.match(value)):
        return value
    raise ValueError("must be a time such as 2030-05-04T09:00:00Z")


def _utc(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"must be in the years {FIRST_YEAR} to {LAST_YEAR}")
    return value.astimezone(UTC)


Moment = Annotated[AwareDatetime, BeforeValidator(_time), AfterValidator(_utc)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_one_line)]
Name = Annotated[Line, AfterValidator(_name)]
Text = Annotated[str, StringConstraints(max_length=5000), AfterValidator(_without_nul)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LONGEST_ADDRESS),
    AfterValidator(_address),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": LONGEST_ADDRESS}),
]
# For somebody who says to have an account.
TriedEmail = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_ADDRESS),
    AfterValidator(_address_or_lower),
]
