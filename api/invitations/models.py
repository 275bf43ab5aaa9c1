"""What is sent to invite and to accept, and what does one see of an invitation?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.auth.models import TOKEN, MailedToken, NewPassword, Session
from api.fields import Email, Name
from api.http.pages import Page
from api.tenancy import Role

State = Literal["pending", "accepted", "revoked", "expired"]
Token = Annotated[MailedToken, StringConstraints(strip_whitespace=True)]


class InvitationIn(BaseModel):
    """Whom to invite, as what."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"email": "mo@example.org", "role": "coordinator"}]}
    )

    email: Email
    role: Role = Role.VOLUNTEER


class Invitation(BaseModel):
    """An invitation, open or past."""

    id: int
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime
    state: State


class Invitations(Page[Invitation]):
    """The newest first."""


class InvitationLink(BaseModel):
    """The token of a mailed link."""

    model_config = ConfigDict(
        extra="forbid", hide_input_in_errors=True, json_schema_extra={"examples": [{"token": TOKEN}]}
    )

    token: Token


class InvitationRead(BaseModel):
    """What one is invited to; with an account one signs in to accept, else one chooses a name and a password."""

    organization_name: str
    organization_slug: str
    role: Role
    email: str
    has_account: bool
    is_listed: bool = Field(description="Written down already: can say yes without an account.")


class Acceptance(InvitationLink):
    """Name and password make the account, when there is none."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"token": TOKEN, "name": "Mo Berg", "password": "a garden wall of stone"}]}
    )

    name: Name | None = None
    password: NewPassword | None = None


class Joined(BaseModel):
    """Where one belongs now."""

    organization_slug: str


class JoinedAnew(Session, Joined):
    """The same for a new account, which is signed in at once."""
