"""`/media/twilio/<key>`: the sound of a call at Twilio, both ways. Its leg is at a gateway; here it is only passed on.

Twilio signs the handshake with the line's token, and brings in its first message the token that this one socket was given.
A socket that closes ends nothing: Twilio asks what comes next, and opens another.
"""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Any, Final

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils import timezone
from redis.exceptions import RedisError

from calls import bus
from calls.consumers.carrier_sockets import CarrierSockets, carrier_sockets
from calls.consumers.downlink import Downlink
from calls.consumers.holding import jobs
from calls.consumers.outgoing import transport_of
from calls.services import twilio_calls
from calls.services.twilio_calls import UnknownCall
from calls.telephony import twilio_words

logger = logging.getLogger(__name__)

BAD_MESSAGE: Final = 4400
GONE: Final = 4401
ABUSE: Final = 4429
NOT_NOW: Final = 4503

START_SECONDS: Final = 10.0
LAST_WORDS_SECONDS: Final = 0.5
LONGEST_MESSAGE: Final = 8_000
# In a second; Twilio sends 50 of sound, and a mark for each of ours.
MOST_MESSAGES: Final = 300
KEYS: Final = frozenset("0123456789*#ABCD")


class TwilioStreamConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One socket of Twilio's."""

    async def connect(self) -> None:
        self.key = str(self.scope["url_route"]["kwargs"]["key"])
        self.stream = self.holder = ""
        self._is_open = False
        self._downlink: Downlink | None = None
        self._second, self._messages = 0, 0
        self._starting: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Task[None] | None = None
        try:
            is_signed = await self._is_signed()
        except (DatabaseError, InterfaceError):
            is_signed = False
        if not is_signed:
            # Before it is accepted: the handshake is answered 403.
            await self.close()
            return
        await self.accept()
        self._starting = asyncio.get_running_loop().call_later(START_SECONDS, self._leave, GONE)

    async def disconnect(self, code: int) -> None:
        if self._starting is not None:
            self._starting.cancel()
        if self._is_open:
            self._is_open = False
            self._sockets.close(self)
        if self._downlink is not None:
            self._downlink.drop()

    # --- From Twilio --------------------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        second = int(asyncio.get_running_loop().time())
        self._messages = self._messages + 1 if second == self._second else 1
        self._second = second
        if self._messages > MOST_MESSAGES or text_data is None or len(text_data) > LONGEST_MESSAGE:
            await self.close(code=ABUSE)
            return
        try:
            await self._heed(json.loads(text_data))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, NotBase64):
            await self.close(code=BAD_MESSAGE)

    async def _heed(self, message: Mapping[str, Any]) -> None:
        match message["event"]:
            case "start" if not self._is_open:
                await self._start(message["start"])
            case "media" if self._is_open:
                if message["media"].get("track", "inbound") == "inbound":
                    self._sockets.send(self, "sound", b64decode(message["media"]["payload"], validate=True))
            case "dtmf" if self._is_open and str(message["dtmf"]["digit"]) in KEYS:
                self._sockets.send(self, "digit", str(message["dtmf"]["digit"]).encode())
            case "mark" if self._is_open:
                self._sockets.send(self, "mark", str(message["mark"]["name"]).encode()[:40])
            case "stop" if self._is_open:
                self._sockets.send(self, "stop")
            case _:
                return

    async def _start(self, start: Mapping[str, Any]) -> None:
        if self._starting is None:
            return
        self._starting.cancel()
        self._starting = None
        try:
            self._sockets: CarrierSockets = carrier_sockets()
            await self._sockets.ready()
            if not self._sockets.has_room:
                raise TimeoutError
            opened = await jobs().run(
                twilio_calls.take_stream,
                key=self.key,
                token=str(start["customParameters"][twilio_words.ADMITS]),
                sid=str(start["callSid"])[:34],
                at=timezone.now(),
            )
        except UnknownCall:
            await self.close(code=GONE)
            return
        except (TimeoutError, DatabaseError, InterfaceError, RedisError, OSError):
            logger.warning("a stream of Twilio's was turned away: a store is away, or this process is full")
            await self.close(code=NOT_NOW)
            return
        self.stream, self.holder = str(start["streamSid"])[:64], opened.holder
        self._downlink = Downlink(self.send, transport=transport_of(self.base_send))
        self._is_open = True
        self._sockets.open(self)

    # --- From the bus (Socket) ----------------------------------------------------------------------------------------

    def obey(self, item: bus.ToCarrier) -> None:
        if self._downlink is None:
            return
        match item.what:
            case "sound":
                self._tell("media", {"payload": b64encode(item.data).decode()})
            case "mark":
                self._tell("mark", {"name": item.data.decode()})
            case "clear":
                self._downlink.tell({"event": "clear", "streamSid": self.stream})
            case "close":
                self._leave(1000)

    def lose_holder(self) -> None:
        self._leave(GONE)

    def _tell(self, event: str, body: Mapping[str, str]) -> None:
        if self._downlink is not None:
            self._downlink.tell({"event": event, "streamSid": self.stream, event: body})

    # --- The rest -----------------------------------------------------------------------------------------------------

    def _leave(self, code: int) -> None:
        if self._leaving is None:
            self._leaving = asyncio.get_running_loop().create_task(self._close(code))

    async def _close(self, code: int) -> None:
        if self._downlink is not None:
            await self._downlink.finish(within=LAST_WORDS_SECONDS)
        await self.close(code=code)

    async def _is_signed(self) -> bool:
        try:
            tokens = await jobs().run(_tokens_of, self.key)
        except UnknownCall:
            return False
        headers = dict(self.scope["headers"])
        signature = headers.get(b"x-twilio-signature", b"").decode("latin-1")
        url = settings.PUBLIC_URL.replace("http", "ws", 1) + self.scope["path"]
        return any(twilio_words.is_socket_signed(url=url, signature=signature, auth_token=token) for token in tokens)


def _tokens_of(key: str) -> list[str]:
    return twilio_calls.tokens_of(twilio_calls.find_call(key))
