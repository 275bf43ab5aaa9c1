"""What does Django answer only when a test says so? The real application, and two more views."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
from config.asgi import application
from config.urls import urlpatterns
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

__all__ = ["application"]
RELEASED = Path(os.environ["RELEASED"])


def held(_: HttpRequest) -> HttpResponse:
    """Answer once the test has made the file; in a thread, as all views of admin."""
    while not RELEASED.exists():
        time.sleep(0.02)  # until the test releases it, or it is cut
    return HttpResponse("end: good")


async def stream(_: HttpRequest) -> StreamingHttpResponse:
    """Answer line by line, and end once the test has made the file."""

    async def lines() -> AsyncIterator[str]:
        while not await anyio.Path(RELEASED).exists():
            yield "more\n"
            await asyncio.sleep(0.02)  # until the test releases it, or it is cut
        yield "end: good\n"

    return StreamingHttpResponse(lines())


urlpatterns += [path("held", held), path("stream", stream)]
