"""The live feed of /v1/ws: what happens in calls, as it happens, and what a customer may say to them.

The log in PostgreSQL is the truth; messages of the channel layer only wake. A subscriber joins the call's group, then
reads the log, then follows; on a hole, and every two seconds (`rounds`), it reads the log again. So a wake-up that is lost,
late or doubled loses and repeats nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils import timezone
from redis.exceptions import RedisError

from accounts import authentication
from accounts.models import ApiKey, Scope
from accounts.visitors import Visitor
from calls import events
from calls.consumers import sockets
from calls.consumers.following import MOST_EVENTS, Due, Following, find_beginning, find_missed
from calls.consumers.forwarding import Forwarding
from calls.consumers.frames import BadFrame, is_too_long, parse, text_in
from calls.consumers.outgoing import Outgoing, transport_of
from calls.consumers.rounds import STRANGERS, jobs, rounds, turns
from calls.models import Call
from calls.services import control
from calls.telephony.base import EndedBy
from vaniagent.lib import errors
from vaniagent.lib.api import envelope
from webhooks import services as webhooks

logger = logging.getLogger(__name__)

NOT_AUTHENTICATED: Final = 4401
NO_AUTHENTICATION_IN_TIME: Final = 4408
IDLE: Final = 4408
SLOW_READER: Final = 4413
ABUSE: Final = 4429

AUTHENTICATE_SECONDS: Final = 10.0
# Who follows nothing and says nothing for so long has forgotten the socket.
IDLE_SECONDS: Final = 600.0
# Who has read nothing for so long, while something waits, will not.
STUCK_SECONDS: Final = 30.0
# What a client that is closed gets to read what was sent before.
LAST_WORDS_SECONDS: Final = 0.2
# Frames that a client may send between two looks.
MOST_FRAMES_PER_LOOK: Final = 200

# What a key needs for each type of frame.
SCOPES: Final[Mapping[str, Scope]] = {
    "subscribe": Scope.READ,
    "unsubscribe": Scope.READ,
    "say": Scope.CALLS,
    "note": Scope.CALLS,
    "hangup": Scope.CALLS,
    "dtmf": Scope.CALLS,
    "listen": Scope.ADMIN,
    "unlisten": Scope.ADMIN,
    "webhook.answered": Scope.ADMIN,
    "sample": Scope.ADMIN,
}
# What each type of frame takes beside its type.
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "auth": frozenset({"api_key"}),
    "subscribe": frozenset({"call_id", "after"}),
    "unsubscribe": frozenset({"call_id"}),
    "say": frozenset({"call_id", "text"}),
    "note": frozenset({"call_id", "text"}),
    "hangup": frozenset({"call_id"}),
    "dtmf": frozenset({"call_id", "digits"}),
    "listen": frozenset({"events", "session"}),
    "unlisten": frozenset(),
    "webhook.answered": frozenset({"id", "status", "ms"}),
    "sample": frozenset({"event"}),
}


class UnknownCall(errors.NotFound):
    """There is no such call in this account."""


class TooManySockets(errors.TooMany):
    """The account has as many sockets open as it may."""


class FeedConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One customer's socket. Its database work is done by the process's few threads."""

    async def connect(self) -> None:
        self.key: ApiKey | Visitor | None = None
        self.name: str = self.channel_name
        self.following = Following()
        self.forwarding = Forwarding(self, channel=self.channel_name)
        self._frames = 0
        self._opened_at = self._heard_at = asyncio.get_running_loop().time()
        self._is_closing = False
        # The log has more, for which there was no room.
        self._is_behind = False
        self._ending: asyncio.Task[None] | None = None
        await self.accept()
        self._outgoing = Outgoing(self.send, refill=self._refill, transport=transport_of(self.base_send))
        rounds().join(self)

    async def disconnect(self, code: int) -> None:
        self._is_closing = True
        rounds().leave(self)
        self._outgoing.drop()
        if self._ending is not None:
            self._ending.cancel()
        groups = [events.call_group(call_id) for call_id in self.following.chosen]
        if self.key is not None:
            groups += [events.account_group(self.key.account_id), webhooks.listeners_group(self.key.account_id)]
            await jobs().run(sockets.leave, account_id=self.key.account_id, name=self.name)
        for group in groups:
            try:
                await self.channel_layer.group_discard(group, self.channel_name)
            except (RedisError, OSError):
                logger.warning("a group could not be left: the channel layer is away")

    async def dispatch(self, message: Mapping[str, Any]) -> None:
        # The base looks after the database connections of a thread first, by a thread for each message. Ours are the jobs'.
        await getattr(self, get_handler_name(message))(message)

    # --- From the client ---

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._is_closing:
            return
        self._frames += 1
        self._heard_at = asyncio.get_running_loop().time()
        if self._frames > MOST_FRAMES_PER_LOOK or is_too_long(text_data or bytes_data or ""):
            self._end(ABUSE)
            return
        try:
            frame = parse(text_data)
            async with turns().of(self.key.account_id if self.key is not None else STRANGERS):
                await self._heed(frame)
        except errors.ServiceError as error:
            self.put({"type": "error", **envelope.body_of(error)})
            if self.key is None:
                self._end(NOT_AUTHENTICATED)
        except (DatabaseError, InterfaceError, RedisError, OSError):
            logger.warning("a frame met a store that is away", exc_info=True)
            self.put(
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
            "listen": lambda frame: self.forwarding.listen(self._account_id(), frame),
            "unlisten": lambda frame: self.forwarding.unlisten(),
            "webhook.answered": self.forwarding.note_answer,
            "sample": lambda frame: self.forwarding.sample(self._account_id(), frame),
        }
        if not isinstance(kind, str) or kind not in handlers:
            raise BadFrame(f"'type' must be one of {', '.join(handlers)}.", param="type")
        # A typo is never ignored: without its call a subscription would be to all of them.
        for name in frame:
            if name != "type" and name not in FIELDS[kind]:
                raise BadFrame(f"'{name}': There is no such field.", param=name)
        self._require(kind)
        await handlers[kind](frame)

    def _require(self, kind: str) -> None:
        """Raise PermissionDenied where whoever is here may not send this."""
        if isinstance(self.key, ApiKey) and kind in SCOPES:
            authentication.require_scope(self.key, SCOPES[kind])

    async def _authenticate(self, frame: Mapping[str, Any]) -> None:
        text = frame.get("api_key")
        if self.key is not None:
            raise BadFrame("This socket is authenticated already.", param="type")
        if not isinstance(text, str):
            raise errors.NotAuthenticated("'api_key' must be your API key.", param="api_key")

        key = await jobs().run(authentication.authenticate_key, text, timezone.now())
        if not await jobs().run(sockets.enter, account_id=key.account_id, name=self.name):
            self.put({"type": "error", **envelope.body_of(TooManySockets("This account has too many sockets open."))})
            self._end(ABUSE)
            return
        self.key = key
        self.put({"type": "authenticated"})

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
        most = settings.FEED_CALLS_PER_SOCKET
        if len(self.following.chosen | {call_id}) > most:
            raise BadFrame(f"A socket follows at most {most} calls that it names.", param="call_id")

        # Join before reading, or an event in between would be lost.
        await self.channel_layer.group_add(events.call_group(call_id), self.channel_name)
        self.following.choose(call_id, after=after)
        self.put({"type": "subscribed", "call_id": call_id})
        await self.read_log()

    async def _subscribe_to_account(self) -> None:
        account_id, since = self._account_id(), timezone.now()
        await self.channel_layer.group_add(events.account_group(account_id), self.channel_name)
        if not self.following.has_account():
            self.following.follow_account(await jobs().run(find_beginning, account_id=account_id, since=since))
        self.put({"type": "subscribed", "call_id": None})
        await self.read_log()

    async def _unsubscribe(self, frame: Mapping[str, Any]) -> None:
        call_id = None if frame.get("call_id") is None else text_in(frame, "call_id")
        if call_id is None:
            self.following.drop_account()
            await self.channel_layer.group_discard(events.account_group(self._account_id()), self.channel_name)
        elif call_id in self.following.chosen:
            self.following.drop(call_id)
            await self.channel_layer.group_discard(events.call_group(call_id), self.channel_name)
        self.put({"type": "unsubscribed", "call_id": call_id})

    async def _say(self, frame: Mapping[str, Any]) -> None:
        await self._control(control.say, frame, text=text_in(frame, "text"))

    async def _note(self, frame: Mapping[str, Any]) -> None:
        await self._control(control.note, frame, text=text_in(frame, "text"))

    async def _hang_up(self, frame: Mapping[str, Any]) -> None:
        await self._control(control.hang_up_call, frame, by=EndedBy.API)

    async def _send_digits(self, frame: Mapping[str, Any]) -> None:
        await self._control(control.send_digits, frame, digits=text_in(frame, "digits"))

    async def _control(self, service: Callable[..., object], frame: Mapping[str, Any], **kwargs: str) -> None:
        call = await self._call(frame)
        await jobs().run(service, call=call, at=timezone.now(), **kwargs)

    async def _call(self, frame: Mapping[str, Any]) -> Call:
        """The call that a frame names. Raises BadFrame and UnknownCall."""
        return await jobs().run(_find_call, self._account_id(), text_in(frame, "call_id"))

    # --- From the channel layer and the log ---

    async def feed_message(self, woken: Mapping[str, Any]) -> None:
        """An event or an interim transcript, as `calls.events` announces it."""
        message = woken["message"]
        call_id, seq = message["call_id"], message.get("seq")
        if seq is None:
            if self.following.is_followed(call_id):
                self.put(message)
            return
        if self.following.due(call_id, seq) is Due.READ_LOG:
            try:
                await self.read_log()
            except (DatabaseError, InterfaceError):
                logger.warning("the log could not be read: the next round will", exc_info=True)
                return
            # An old call, of which only this wake-up tells.
            if self._outgoing.has_room():
                self.following.begin({call_id: seq - 1})
        self._forward(message)

    async def read_log(self) -> None:
        """Send what the log has beyond what was sent, as long as there is room: what is left follows when there is."""
        following = self.following
        while not self._is_closing:
            self._is_behind = not self._outgoing.has_room()
            if self._is_behind:
                return
            sent = dict(following.sent)
            missed = await jobs().run(
                find_missed,
                account_id=self._account_id(),
                chosen=tuple(following.chosen),
                sent=sent,
                account_after=following.account_after,
            )
            following.begin(missed.begin_after)
            for event in missed.events:
                if not self._outgoing.has_room():
                    self._is_behind = True
                    return
                self._forward(events.to_message(event))
            if len(missed.events) < MOST_EVENTS or following.sent == sent:
                return

    async def webhooks_waiting(self, woken: Mapping[str, Any]) -> None:
        """Something waits for the account's listeners, as `webhooks` announces it."""
        await self.forwarding.forward()

    async def _refill(self) -> None:
        """All that waited was sent."""
        if self.forwarding.is_behind:
            await self.forwarding.forward()
        if self._is_behind:
            try:
                await self.read_log()
            except (DatabaseError, InterfaceError):
                logger.warning("the log could not be read: the next round will", exc_info=True)

    def _forward(self, message: Mapping[str, Any]) -> None:
        """Send an event, unless it was sent before."""
        call_id, seq = message["call_id"], message["seq"]
        if self.following.due(call_id, seq) is Due.SEND:
            self.following.note(call_id, seq)
            self.put(message)

    # --- From the rounds ---

    def look(self, now: float) -> None:
        """Time has passed."""
        self._frames = 0
        if self.key is None:
            if now - self._opened_at >= AUTHENTICATE_SECONDS:
                self._end(NO_AUTHENTICATION_IN_TIME)
        elif self._outgoing.stuck_for() >= STUCK_SECONDS:
            self._end(SLOW_READER)
        elif not self.following.is_any() and not self.forwarding.is_on and now - self._heard_at >= IDLE_SECONDS:
            self._end(IDLE)

    def lose_key(self) -> None:
        """The key was revoked, or its time has come."""
        self._end(NOT_AUTHENTICATED)

    # --- To the client ---

    def put(self, message: Mapping[str, Any]) -> None:
        """Send this, after what waits already."""
        if not self._is_closing and not self._outgoing.put(message):
            self._end(SLOW_READER)

    def has_room(self) -> bool:
        """Whether more may be read for the client."""
        return not self._is_closing and self._outgoing.has_room()

    def end_as_slow(self) -> None:
        """The client is too far behind."""
        self._end(SLOW_READER)

    def _end(self, code: int) -> None:
        """Close, when what was put before has been sent; a client that does not read is not waited for."""
        if not self._is_closing:
            self._is_closing = True
            self._ending = asyncio.create_task(self._close(code))

    async def _close(self, code: int) -> None:
        await self._outgoing.finish(within=0 if code == SLOW_READER else LAST_WORDS_SECONDS)
        await self.close(code=code)

    def _account_id(self) -> int:
        if self.key is None:
            raise errors.NotAuthenticated('Send your API key first: {"type": "auth", "api_key": "..."}.')
        return self.key.account_id


def _find_call(account_id: int, call_id: str) -> Call:
    call: Call | None = Call.objects.for_account(account_id).filter(public_id=call_id).first()
    if call is None:
        raise UnknownCall("There is no such call.", param="call_id")
    return call
