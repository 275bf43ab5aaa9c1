"""What is sent to announce something, and what does one see of it?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from api.fields import Line, Text
from api.http.pages import Page

Audience = Literal["everyone", "confirmed", "waiting"]
EXAMPLE = {"subject": "Parking on Saturday", "body": "Please park behind the hall.", "audience": "everyone"}


class AnnouncementIn(BaseModel):
    """What to tell, and whom: everyone in the organization, or who signed up for an event."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{**EXAMPLE}]})

    subject: Line
    body: Annotated[Text, StringConstraints(min_length=1)]
    event_id: int | None = Field(default=None, ge=1, le=2**63 - 1)
    audience: Audience = "everyone"

    @model_validator(mode="after")
    def _someone_is_meant(self) -> AnnouncementIn:
        if self.event_id is None and self.audience != "everyone":
            raise ValueError("who has a place or waits is known for an event: name one, or tell everyone")
        if not self.body.strip():
            raise ValueError("the body is empty")
        return self


class Announcement(BaseModel):
    """What was told; `recipients` is known as soon as the mails are made."""

    id: int
    subject: str
    body: str
    audience: Audience
    event_id: int | None
    event_title: str | None
    author: str | None
    created_at: datetime
    recipients: int | None


class Announcements(Page[Announcement]):
    """The newest first."""
