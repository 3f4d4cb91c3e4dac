"""The live feed of /v1/ws: what happens in calls, as it happens, and what a customer may say to them.

The log in PostgreSQL is the truth; messages of the channel layer only wake. A subscriber joins the call's group, then
reads the log, then follows; on a hole, and every two seconds, it reads the log again. So a wake-up that is lost,
late or doubled loses and repeats nothing.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError
from django.db.models import Q
from django.utils import timezone

from accounts import authentication
from accounts.models import Account, ApiKey
from calls import events
from calls.consumers.following import Due, Following, find_missed
from calls.models import Call
from calls.services import control
from calls.services.background import Jobs
from calls.telephony.base import EndedBy
from vaniagent.lib import errors, json_wire
from vaniagent.lib.api import envelope

logger = logging.getLogger(__name__)

NOT_AUTHENTICATED: Final = 4401
NO_AUTHENTICATION_IN_TIME: Final = 4408
SLOW_READER: Final = 4413
ABUSE: Final = 4429

AUTHENTICATE_SECONDS: Final = 10.0
# A revoked key closes its sockets within a second; the log is read again on every second look.
LOOK_SECONDS: Final = 0.8
LONGEST_FRAME: Final = 64 * 1024
MOST_SUBSCRIPTIONS: Final = 100
# Frames that may wait for a reader, and frames that a client may send in a look.
MOST_UNSENT: Final = 2_000
MOST_FRAMES_PER_LOOK: Final = 200

# What each type of frame takes beside its type.
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "auth": frozenset({"api_key"}),
    "subscribe": frozenset({"call_id", "after"}),
    "unsubscribe": frozenset({"call_id"}),
    "say": frozenset({"call_id", "text"}),
    "note": frozenset({"call_id", "text"}),
    "hangup": frozenset({"call_id"}),
    "dtmf": frozenset({"call_id", "digits"}),
}


class UnknownCall(errors.NotFound):
    """There is no such call in this account."""


class BadFrame(errors.InvalidRequest):
    """The client sent something that is no message of this protocol."""


class FeedConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One customer's socket. Its database work is done by the process's few threads."""

    async def connect(self) -> None:
        self._key: ApiKey | None = None
        self._following = Following()
        self._frames = 0
        self._is_closing = False
        # Frames to send; a number closes the socket with that code, after what is before it.
        self._unsent: asyncio.Queue[Mapping[str, Any] | int] = asyncio.Queue()
        await self.accept()
        self._tasks = [asyncio.create_task(self._send_all()), asyncio.create_task(self._look())]

    async def disconnect(self, code: int) -> None:
        self._is_closing = True
        for task in self._tasks:
            task.cancel()
        groups = [events.call_group(call_id) for call_id in self._following.chosen]
        if self._key is not None:
            groups.append(events.account_group(self._key.account_id))
        for group in groups:
            await self.channel_layer.group_discard(group, self.channel_name)

    # --- From the client ---

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._is_closing:
            return
        self._frames += 1
        if self._frames > MOST_FRAMES_PER_LOOK or len(text_data or bytes_data or "") > LONGEST_FRAME:
            self._end(ABUSE)
            return
        try:
            await self._heed(_parse(text_data))
        except errors.ServiceError as error:
            self._put({"type": "error", **envelope.body_of(error)})
            if self._key is None:
                self._end(NOT_AUTHENTICATED)
        except (DatabaseError, InterfaceError):
            logger.warning("a frame met a database that is away", exc_info=True)
            self._put(
                {"type": "error", **envelope.body_of(errors.ServiceError("This could not be done now. Try again."))}
            )

    async def _heed(self, frame: Mapping[str, Any]) -> None:
        kind = frame.get("type")
        if kind != "auth":
            # Raises where nobody has authenticated yet.
            self._account_id()
        handlers: dict[str, Callable[[Mapping[str, Any]], Awaitable[None]]] = {
            "auth": self._authenticate,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "say": self._say,
            "note": self._note,
            "hangup": self._hang_up,
            "dtmf": self._send_digits,
        }
        if not isinstance(kind, str) or kind not in handlers:
            raise BadFrame(f"'type' must be one of {', '.join(handlers)}.", param="type")
        # A typo is never ignored: without its call a subscription would be to all of them.
        for name in frame:
            if name != "type" and name not in FIELDS[kind]:
                raise BadFrame(f"'{name}': There is no such field.", param=name)
        await handlers[kind](frame)

    async def _authenticate(self, frame: Mapping[str, Any]) -> None:
        text = frame.get("api_key")
        if self._key is not None:
            raise BadFrame("This socket is authenticated already.", param="type")
        if not isinstance(text, str):
            raise errors.NotAuthenticated("'api_key' must be your API key.", param="api_key")

        self._key = await _jobs().run(authentication.authenticate_key, text, timezone.now())
        self._put({"type": "authenticated"})

    async def _subscribe(self, frame: Mapping[str, Any]) -> None:
        if frame.get("call_id") is None:
            if "after" in frame:
                raise BadFrame("'after' is a seq of one call: name it in 'call_id'.", param="call_id")
            await self._subscribe_to_account()
            return
        after = frame.get("after", 0)
        if not isinstance(after, int) or isinstance(after, bool) or after < 0:
            raise BadFrame("'after' must be a seq: a whole number from 0.", param="after")
        call_id = (await self._call(frame)).public_id
        if len(self._following.chosen | {call_id}) > MOST_SUBSCRIPTIONS:
            raise BadFrame(f"A socket follows at most {MOST_SUBSCRIPTIONS} calls.", param="call_id")

        # Join before reading, or an event in between would be lost.
        await self.channel_layer.group_add(events.call_group(call_id), self.channel_name)
        self._following.choose(call_id, after=after)
        self._put({"type": "subscribed", "call_id": call_id})
        await self._read_log()

    async def _subscribe_to_account(self) -> None:
        account_id, since = self._account_id(), timezone.now()
        await self.channel_layer.group_add(events.account_group(account_id), self.channel_name)
        missed = await _jobs().run(find_missed, account_id=account_id, chosen=(), sent={}, account_since=since)
        self._following.follow_account(since=since, begin_after=missed.begin_after)
        self._put({"type": "subscribed", "call_id": None})
        await self._read_log()

    async def _unsubscribe(self, frame: Mapping[str, Any]) -> None:
        call_id = None if frame.get("call_id") is None else _text(frame, "call_id")
        if call_id is None:
            self._following.drop_account()
            await self.channel_layer.group_discard(events.account_group(self._account_id()), self.channel_name)
        elif call_id in self._following.chosen:
            self._following.drop(call_id)
            await self.channel_layer.group_discard(events.call_group(call_id), self.channel_name)
        self._put({"type": "unsubscribed", "call_id": call_id})

    async def _say(self, frame: Mapping[str, Any]) -> None:
        await self._control(control.say, frame, text=_text(frame, "text"))

    async def _note(self, frame: Mapping[str, Any]) -> None:
        await self._control(control.note, frame, text=_text(frame, "text"))

    async def _hang_up(self, frame: Mapping[str, Any]) -> None:
        await self._control(control.hang_up_call, frame, by=EndedBy.API)

    async def _send_digits(self, frame: Mapping[str, Any]) -> None:
        await self._control(control.send_digits, frame, digits=_text(frame, "digits"))

    async def _control(self, service: Callable[..., object], frame: Mapping[str, Any], **kwargs: str) -> None:
        call = await self._call(frame)
        await _jobs().run(service, call=call, at=timezone.now(), **kwargs)

    async def _call(self, frame: Mapping[str, Any]) -> Call:
        """The call that a frame names. Raises BadFrame and UnknownCall."""
        return await _jobs().run(_find_call, self._account_id(), _text(frame, "call_id"))

    # --- From the channel layer and the log ---

    async def feed_message(self, woken: Mapping[str, Any]) -> None:
        """An event or an interim transcript, as `calls.events` announces it."""
        message = woken["message"]
        call_id, seq = message["call_id"], message.get("seq")
        if seq is None:
            if self._following.is_followed(call_id):
                self._put(message)
            return
        if self._following.due(call_id, seq) is Due.READ_LOG:
            try:
                await self._read_log()
            except (DatabaseError, InterfaceError):
                logger.warning("the log could not be read: the next look will", exc_info=True)
                return
            # An old call, of which only this wake-up tells.
            self._following.begin({call_id: seq - 1})
        self._forward(message)

    async def _read_log(self) -> None:
        """Send what the log has beyond what was sent."""
        following = self._following
        missed = await _jobs().run(
            find_missed,
            account_id=self._account_id(),
            chosen=tuple(following.chosen),
            sent=dict(following.sent),
            account_since=following.account_since,
        )
        following.begin(missed.begin_after)
        for event in missed.events:
            self._forward(events.to_message(event))

    def _forward(self, message: Mapping[str, Any]) -> None:
        """Send an event, unless it was sent before."""
        call_id, seq = message["call_id"], message["seq"]
        if self._following.due(call_id, seq) is Due.SEND:
            self._following.note(call_id, seq)
            self._put(message)

    async def _look(self) -> None:
        """Now and then: is the key still valid, and did a wake-up get lost?"""
        looks = 0
        give_up_at = asyncio.get_running_loop().time() + AUTHENTICATE_SECONDS
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            looks += 1
            self._frames = 0
            if self._key is None:
                if asyncio.get_running_loop().time() >= give_up_at:
                    self._end(NO_AUTHENTICATION_IN_TIME)
                continue
            try:
                if not await _jobs().run(_is_valid, self._key.pk, timezone.now()):
                    self._end(NOT_AUTHENTICATED)
                elif looks % 2 == 0 and (self._following.chosen or self._following.account_since):
                    await self._read_log()
            except (DatabaseError, InterfaceError):
                logger.warning("the log could not be read: the next look will", exc_info=True)

    # --- To the client ---

    def _put(self, message: Mapping[str, Any]) -> None:
        if self._is_closing:
            return
        if self._unsent.qsize() >= MOST_UNSENT:
            self._end(SLOW_READER)
            return
        self._unsent.put_nowait(message)

    def _end(self, code: int) -> None:
        """Close, when what was put before has been sent."""
        if not self._is_closing:
            self._is_closing = True
            self._unsent.put_nowait(code)

    async def _send_all(self) -> None:
        while True:
            unsent = await self._unsent.get()
            if isinstance(unsent, int):
                await self.close(code=unsent)
                return
            await self.send(text_data=json.dumps(unsent, ensure_ascii=False))

    def _account_id(self) -> int:
        if self._key is None:
            raise errors.NotAuthenticated('Send your API key first: {"type": "auth", "api_key": "..."}.')
        return self._key.account_id


@functools.cache
def _jobs() -> Jobs:
    """The process's few threads for the feed's database work."""
    return Jobs()


def _parse(text: str | None) -> Mapping[str, Any]:
    if text is None:
        raise BadFrame("Frames are text, and this one is binary.")
    frame = json_wire.loads(text.encode())
    if not isinstance(frame, dict):
        raise BadFrame("Frames are JSON objects.")
    return frame


def _text(frame: Mapping[str, Any], name: str) -> str:
    value = frame.get(name)
    if not isinstance(value, str):
        raise BadFrame(f"'{name}' must be a text.", param=name)
    return value


def _find_call(account_id: int, call_id: str) -> Call:
    call: Call | None = Call.objects.for_account(account_id).filter(public_id=call_id).first()
    if call is None:
        raise UnknownCall("There is no such call.", param="call_id")
    return call


def _is_valid(key_id: int, at: datetime) -> bool:
    keys = ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=at), pk=key_id, revoked_at=None)
    return keys.filter(account__status=Account.Status.ACTIVE).exists()
