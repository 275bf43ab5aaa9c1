"""What does who registers or logs in send, and what do they get?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.fields import Email, Line, TriedEmail
from api.me.models import Me
from api.passwords import LONGEST, LONGEST_TRIED, SHORTEST

NewPassword = Annotated[str, StringConstraints(min_length=SHORTEST, max_length=LONGEST)]
TriedPassword = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TRIED)]
MailedToken = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _Body(BaseModel):
    """Anything more than what is asked for is a mistake, or somebody who tries."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Registration(_Body):
    """Who wants an account."""

    name: Line = Field(examples=["Ada Lovelace"])
    email: Email = Field(examples=["ada@example.org"])


class Forgotten(_Body):
    """Who wants a link to choose a new password."""

    email: TriedEmail = Field(examples=["ada@example.org"])


class Accepted(BaseModel):
    """The same for everybody: it does not tell whether there is such an account."""

    detail: str


class ChosenPassword(_Body):
    """A password, chosen by a mailed link."""

    token: MailedToken
    password: NewPassword = Field(examples=["a garden wall of stone"])


class Login(_Body):
    """Who says to have an account."""

    email: TriedEmail = Field(examples=["ada@example.org"])
    password: TriedPassword = Field(examples=["a garden wall of stone"])


class ChangedPassword(_Body):
    """A new password in place of the one that is known."""

    current: TriedPassword
    new: NewPassword


class Session(BaseModel):
    """What one has after logging in; the refresh token comes apart, in a cookie that no script can read."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme of RFC 6750
    expires_in: int = Field(description="seconds")
    me: Me
