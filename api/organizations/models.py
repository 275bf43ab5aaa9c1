"""What is said of an organization, and what may be asked of it?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Line, Name, Text

NewSlug = Annotated[str, Field(min_length=3, max_length=80, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class OrganizationIn(BaseModel):
    """A new organization; without a slug one is made from the name."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Tidy Coast", "description": "We clean the shore, rain or shine."}]},
    )

    name: Name
    slug: NewSlug | None = None
    description: Text = ""


class OrganizationChange(BaseModel):
    """What is to be different; what is absent or null stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Tidy Coast and Rivers"}]})

    name: Line | None = None
    description: Text | None = None


class Organization(BaseModel):
    """An organization as everyone may see it."""

    id: int
    slug: str
    name: str
    description: str
    created_at: datetime
