"""This web process's place on the bus for sockets of carriers: between each of them and the gateway that has its leg."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from django.conf import settings

from calls import bus
from calls.audio.framing import FRAME_SECONDS

logger = logging.getLogger(__name__)

READY_SECONDS: Final = 5.0
# A gateway that has not heard a thing for so long is gone; without one nobody speaks.
GONE_SECONDS: Final = 3.0


class Socket(Protocol):
    """One socket. All return at once."""

    @property
    def key(self) -> str: ...

    @property
    def stream(self) -> str: ...

    @property
    def holder(self) -> str: ...

    def obey(self, item: bus.ToCarrier) -> None: ...

    def lose_holder(self) -> None:
        """Nobody has its leg any more."""


class CarrierSockets:
    """Lives on one event loop, for as long as it runs."""

    def __init__(self) -> None:
        self._bus = bus.Bus(url=settings.REDIS_URL, name=bus.process_name("sockets"), prefix=settings.BUS_PREFIX)
        self._open: dict[tuple[str, str], Socket] = {}
        self._unheard_since: dict[str, float] = {}
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

    def open(self, socket: Socket) -> None:
        self._open[socket.key, socket.stream] = socket
        self.send(socket, "open")
        self._wanted.set()

    def close(self, socket: Socket) -> None:
        """The socket is gone. Its last word is sent."""
        if self._open.pop((socket.key, socket.stream), None) is not None:
            self.send(socket, "closed")

    def send(self, socket: Socket, what: str, data: bytes = b"") -> None:
        """To the leg's gateway."""
        self._bus.send(socket.holder, bus.FromCarrier(socket.key, 0, socket.stream, what, data))

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._bus.close()

    async def _receive(self) -> None:
        async for _, items in self._bus.receive():
            for item in items:
                if isinstance(item, bus.ToCarrier) and (socket := self._open.get((item.call, item.stream))):
                    socket.obey(item)

    async def _keep_time(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wanted.wait()
            if not self._open:
                self._wanted.clear()
            try:
                heard = await self._bus.flush()
            except bus.BusAway:
                # Nobody is to blame; what waits is kept as far as there is room.
                self._unheard_since.clear()
            else:
                self._judge(heard, loop.time())
            await asyncio.sleep(FRAME_SECONDS)

    def _judge(self, heard: dict[str, int], now: float) -> None:
        for holder, receivers in heard.items():
            if receivers:
                self._unheard_since.pop(holder, None)
            elif now - self._unheard_since.setdefault(holder, now) >= GONE_SECONDS:
                del self._unheard_since[holder]
                self._bus.forget(holder)
                for socket in [socket for socket in self._open.values() if socket.holder == holder]:
                    socket.lose_holder()


def carrier_sockets() -> CarrierSockets:
    """Those of the running loop; begun anew where they broke."""
    loop = asyncio.get_running_loop()
    found = _BY_LOOP.get(loop)
    if found is None or found.is_over:
        found = _BY_LOOP[loop] = CarrierSockets()
    return found


_BY_LOOP: WeakKeyDictionary[asyncio.AbstractEventLoop, CarrierSockets] = WeakKeyDictionary()
