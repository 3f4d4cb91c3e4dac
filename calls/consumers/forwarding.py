"""`listen` on the feed: a socket that hears the account's webhooks, signed, for a program that passes them on.

What waits stands in PostgreSQL; messages of the channel layer only wake, and every round looks again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final, Protocol

from channels.layers import get_channel_layer
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from accounts.models import Account
from calls.consumers.frames import BadFrame, text_in
from calls.consumers.rounds import jobs
from vaniagent.lib.api import envelope
from webhooks import services as webhooks
from webhooks.models import Listener

logger = logging.getLogger(__name__)

# A body has up to 100,000 bytes: so many at a time fit between what a queue has room for and what it holds.
AT_ONCE: Final = 4
# Who has so many to answer passes nothing on.
MOST_UNANSWERED: Final = 2_000
LONGEST_ID: Final = 60
LONGEST_MS: Final = 3_600_000


class Feed(Protocol):
    """The socket that it happens on."""

    name: str

    def put(self, message: Mapping[str, Any]) -> None:
        """Send this."""

    def has_room(self) -> bool:
        """Whether more may be read for the client."""

    def end_as_slow(self) -> None:
        """The client is too far behind."""


class Forwarding:
    """One socket's listener, if it has one."""

    def __init__(self, feed: Feed, *, channel: str) -> None:
        self._feed = feed
        self._channel = channel
        self._listener: Listener | None = None
        self._unanswered: set[str] = set()
        self._turn = asyncio.Lock()
        self.is_behind = False

    @property
    def is_on(self) -> bool:
        return self._listener is not None

    async def listen(self, account_id: int, frame: Mapping[str, Any]) -> None:
        """Begin, or go on with a session that another socket began."""
        if self._listener is not None:
            raise BadFrame("This socket listens already.", param="type")
        # Join before anything can wait, or its announcement would be lost.
        await get_channel_layer().group_add(webhooks.listeners_group(account_id), self._channel)
        self._listener = listener = await jobs().run(_begin, account_id, self._feed.name, frame)
        told = {"session": listener.public_id, "secret": listener.secret, "events": listener.events}
        self._feed.put({"type": "listening", **told})
        await self.forward()

    async def unlisten(self) -> None:
        """End the session: what waits for it is forgotten."""
        if self._listener is not None:
            listener, self._listener = self._listener, None
            self._unanswered.clear()
            await jobs().run(webhooks.stop_listening, listener=listener)
        self._feed.put({"type": "unlistened"})

    async def note_answer(self, frame: Mapping[str, Any]) -> None:
        """The program that a webhook was passed on to has answered, or has not."""
        webhook_id = text_in(frame, "id")
        status, ms = frame.get("status"), frame.get("ms")
        if not (status is None or _is_number(status, 100, 599)):
            raise BadFrame("'status' must be an HTTP status, or null where no answer came.", param="status")
        if not _is_number(ms, 0, LONGEST_MS):
            raise BadFrame("'ms' must be a whole number of milliseconds.", param="ms")
        if self._listener is None:
            raise BadFrame("This socket does not listen.", param="type")

        self._unanswered.discard(webhook_id)
        await jobs().run(webhooks.end_forward, listener=self._listener, public_id=webhook_id[:LONGEST_ID])

    async def sample(self, account_id: int, frame: Mapping[str, Any]) -> None:
        """Have the account's listeners told of a made-up event."""
        event, listeners = await jobs().run(_send_sample, account_id, text_in(frame, "event"))
        self._feed.put({"type": "sampled", "id": event.public_id, "event": event.type, "listeners": listeners})

    async def forward(self) -> None:
        """Send what waits, as long as there is room: what is left follows when there is."""
        async with self._turn:
            while self._listener is not None:
                self.is_behind = not self._feed.has_room()
                if self.is_behind:
                    return
                try:
                    taken = await jobs().run(
                        webhooks.take_waiting, listener=self._listener, limit=AT_ONCE, at=timezone.now()
                    )
                except webhooks.NoSuchListener as error:
                    if self.is_on:
                        self._listener = None
                        self._feed.put({"type": "error", **envelope.body_of(error)})
                    return
                except (DatabaseError, InterfaceError):
                    logger.warning("webhooks could not be read for a listener: the next round will", exc_info=True)
                    return
                for each in taken:
                    self._unanswered.add(each.id)
                    told = {"id": each.id, "event": each.event, "headers": dict(each.headers), "body": each.body}
                    self._feed.put({"type": "webhook", **told})
                if len(self._unanswered) >= MOST_UNANSWERED:
                    await self._give_up()
                    return
                if len(taken) < AT_ONCE:
                    return

    async def _give_up(self) -> None:
        if self._listener is not None:
            listener, self._listener = self._listener, None
            await jobs().run(webhooks.stop_listening, listener=listener)
        self._feed.end_as_slow()


def _begin(account_id: int, socket: str, frame: Mapping[str, Any]) -> Listener:
    now = timezone.now()
    if frame.get("session") is None:
        return webhooks.begin_listening(account_id=account_id, events=_names(frame), socket=socket, at=now)
    if "events" in frame:
        raise BadFrame("A session that goes on has its events.", param="events")
    session = text_in(frame, "session")
    return webhooks.resume_listening(account_id=account_id, public_id=session, socket=socket, at=now)


def _send_sample(account_id: int, event_type: str) -> tuple[Any, int]:
    account = Account.objects.get(pk=account_id)
    return webhooks.send_sample(account=account, event_type=event_type, at=timezone.now())


def _names(frame: Mapping[str, Any]) -> list[str] | None:
    names = frame.get("events")
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadFrame("'events' must be a list of names of events.", param="events")
    return names


def _is_number(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
