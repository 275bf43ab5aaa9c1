"""What does a coordinator see of a person, and what may be sent?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from api.fields import Email, Line, Name
from api.http.pages import Page
from api.tenancy import Role

LONGEST_PHONE = 50


def _plain_phone(value: str) -> str:
    plain = " ".join(value.split())  # pasted numbers hold blanks of every kind
    if not plain.isprintable():
        raise ValueError("must be one line of text")
    return plain


Phone = Annotated[str, StringConstraints(max_length=LONGEST_PHONE), AfterValidator(_plain_phone)]


class Person(BaseModel):
    """A person in an organization; `upcoming` counts the shifts ahead of them, waiting ones too."""

    id: int
    name: str
    email: str
    phone: str
    role: Role
    has_account: bool
    is_confirmed: bool = Field(description="False: somebody wrote this person down, who has not said yes so far.")
    joined_at: datetime
    upcoming: int


class People(Page[Person]):
    """By name."""


class PersonIn(BaseModel):
    """A volunteer to write down."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Ada Lindqvist", "email": "ada@example.org", "phone": "+46 8 123"}]},
    )

    name: Name
    email: Email
    phone: Phone = ""


class PersonChange(BaseModel):
    """What to change; what is not given stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"role": "coordinator"}]})

    name: Line | None = None
    phone: Phone | None = None
    role: Role | None = None


class Rejected(BaseModel):
    """A line of an imported file that was left out."""

    line: int = Field(description="As an editor counts: the header is line 1.")
    why: str


class Imported(BaseModel):
    """What came of an import, or would come of it."""

    created: int
    updated: int
    rejected: list[Rejected]
