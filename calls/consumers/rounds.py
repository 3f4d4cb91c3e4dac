"""What is looked after for all sockets of a process at once: their keys, what the log has for them, their count.

One query a round, however many sockets there are.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final, Protocol
from weakref import WeakKeyDictionary, WeakValueDictionary

from django.db import DatabaseError, InterfaceError
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account, ApiKey
from accounts.visitors import Visitor, still_members
from calls.consumers import sockets
from calls.consumers.following import Following, Heads, find_heads
from calls.services.background import THREADS, Jobs
from webhooks import services as webhooks

logger = logging.getLogger(__name__)

# A revoked key closes its sockets within a second.
KEYS_EVERY_SECONDS: Final = 0.7
LOG_EVERY_SECONDS: Final = 2.0
# Of the threads that all accounts share.
JOBS_OF_ACCOUNT: Final = THREADS // 2
# All who have not said who they are share as one account does.
STRANGERS: Final = 0
COUNT_EVERY_SECONDS: Final = sockets.SECONDS_TO_LIVE / 3


class Socket(Protocol):
    """What a round knows of a socket."""

    name: str
    key: ApiKey | Visitor | None
    following: Following
    forwarding: Forwarding

    def look(self, now: float) -> None:
        """Time has passed."""

    def lose_key(self) -> None:
        """Its key is no longer valid."""

    async def read_log(self) -> None:
        """Send what the log has beyond what was sent."""


class Forwarding(Protocol):
    """What a round knows of what a socket listens to."""

    @property
    def is_on(self) -> bool:
        """Whether it listens."""

    async def forward(self) -> None:
        """Send what waits."""


class Rounds:
    """The sockets of one event loop. It works while there are any."""

    def __init__(self) -> None:
        self._sockets: set[Socket] = set()
        self._tasks: list[asyncio.Task[None]] = []

    def join(self, socket: Socket) -> None:
        self._sockets.add(socket)
        if not self._tasks:
            rounds = (self._look_after_keys(), self._look_after_log(), self._look_after_count())
            self._tasks = [asyncio.create_task(work) for work in rounds]

    def leave(self, socket: Socket) -> None:
        self._sockets.discard(socket)
        if not self._sockets:
            for task in self._tasks:
                task.cancel()
            self._tasks = []

    async def _look_after_keys(self) -> None:
        while True:
            await asyncio.sleep(KEYS_EVERY_SECONDS)
            now = asyncio.get_running_loop().time()
            for socket in list(self._sockets):
                socket.look(now)
            known = {key for _, key in self._authenticated()}
            if not known:
                continue
            try:
                valid = await own_jobs().run(_valid_keys, known, timezone.now())
            except (DatabaseError, InterfaceError):
                logger.warning("keys could not be checked: the next round will", exc_info=True)
                continue
            for socket, key in self._authenticated():
                if key in known - valid:
                    socket.lose_key()

    async def _look_after_log(self) -> None:
        while True:
            await asyncio.sleep(LOG_EVERY_SECONDS)
            await _forward([socket for socket, _ in self._authenticated() if socket.forwarding.is_on])
            followers = [(socket, key) for socket, key in self._authenticated() if socket.following.is_any()]
            if not followers:
                continue
            try:
                heads = await own_jobs().run(
                    find_heads,
                    call_ids=set().union(*(socket.following.chosen for socket, _ in followers)),
                    account_ids={key.account_id for socket, key in followers if socket.following.has_account()},
                )
                await _read_logs(followers, heads)
            except (DatabaseError, InterfaceError):
                logger.warning("the log could not be read: the next round will", exc_info=True)

    async def _look_after_count(self) -> None:
        while True:
            await asyncio.sleep(COUNT_EVERY_SECONDS)
            names: Mapping[int, list[str]] = defaultdict(list)
            for socket, key in self._authenticated():
                names[key.account_id].append(socket.name)
            for account_id, of_account in names.items():
                await jobs().run(sockets.stay, account_id=account_id, names=of_account)
            await _stay_listening([socket.name for socket, _ in self._authenticated() if socket.forwarding.is_on])

    def _authenticated(self) -> Iterator[tuple[Socket, ApiKey | Visitor]]:
        for socket in list(self._sockets):
            if socket.key is not None:
                yield socket, socket.key


async def _read_logs(followers: Iterable[tuple[Socket, ApiKey | Visitor]], heads: Heads) -> None:
    for socket, key in followers:
        if socket.following.is_behind(heads, account_id=key.account_id):
            await socket.read_log()


async def _forward(listening: list[Socket]) -> None:
    if not listening:
        return
    try:
        waiting = await jobs().run(webhooks.sockets_with_waiting, sockets=[socket.name for socket in listening])
    except (DatabaseError, InterfaceError):
        logger.warning("webhooks could not be read for listeners: the next round will", exc_info=True)
        return
    for socket in listening:
        if socket.name in waiting:
            await socket.forwarding.forward()


async def _stay_listening(names: list[str]) -> None:
    if not names:
        return
    try:
        await jobs().run(webhooks.stay_listening, sockets=names, at=timezone.now())
    except (DatabaseError, InterfaceError):
        logger.warning("listeners could not be kept: the next round will", exc_info=True)


def _valid_keys(known: set[ApiKey | Visitor], at: datetime) -> set[ApiKey | Visitor]:
    """Those who may listen on: keys of the API, and visitors of pages."""
    valid: set[ApiKey | Visitor] = set()
    if keys := {key.pk: key for key in known if isinstance(key, ApiKey)}:
        found = ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=at), pk__in=keys, revoked_at=None)
        active = found.filter(account__status=Account.Status.ACTIVE).values_list("pk", flat=True)
        valid.update(keys[pk] for pk in active)
    if visitors := {key for key in known if isinstance(key, Visitor)}:
        valid.update(still_members(visitors, at))
    return valid


def rounds() -> Rounds:
    """Those of the running loop."""
    return _BY_LOOP.setdefault(asyncio.get_running_loop(), Rounds())


@functools.cache
def jobs() -> Jobs:
    """The process's few threads for the feed's database work."""
    return Jobs()


@functools.cache
def own_jobs() -> Jobs:
    """The rounds' own thread: no flood of frames keeps a revoked key alive."""
    return Jobs(threads=1)


class Turns:
    """Each account's share of `jobs` for the frames of its sockets: what is more waits, and nobody else for it."""

    def __init__(self) -> None:
        self._by_account: WeakValueDictionary[int, asyncio.Semaphore] = WeakValueDictionary()

    def of(self, account_id: int) -> asyncio.Semaphore:
        """Held while a frame of the account's is heeded."""
        turn = self._by_account.get(account_id)
        if turn is None:
            turn = self._by_account[account_id] = asyncio.Semaphore(JOBS_OF_ACCOUNT)
        return turn


def turns() -> Turns:
    """Those of the running loop."""
    return _TURNS.setdefault(asyncio.get_running_loop(), Turns())


_BY_LOOP: WeakKeyDictionary[asyncio.AbstractEventLoop, Rounds] = WeakKeyDictionary()
_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()
