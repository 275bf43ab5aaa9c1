"""What does the API answer only when a test says so? The real application, and two more routes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import anyio
from fastapi.responses import StreamingResponse

from api.main import app

RELEASED = anyio.Path(os.environ["RELEASED"])


@app.get("/held")
async def held() -> dict[str, str]:
    """Answer once the test has made the file."""
    while not await RELEASED.exists():  # noqa: ASYNC110 - the file is made by another process
        await asyncio.sleep(0.02)  # until the test releases it, or it is cut
    return {"end": "good"}


@app.get("/stream")
async def stream() -> StreamingResponse:
    """Answer line by line, and end once the test has made the file."""

    async def lines() -> AsyncIterator[str]:
        while not await RELEASED.exists():
            yield "more\n"
            await asyncio.sleep(0.02)  # until the test releases it, or it is cut
        yield "end: good\n"

    return StreamingResponse(lines())
