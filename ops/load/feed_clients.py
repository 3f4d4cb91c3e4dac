"""Clients of a live feed: many sockets in one process, which note how old each event is when it comes.

An event's text is when it was recorded, by the machine's monotonic clock.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect

from ops.load.child import serve

T = TypeVar("T")
# Handshakes at once: a server's backlog is not what is measured.
AT_ONCE = 25


class Clients:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._sockets: list[ClientConnection] = []
        self._readers: list[asyncio.Task[None]] = []
        self._delays: list[float] = []
        self.broken = 0

    def open(self, sockets: list[list[Any]]) -> int:
        """Open them, each `[url, frames to send, answers to await]`. How many are open."""
        return self._do(self._open_all(sockets))

    def begin(self) -> int:
        """Forget what came."""
        self._delays.clear()
        self.broken = 0
        return len(self._sockets)

    def count(self) -> int:
        return len(self._delays)

    def report(self) -> dict[str, Any]:
        """Ages in milliseconds, and how many events came out of turn or sockets were closed."""
        return {"delays": [delay * 1000 for delay in self._delays], "broken": self.broken}

    def close(self) -> int:
        self._do(self._close_all())
        return 0

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open_all(self, sockets: list[list[Any]]) -> int:
        gate = asyncio.Semaphore(AT_ONCE)

        async def open_one(url: str, frames: list[dict[str, Any]], answers: int) -> None:
            async with gate:
                # A client that may be a thousand: no compression of frames of 200 bytes.
                socket = await connect(url, compression=None, open_timeout=60, max_queue=None)
                for frame in frames:
                    await socket.send(json.dumps(frame))
                for _ in range(answers):
                    await socket.recv()
            self._sockets.append(socket)
            self._readers.append(asyncio.create_task(self._read(socket)))

        async with asyncio.TaskGroup() as group:
            for url, frames, answers in sockets:
                group.create_task(open_one(url, frames, answers))
        return len(self._sockets)

    async def _read(self, socket: ClientConnection) -> None:
        last: int | None = None
        async for frame in socket:
            now = time.monotonic()
            message = json.loads(frame)
            self._delays.append(now - float(message["text"]))
            self.broken += last is not None and message["seq"] != last + 1
            last = message["seq"]
        self.broken += 1

    async def _close_all(self) -> None:
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*(socket.close() for socket in self._sockets))
        self._sockets.clear()
        self._readers.clear()


if __name__ == "__main__":
    clients = Clients()
    serve(
        {
            "open": clients.open,
            "begin": clients.begin,
            "count": clients.count,
            "report": clients.report,
            "close": clients.close,
        }
    )
