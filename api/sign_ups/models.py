"""What is sent to sign up, and what does one see of it?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.fields import Email, Name
from api.http.pages import Page
from api.people.models import Phone

State = Literal["confirmed", "waiting", "cancelled"]
EventState = Literal["draft", "published", "cancelled"]
ManageToken = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class SignUpIn(BaseModel):
    """Nothing from who is signed in; a name and an address from who is not."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Ada Lindqvist", "email": "ada@example.org"}, {}]}
    )

    name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None


class MemberSignUpIn(BaseModel):
    """Whom a coordinator signs up."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"member_id": 17}]})

    member_id: int = Field(ge=1, le=2**63 - 1)


class SignedUp(BaseModel):
    """A place, or the place in the waiting list. Without an account there is no id: the mail has the link."""

    id: int | None
    state: State
    place: int | None


class ManageLink(BaseModel):
    """The token of a mailed link."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"token": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"}]},
    )

    token: ManageToken


class MySignUp(BaseModel):
    """One's own sign-up, with all one needs to be there in time."""

    id: int
    state: State
    place: int | None
    event_id: int
    event_title: str
    event_state: EventState
    location: str
    organization: str
    organization_slug: str
    shift_title: str
    starts_at: datetime
    ends_at: datetime
    can_cancel: bool


class MySignUps(Page[MySignUp]):
    """The next one first; of the past ones the latest."""


class RosterEntry(BaseModel):
    """Somebody in a shift, as the coordinator sees them."""

    id: int
    shift_id: int
    member_id: int
    name: str
    email: str
    phone: str
    state: State
    created_at: datetime
    attended: bool | None


class Roster(Page[RosterEntry]):
    """By shift, in the order in which they signed up; who cancelled is left out."""


class Attendance(BaseModel):
    """Whether somebody came; null: not known yet."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"attended": True}]})

    attended: bool | None
