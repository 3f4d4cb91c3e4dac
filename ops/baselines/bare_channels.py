"""A feed of channels as its tutorial has it: join the group that the address names, and send on what is said there.

No key, no log, no order, no limit; nothing is held back for a client that does not read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaniagent.settings")
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402  # Django is set up first
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402


class BareConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    async def connect(self) -> None:
        self.group: str = self.scope["url_route"]["kwargs"]["group"]
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def feed_message(self, event: Mapping[str, Any]) -> None:
        await self.send(text_data=json.dumps(event["message"]))


application = ProtocolTypeRouter({"websocket": URLRouter([path("<group>", BareConsumer.as_asgi())])})
