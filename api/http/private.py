"""What may a browser or a proxy keep of an answer? Nothing that was for one person: all but public reads say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CREDENTIALS: Final = frozenset({b"authorization", b"cookie"})
NOT_STORED: Final = (b"cache-control", b"no-store")


class NotStored:
    """Pure ASGI: adds `Cache-Control: no-store` where who asked may have had a part in the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or _is_public(scope):
            await self.app(scope, receive, send)
            return

        async def send_private(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                if not any(name.lower() == b"cache-control" for name, _ in headers):
                    message = {**message, "headers": [*headers, NOT_STORED]}
            await send(message)

        await self.app(scope, receive, send_private)


def _is_public(scope: Scope) -> bool:
    """Tell whether everybody would get the same: somebody reads, and does not say who they are."""
    return scope["method"] in {"GET", "HEAD"} and not any(name.lower() in CREDENTIALS for name, _ in scope["headers"])
