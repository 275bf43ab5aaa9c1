"""Where does a page of events begin, and how is it answered?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query, Response

from api.events.times import LONGEST_EVENT
from api.http import cursors

KINDS = (datetime, int)
LAST_ID = 2**63 - 1
MOST_WORDS = 8
USUAL_LIMIT = 50

Limit = Annotated[int, Query(ge=1, le=100, description="How many at most.")]
Cursor = Annotated[str | None, Query(max_length=cursors.LONGEST, description="`next` of the page before.")]
Search = Annotated[
    str | None,
    Query(max_length=200, description="Words that are all in the title, the place or the organization's name."),
]


def upcoming(cursor: str | None) -> dict[str, object]:
    """Return after which row a page of upcoming events begins; what is not over has begun not long ago."""
    after_at, after_id = cursors.decode(cursor, KINDS)
    return {"after_at": after_at or datetime.now(UTC) - LONGEST_EVENT, "after_id": after_id or 0}


def past(cursor: str | None) -> dict[str, object]:
    """Return before which row a page of past events begins."""
    after_at, after_id = cursors.decode(cursor, KINDS)
    return {"after_at": after_at or datetime.now(UTC), "after_id": after_id or LAST_ID}


def patterns(search: str) -> list[str]:
    """Return an ILIKE pattern for each word; what is a wildcard there is taken as it stands."""
    escaped = (word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") for word in search.split())
    return [f"%{word}%" for word in escaped][:MOST_WORDS]


def cards(row: dict[str, Any]) -> Response:
    """Answer with the JSON that PostgreSQL made, as it is: nothing reads or checks it row by row."""
    following = cursors.encode((row["next_at"], row["next_id"])) if row["next_at"] else None
    body = f'{{"items":[{row["cards"]}],"next":{json.dumps(following)}}}'
    return Response(body.encode(), media_type="application/json")


def rows(found: list[dict[str, Any]], limit: int) -> dict[str, Any]:
    """Return a page of rows, of which one more than is shown was read."""
    shown = found[:limit]
    has_more = len(found) > limit
    return {"items": shown, "next": cursors.encode((shown[-1]["starts_at"], shown[-1]["id"])) if has_more else None}
