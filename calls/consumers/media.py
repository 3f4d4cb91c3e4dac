"""`/media/browser/<token>`: a browser's microphone and speaker. The socket is the leg, and this process holds it.

Binary frames are 20 ms of PCM16 mono at 16 kHz, both ways. Text frames are JSON: what is said, how long answers took, how
it ended; from the browser what it has played (`played`), and `hangup` or `interrupt`. A socket that closes hangs up.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any, Final

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError
from django.utils import timezone
from redis.exceptions import RedisError

from calls import events
from calls.consumers.downlink import Downlink
from calls.consumers.holding import NotReady, WebLegs, jobs, web_legs
from calls.consumers.origins import is_own_page, origin_of
from calls.consumers.outgoing import transport_of
from calls.consumers.talk_log import TalkLog, transcript
from calls.models import Call
from calls.services import control, talks
from calls.telephony.browser import BROWSER_FRAME_BYTES, BROWSER_RATE, BrowserLine

logger = logging.getLogger(__name__)

BAD_FRAME: Final = 4400
TALK_GONE: Final = 4401
WRONG_ORIGIN: Final = 4403
ABUSE: Final = 4429
NOT_NOW: Final = 4503

LONGEST_TEXT: Final = 1024
# Messages that a browser may send between two looks at the log. It reports what it has played ten times a second.
MOST_MESSAGES: Final = 200
MOST_DROPPED_FRAMES: Final = 500
# Wake-ups may get lost: the log is read so often at least.
LOOK_SECONDS: Final = 2.0
# After a hang-up: what the call's end may take to be stored.
END_SECONDS: Final = 8.0
LAST_WORDS_SECONDS: Final = 1.0


class BrowserConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One browser in one talk."""

    async def connect(self) -> None:
        self._call: Call | None = None
        self._line: BrowserLine | None = None
        self._following: asyncio.Task[None] | None = None
        self._messages = 0
        self._dropped = 0
        self._is_hanging_up = False
        token = self.scope["url_route"]["kwargs"]["token"]
        if not await self._is_from_here(token):
            await self.close(code=WRONG_ORIGIN)
            return
        await self.accept()
        try:
            self._legs: WebLegs = web_legs()
            await self._legs.ready()
            self._call = await jobs().run(talks.take_talk, token=token, holder=self._legs.name, at=timezone.now())
        except talks.TalkGone:
            await self.close(code=TALK_GONE)
            return
        except (NotReady, DatabaseError, InterfaceError):
            logger.warning("a browser was turned away: a store is away, or this process is full")
            await self.close(code=NOT_NOW)
            return
        await self._begin(self._call)

    async def disconnect(self, code: int) -> None:
        if self._following is not None:
            self._following.cancel()
        if self._call is None or self._line is None:
            return
        self._downlink.drop()
        await self._leave_line(self._call, self._line)
        try:
            await self.channel_layer.group_discard(events.call_group(self._call.public_id), self.channel_name)
        except (RedisError, OSError):
            logger.warning("a group could not be left: the channel layer is away")

    async def _begin(self, call: Call) -> None:
        """The socket has the call: let a worker come."""
        self._downlink = Downlink(self.send, transport=transport_of(self.base_send))
        self._line = self._legs.lines[call.public_id] = BrowserLine(self._downlink)
        self._downlink.tell({"type": "ringing", "call_id": call.public_id, "rate": BROWSER_RATE})
        self._woken = asyncio.Event()
        try:
            await self.channel_layer.group_add(events.call_group(call.public_id), self.channel_name)
        except (RedisError, OSError):
            logger.warning("a talk is followed by its log alone: the channel layer is away")
        try:
            await jobs().run(talks.queue_talk, call=call)
        except (DatabaseError, InterfaceError):
            logger.warning("a talk could not be queued: the reaper will")
        self._following = asyncio.create_task(self._follow(call))

    async def _leave_line(self, call: Call, line: BrowserLine) -> None:
        """A closed socket is a hang-up, whether the leg was dialled or not."""
        was_dialled = line.is_dialled
        line.close()
        self._legs.lines.pop(call.public_id, None)
        if not was_dialled:
            try:
                await jobs().run(talks.abandon_talk, call=call, at=timezone.now())
            except (DatabaseError, InterfaceError):
                logger.warning("a talk could not be given up: its leg will end when it is dialled")

    # --- From the browser ---

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._line is None or self._call is None:
            return
        if bytes_data is not None:
            await self._hear(self._line, bytes_data)
        elif text_data is not None:
            await self._heed(self._call, self._line, text_data)

    async def _hear(self, line: BrowserLine, frame: bytes) -> None:
        if len(frame) != BROWSER_FRAME_BYTES:
            await self.close(code=BAD_FRAME)
        elif not line.hear(frame, now=asyncio.get_running_loop().time()):
            self._dropped += 1
            if self._dropped > MOST_DROPPED_FRAMES:
                await self.close(code=ABUSE)

    async def _heed(self, call: Call, line: BrowserLine, text: str) -> None:
        self._messages += 1
        if self._messages > MOST_MESSAGES or len(text) > LONGEST_TEXT:
            await self.close(code=ABUSE)
            return
        match _parse(text):
            case {"type": "played", "frames": int(frames)}:
                line.played(frames)
            case {"type": "hangup"}:
                self._is_hanging_up = True
                await self._leave_line(call, line)
                self._woken.set()
            case {"type": "interrupt"}:
                await jobs().run(control.hush, call=call)
            case _:
                await self.close(code=BAD_FRAME)

    # --- To the browser ---

    async def feed_message(self, woken: Mapping[str, Any]) -> None:
        """An event or an interim transcript, as `calls.events` announces it."""
        message = woken["message"]
        if message.get("seq") is not None:
            self._woken.set()
        elif message["type"] == "transcript.update" and not message.get("aside"):
            self._downlink.tell(transcript(message))

    async def _follow(self, call: Call) -> None:
        """Tell what the log has, until it says how the call ended."""
        log = TalkLog(call.public_id)
        ended_by = float("inf")
        loop = asyncio.get_running_loop()
        while not log.is_over and loop.time() < ended_by:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._messages = 0
            self._woken.clear()
            if self._is_hanging_up and ended_by == float("inf"):
                ended_by = loop.time() + END_SECONDS
            try:
                for message in await jobs().run(log.read):
                    self._downlink.tell(message)
            except (DatabaseError, InterfaceError):
                logger.warning("a talk's log could not be read: the next look will")
        await self._downlink.finish(within=LAST_WORDS_SECONDS)
        await self.close()

    async def _is_from_here(self, token: str) -> bool:
        """Whether the page that opens the socket is ours, or one that the talk's public link names.

        Programs send no origin: the token is what lets them in.
        """
        if is_own_page(self.scope):
            return True
        try:
            return origin_of(self.scope) in await jobs().run(talks.origins_of, call_id=token.partition(".")[0])
        except (DatabaseError, InterfaceError):
            return False


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
