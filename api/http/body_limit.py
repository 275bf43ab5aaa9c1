"""How long may a request be? So long that no honest one is refused, and no other fills the memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.http.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_BODY = 1024 * 1024


class _TooLongError(Exception):
    """More bytes came than may."""


class BodyLimit:
    """Pure ASGI: answers 413 when a body says that it is too long, or turns out to be."""

    def __init__(self, app: ASGIApp, *, longest: int = LONGEST_BODY) -> None:
        self.app = app
        self.longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        said = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not said.isdigit() or int(said) > self.longest:
            await self._refuse(scope, receive, send)
            return
        counted, has_begun = 0, False

        async def counting() -> Message:
            nonlocal counted
            message = await receive()
            counted += len(message.get("body", b""))
            if counted > self.longest:
                raise _TooLongError
            return message

        async def noting(message: Message) -> None:
            nonlocal has_begun
            if counted > self.longest and not has_begun:
                raise _TooLongError  # FastAPI takes the first one for a broken body and answers 400
            has_begun = True
            await send(message)

        try:
            await self.app(scope, counting, noting)
        except _TooLongError:
            if has_begun:
                raise
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = problem(413, detail=f"The body of a request may have {self.longest} bytes.")
        await answer(scope, receive, send)
