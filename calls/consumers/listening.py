"""`/media/listen/<token>`: a member hears both sides of a live call, and may speak in the agent's place.

To the browser: binary frames of 20 ms, PCM16 of two channels (caller, agent) at the rate that `listening` says. From it:
`take_over`, `hand_back`, and the microphone in frames of one channel. A socket that closes leaves the call alone.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Mapping
from typing import Any, Final

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError
from django.utils import timezone
from redis.exceptions import RedisError

from calls import bus, events
from calls.audio.framing import frame_bytes
from calls.consumers.downlink import Downlink
from calls.consumers.ears import Ears, Pairing, ears
from calls.consumers.holding import jobs
from calls.consumers.origins import is_own_page
from calls.consumers.outgoing import transport_of
from calls.services import operating
from calls.services.control import CallNotLive
from calls.services.operating import Listener, ListenerGone

logger = logging.getLogger(__name__)

BAD_FRAME: Final = 4400
GONE: Final = 4401
WRONG_ORIGIN: Final = 4403
ABUSE: Final = 4429
NOT_NOW: Final = 4503

# The call is looked at so often; whether the member may still listen is, too.
LOOK_SECONDS: Final = 2.0
# What a leg's holder may take to let an operator in.
ANSWER_SECONDS: Final = 2.0
LAST_WORDS_SECONDS: Final = 1.0
# What a browser may send between two looks: a microphone sends 50 frames a second.
MOST_FRAMES: Final = 300
MOST_MESSAGES: Final = 20


class ListenConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One member at one call."""

    async def connect(self) -> None:
        self._listener: Listener | None = None
        self._following: asyncio.Task[None] | None = None
        self.call_id = self.holder = ""
        if not is_own_page(self.scope):
            await self.close(code=WRONG_ORIGIN)
            return
        await self.accept()
        try:
            self._ears: Ears = ears()
            await self._ears.ready()
            if not self._ears.has_room:
                raise TimeoutError
            token = self.scope["url_route"]["kwargs"]["token"]
            self._listener = await jobs().run(operating.begin_listening, token=token, at=timezone.now())
        except ListenerGone:
            await self.close(code=GONE)
            return
        except (TimeoutError, DatabaseError, InterfaceError, RedisError, OSError):
            logger.warning("a listener was turned away: a store is away, or this process is full")
            await self.close(code=NOT_NOW)
            return
        await self._begin(self._listener)

    async def disconnect(self, code: int) -> None:
        if self._listener is None:
            return
        # Who had taken the call over may come back within the holder's patience; then the agent goes on.
        self._ears.close(self)
        if self._following is not None:
            self._following.cancel()
        self._downlink.drop()
        try:
            await self.channel_layer.group_discard(events.call_group(self.call_id), self.channel_name)
        except (RedisError, OSError):
            logger.warning("a group could not be left: the channel layer is away")

    async def _begin(self, listener: Listener) -> None:
        self.call_id, self.holder = listener.call.public_id, listener.holder
        self._line = secrets.token_hex(8)
        self._pairing = Pairing(listener.rate)
        self._size = frame_bytes(listener.rate)
        self._is_operating = False
        self._answer: asyncio.Future[bool] | None = None
        self._frames = self._messages = 0
        self._woken = asyncio.Event()
        self._downlink = Downlink(self.send, transport=transport_of(self.base_send))
        self._downlink.tell({"type": "listening", "call_id": self.call_id, "rate": listener.rate, "channels": 2})
        try:
            await self.channel_layer.group_add(events.call_group(self.call_id), self.channel_name)
        except (RedisError, OSError):
            logger.warning("a call is followed by its rows alone: the channel layer is away")
        self._ears.open(self)
        self._following = asyncio.create_task(self._follow(listener))

    # --- From the bus (Ear) -------------------------------------------------------------------------------------------

    def hear(self, item: bus.Overheard) -> None:
        for frame in self._pairing.push(item.caller, item.agent):
            # One that does not fit is dropped: late sound is worth nothing.
            self._downlink.play(frame)

    def operating(self, item: bus.Operating) -> None:
        if item.line != self._line:
            return
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(item.is_on)
        elif self._is_operating and not item.is_on:
            self._is_operating = False
            self._downlink.tell({"type": "handed_back"})

    # --- From the browser ---------------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._listener is None:
            return
        if bytes_data is not None:
            await self._speak(bytes_data)
            return
        self._messages += 1
        if self._messages > MOST_MESSAGES:
            await self.close(code=ABUSE)
            return
        match _parse(text_data or ""):
            case {"type": "take_over"}:
                await self._take_over(self._listener)
            case {"type": "hand_back"}:
                await self._hand_back(self._listener)
            case _:
                await self.close(code=BAD_FRAME)

    async def _speak(self, frame: bytes) -> None:
        self._frames += 1
        if len(frame) != self._size:
            await self.close(code=BAD_FRAME)
        elif self._is_operating and self._frames <= MOST_FRAMES:
            self._ears.send(self, bus.OperatorSpeech(self.call_id, 0, self._line, frame))

    async def _take_over(self, listener: Listener) -> None:
        """Ask the leg first, and write it down when it is so; what cannot be written down is not done."""
        if self._is_operating or listener.by.user is None:
            return
        self._answer = asyncio.get_running_loop().create_future()
        self._operate(listener, is_on=True)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                is_on = await self._answer
        except TimeoutError:
            is_on = False
        self._answer = None
        if is_on:
            try:
                await jobs().run(operating.record_taken_over, listener=listener, at=timezone.now())
            except (CallNotLive, ListenerGone, DatabaseError, InterfaceError):
                is_on = False
        if not is_on:
            self._operate(listener, is_on=False)
            self._downlink.tell({"type": "refused"})
            return
        self._is_operating = True
        self._downlink.tell({"type": "taken_over"})

    async def _hand_back(self, listener: Listener) -> None:
        if not self._is_operating:
            return
        self._is_operating = False
        try:
            await jobs().run(operating.record_handed_back, listener=listener, at=timezone.now())
        except (CallNotLive, DatabaseError, InterfaceError):
            logger.warning("a hand-back is left to the worker to write down", extra={"call_id": self.call_id})
        self._operate(listener, is_on=False)
        self._downlink.tell({"type": "handed_back"})

    def _operate(self, listener: Listener, *, is_on: bool) -> None:
        operator = str(listener.by.user.pk) if listener.by.user is not None else ""
        self._ears.send(self, bus.Operate(self.call_id, 0, operator, self._line, is_on=is_on))

    # --- The call -----------------------------------------------------------------------------------------------------

    async def feed_message(self, woken: Mapping[str, Any]) -> None:
        """Something happened in the call, as `calls.events` announces it."""
        if woken["message"].get("seq") is not None and woken["message"]["type"] != "transcript.update":
            self._woken.set()

    async def _follow(self, listener: Listener) -> None:
        """Stay while the call lives and the member may listen."""
        while True:
            try:
                look = await jobs().run(operating.look, listener)
            except (DatabaseError, InterfaceError):
                logger.warning("a call could not be looked at: the next look will")
            else:
                if not look.may_listen:
                    await self._hand_back(listener)
                    await self._leave(GONE)
                    return
                if not look.is_live:
                    self._downlink.tell({"type": "ended"})
                    await self._leave(1000)
                    return
                if look.holder != self.holder:
                    self.holder = look.holder
                    self._ears.renew(self)
            self._frames = self._messages = 0
            self._woken.clear()
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def _leave(self, code: int) -> None:
        await self._downlink.finish(within=LAST_WORDS_SECONDS)
        await self.close(code=code)


def _parse(text: str) -> Any:
    try:
        return json.loads(text) if len(text) < 1024 else None
    except (ValueError, RecursionError):
        return None
