"""Where can a developer read and try the API? The page `/api/docs`, outside production.

FastAPI's own page loads a script of another site and holds one inline; the Content-Security-Policy allows neither. This
one loads the same Swagger UI from the front-end's files, `/api-docs/`: pinned in its lock, and no part of its pages.
"""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Slipway volunteer sign-ups: the API</title>
    <link rel="icon" type="image/svg+xml" href="/favicon.svg">
    <link rel="stylesheet" href="/api-docs/swagger-ui.css">
  </head>
  <body>
    <main id="api">
      <p>This page needs JavaScript and the files of the front-end.
      <a href="openapi.json">The description itself</a> does not.</p>
    </main>
    <script src="/api-docs/swagger-ui-bundle.js"></script>
    <script src="/api-docs/start.js"></script>
  </body>
</html>
"""

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def read_docs() -> HTMLResponse:
    """Answer the page."""
    return HTMLResponse(PAGE)
