"""Where WebSockets lead."""

from __future__ import annotations

from typing import Final

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from django.urls import path, re_path

from calls.consumers.feed import FeedConsumer

NOT_FOUND: Final = 4404


class NoSocketHere(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Any other address."""

    async def connect(self) -> None:
        await self.close(code=NOT_FOUND)


# Browsers are let in from anywhere: an API key in the first frame is what opens a socket, never a cookie.
websockets = URLRouter(
    [
        path("v1/ws", FeedConsumer.as_asgi()),
        re_path(r"", NoSocketHere.as_asgi()),
    ]
)
