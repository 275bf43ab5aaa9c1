"""What does who registers or logs in send, and what do they get?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from api.auth.passwords import LONGEST, LONGEST_TRIED, SHORTEST
from api.fields import Email, Name, TriedEmail
from api.me.models import Me

NewPassword = Annotated[str, StringConstraints(min_length=SHORTEST, max_length=LONGEST)]
TriedPassword = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TRIED)]
MailedToken = Annotated[str, StringConstraints(min_length=1, max_length=200)]


NAME, EMAIL, PASSWORD = "Ada Lovelace", "ada@example.org", "a garden wall of stone"
TOKEN = "kX0cYv2mB5qJr8sT1wZ4nP7hL3dF6gA9uE0iO2yC5bQ"  # noqa: S105 - of no account


class _Body(BaseModel):
    """Anything more than what is asked for is a mistake, or somebody who tries."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def _example(**values: JsonValue) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class Registration(_Body):
    """Who wants an account."""

    model_config = _example(name=NAME, email=EMAIL)

    name: Name
    email: Email


class Forgotten(_Body):
    """Who wants a link to choose a new password."""

    model_config = _example(email=EMAIL)

    email: TriedEmail


class Accepted(BaseModel):
    """The same for everybody: it does not tell whether there is such an account."""

    detail: str


class ChosenPassword(_Body):
    """A password, chosen by a mailed link."""

    model_config = _example(token=TOKEN, password=PASSWORD)

    token: MailedToken
    password: NewPassword


class Login(_Body):
    """Who says to have an account."""

    model_config = _example(email=EMAIL, password=PASSWORD)

    email: TriedEmail
    password: TriedPassword


class ChangedPassword(_Body):
    """A new password in place of the one that is known."""

    model_config = _example(current=PASSWORD, new="a bridge of seven arches")

    current: TriedPassword
    new: NewPassword


class Session(BaseModel):
    """What one has after logging in; the refresh token comes apart, in a cookie that no script can read."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme of RFC 6750
    expires_in: int = Field(description="seconds")
    me: Me
