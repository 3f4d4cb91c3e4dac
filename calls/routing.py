"""Where WebSockets lead."""

from __future__ import annotations

from typing import Final

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from django.urls import path, re_path

from calls.consumers.feed import FeedConsumer
from calls.consumers.listening import ListenConsumer
from calls.consumers.media import BrowserConsumer
from calls.consumers.page_feed import PageFeedConsumer
from calls.consumers.twilio_stream import TwilioStreamConsumer

NOT_FOUND: Final = 4404


class NoSocketHere(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Any other address."""

    async def connect(self) -> None:
        await self.close(code=NOT_FOUND)


# The customers' feed takes an API key in its first frame, from anywhere. Our own pages' is the one that a cookie opens, and
# only from our own origin. A talk's address is signed, good once, and looks at the origin besides.
# Twilio's is signed, and let in by its first message.
websockets = URLRouter(
    [
        path("v1/ws", FeedConsumer.as_asgi()),
        path("feed/<str:account_id>", PageFeedConsumer.as_asgi()),
        path("media/browser/<str:token>", BrowserConsumer.as_asgi()),
        path("media/listen/<str:token>", ListenConsumer.as_asgi()),
        path("media/twilio/<str:key>", TwilioStreamConsumer.as_asgi()),
        re_path(r"", NoSocketHere.as_asgi()),
    ]
)
