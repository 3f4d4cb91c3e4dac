"""Where WebSockets lead."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from channels.routing import URLRouter
from django.urls import path, re_path

from calls.consumers.feed import FeedConsumer

NOT_FOUND: Final = 4404


async def refuse(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """No socket lives here."""
    await send({"type": "websocket.close", "code": NOT_FOUND})


# Browsers are let in from anywhere: an API key in the first frame is what opens a socket, never a cookie.
websockets = URLRouter(
    [
        path("v1/ws", FeedConsumer.as_asgi()),
        re_path(r"", refuse),
    ]
)
