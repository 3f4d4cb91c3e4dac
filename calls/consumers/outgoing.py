"""What waits to be sent to one client of the feed: bounded, and sent no faster than the client reads.

Daphne's `send` returns at once, and what the client does not read would pile up in the transport below it. Twisted tells a
registered producer when that buffer is full and when it is empty again: sending waits in between, and so the bound of
the queue here is the bound of all.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

MOST_FRAMES: Final = 2_000
MOST_BYTES: Final = 1024 * 1024
# A page of the log is read for a client only while so many frames wait for it.
ROOM_BELOW: Final = 500


class Gate:
    """Open while the transport has room. Twisted's push producer: these method names are its own."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._is_open = asyncio.Event()
        self._is_open.set()
        self.shut_at: float | None = None
        if transport is not None:
            # The HTTP channel that the socket was upgraded from is still registered, and of no use.
            transport.unregisterProducer()
            transport.registerProducer(self, True)

    async def wait(self) -> None:
        await self._is_open.wait()

    def leave(self) -> None:
        """A transport does not close before its producer has left."""
        if self._transport is not None and self._transport.producer is self:
            self._transport.unregisterProducer()
        self.resumeProducing()

    def pauseProducing(self) -> None:
        if self._is_open.is_set():
            self._is_open.clear()
            self.shut_at = time.monotonic()

    def resumeProducing(self) -> None:
        self.shut_at = None
        self._is_open.set()
        if self._transport is not None and self._transport.disconnecting and self._transport.producer is self:
            self._transport.unregisterProducer()

    def stopProducing(self) -> None:
        self.shut_at = None
        self._is_open.set()


class Outgoing:
    """The queue of one socket, and the task that empties it."""

    def __init__(
        self, send: Callable[[str], Awaitable[None]], *, refill: Callable[[], Awaitable[None]], transport: Any
    ) -> None:
        self._send = send
        # Awaited when all is sent: what was held back for lack of room may come.
        self._refill = refill
        self._gate = Gate(transport)
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._bytes = 0
        self._task = asyncio.create_task(self._send_all())

    def put(self, message: Mapping[str, Any]) -> bool:
        """Queue a message. False where the client is too far behind."""
        text = json.dumps(message, ensure_ascii=False)
        if self._waiting.qsize() >= MOST_FRAMES or self._bytes + len(text) > MOST_BYTES:
            return False
        self._bytes += len(text)
        self._waiting.put_nowait(text)
        return True

    def has_room(self) -> bool:
        """Whether more may be read from the log for this client."""
        return self._waiting.qsize() < ROOM_BELOW and self._bytes < MOST_BYTES // 2

    def stuck_for(self) -> float:
        """Seconds since the client last read anything, where something waits for it; else 0."""
        return 0.0 if self._gate.shut_at is None else time.monotonic() - self._gate.shut_at

    async def finish(self, *, within: float) -> None:
        """Send what waits, as far as the client takes it in time, and send no more."""
        if within > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(within):
                    await self._waiting.join()
        self.drop()

    def drop(self) -> None:
        """Send no more; what waits is forgotten."""
        self._task.cancel()
        self._gate.leave()
        self._waiting = asyncio.Queue()
        self._bytes = 0

    async def _send_all(self) -> None:
        while True:
            text = await self._waiting.get()
            await self._gate.wait()
            await self._send(text)
            self._bytes -= len(text)
            self._waiting.task_done()
            if self._waiting.empty():
                await self._refill()


def transport_of(send: Any) -> Any:
    """The Twisted transport behind the `send` that daphne gives an application; None under anything else."""
    # daphne: functools.partial(server.handle_reply, protocol)
    protocol = next(iter(getattr(send, "args", ())), None)
    transport = getattr(protocol, "transport", None)
    return transport if hasattr(transport, "registerProducer") and hasattr(transport, "producer") else None
