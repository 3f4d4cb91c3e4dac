"""This web process's place on the bus for those who listen in: one copy of a call's sound for all of them.

Apart from the legs that the process may hold: a listener is no worker, and nobody judges it by what it hears.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Final, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from django.conf import settings

from calls import bus
from calls.audio.framing import FRAME_SECONDS, frame_bytes

logger = logging.getLogger(__name__)

READY_SECONDS: Final = 5.0
# A holder forgets who has not said for three seconds that it still listens.
RENEW_TICKS: Final = 50
# One side may be so many frames ahead of the other; more are dropped.
MOST_APART: Final = 25


class Ear(Protocol):
    """One socket. All return at once."""

    @property
    def call_id(self) -> str: ...

    @property
    def holder(self) -> str:
        """The bus address of the call's leg; empty while nobody holds it."""

    def hear(self, item: bus.Overheard) -> None: ...

    def operating(self, item: bus.Operating) -> None: ...


class Pairing:
    """Puts the two sides of a call together: frames of two channels, the caller left, the agent right."""

    def __init__(self, rate: int) -> None:
        self._size = frame_bytes(rate)
        self._caller = bytearray()
        self._agent = bytearray()

    def push(self, caller: bytes, agent: bytes) -> Iterator[bytes]:
        self._caller += caller
        self._agent += agent
        while min(len(self._caller), len(self._agent)) >= self._size:
            sides = [np.frombuffer(bytes(side[: self._size]), dtype="<i2") for side in (self._caller, self._agent)]
            del self._caller[: self._size], self._agent[: self._size]
            yield np.stack(sides, axis=1).tobytes()
        for side in (self._caller, self._agent):
            del side[: max(0, len(side) - MOST_APART * self._size)]


class Ears:
    """Lives on one event loop, for as long as it runs."""

    def __init__(self) -> None:
        self._bus = bus.Bus(url=settings.REDIS_URL, name=bus.process_name("ears"), prefix=settings.BUS_PREFIX)
        self._open: set[Ear] = set()
        self._wanted = asyncio.Event()
        self._tasks = [asyncio.create_task(self._receive()), asyncio.create_task(self._keep_time())]

    @property
    def is_over(self) -> bool:
        return any(task.done() for task in self._tasks)

    @property
    def has_room(self) -> bool:
        return len(self._open) < int(settings.MEDIA_MAX_SOCKETS)

    async def ready(self) -> None:
        """Wait until this process can be told anything. Raises TimeoutError."""
        async with asyncio.timeout(READY_SECONDS):
            await self._bus.subscribed.wait()

    def open(self, ear: Ear) -> None:
        self._open.add(ear)
        self.renew(ear)
        self._wanted.set()

    def renew(self, ear: Ear) -> None:
        """Have the call's sound copied here for a while."""
        if ear.holder:
            self._bus.send(ear.holder, bus.Listen(ear.call_id, 0, is_on=True))

    def close(self, ear: Ear) -> None:
        self._open.discard(ear)
        if ear.holder and not any(other.call_id == ear.call_id for other in self._open):
            self._bus.send(ear.holder, bus.Listen(ear.call_id, 0, is_on=False))

    def send(self, ear: Ear, item: bus.Item) -> None:
        """To the call's leg."""
        if ear.holder:
            self._bus.send(ear.holder, item)

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._bus.close()

    async def _receive(self) -> None:
        async for _, items in self._bus.receive():
            for item in items:
                for ear in [ear for ear in self._open if ear.call_id == item.call]:
                    if isinstance(item, bus.Overheard):
                        ear.hear(item)
                    elif isinstance(item, bus.Operating):
                        ear.operating(item)

    async def _keep_time(self) -> None:
        ticks = 0
        while True:
            await self._wanted.wait()
            if not self._open:
                self._wanted.clear()
            ticks += 1
            if ticks % RENEW_TICKS == 0:
                for ear in self._open:
                    self.renew(ear)
            try:
                heard = await self._bus.flush()
            except bus.BusAway:
                # Speech that waits is worth nothing.
                heard = dict.fromkeys((ear.holder for ear in self._open), 0)
            for receiver in [receiver for receiver, count in heard.items() if not count]:
                self._bus.forget(receiver)
            await asyncio.sleep(FRAME_SECONDS)


def ears() -> Ears:
    """Those of the running loop; begun anew where they broke."""
    loop = asyncio.get_running_loop()
    found = _BY_LOOP.get(loop)
    if found is None or found.is_over:
        found = _BY_LOOP[loop] = Ears()
    return found


_BY_LOOP: WeakKeyDictionary[asyncio.AbstractEventLoop, Ears] = WeakKeyDictionary()
