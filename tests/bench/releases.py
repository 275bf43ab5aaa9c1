"""Which releases are deployed under load: one-line changes, and three that must not stay?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_NEVER_READY = """

@app.middleware("http")
async def never_ready(request, call_next):
    from fastapi.responses import JSONResponse
    return JSONResponse({}, 503) if request.url.path.endswith("/ready") else await call_next(request)
"""
_CRASHES = """

import os
import threading

threading.Timer(5, os._exit, (1,)).start()
"""
_ANSWERS_500 = """

@app.middleware("http")
async def broken(request, call_next):
    from fastapi.responses import JSONResponse
    is_probe = request.url.path.endswith(("/ready", "/health"))
    return await call_next(request) if is_probe else JSONResponse({}, 500)
"""


@dataclass(frozen=True)
class BadRelease:
    """A release that has to take itself back."""

    name: str
    code: str

    @property
    def edit(self) -> Callable[[str], str]:
        """Return the change of `api/main.py` that makes it."""
        return lambda text: text + self.code


BAD_RELEASES = (
    BadRelease("never ready", _NEVER_READY),
    BadRelease("crashes 5 s after its start", _CRASHES),
    BadRelease("answers 500", _ANSWERS_500),
)
CHANGED_FILES = ("api/main.py", "django/config/urls.py", "react-app/src/main.tsx")


def comment_for(path: str, text: str) -> str:
    """Return a line that changes a file and nothing that it does."""
    return f"// {text}\n" if path.endswith((".ts", ".tsx")) else f"# {text}\n"
