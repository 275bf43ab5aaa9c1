"""What does an account see of itself?"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from api.fields import Name
from api.tenancy import Role


class Membership(BaseModel):
    """An organization that one is in."""

    slug: str
    name: str
    role: Role
    member_id: int


class Me(BaseModel):
    """The account, and where it belongs."""

    id: int
    name: str
    email: str
    organizations: list[Membership]


class MeChange(BaseModel):
    """What may be changed of it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Ada Lovelace"}]})

    name: Name
