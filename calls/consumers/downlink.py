"""What goes to one browser: sound in its time, messages in order, and nothing in heaps for one that does not read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from calls.consumers.outgoing import Gate

# Frames that may wait for a browser: two seconds. What does not fit is dropped; late sound is worth nothing.
MOST_FRAMES: Final = 100
# Messages that may wait. A browser that leaves so many unread is gone.
MOST_MESSAGES: Final = 500


class Downlink:
    """A Peer of `telephony.browser`."""

    def __init__(self, send: Callable[..., Awaitable[None]], *, transport: Any) -> None:
        self._send = send
        self._gate = Gate(transport)
        self._waiting: asyncio.Queue[bytes | str] = asyncio.Queue()
        self._frames = 0
        self._messages = 0
        self._task = asyncio.create_task(self._send_all())

    def play(self, frame: bytes) -> bool:
        if self._frames >= MOST_FRAMES:
            return False
        self._frames += 1
        self._waiting.put_nowait(frame)
        return True

    def tell(self, message: Mapping[str, object]) -> None:
        if self._messages < MOST_MESSAGES:
            self._messages += 1
            self._waiting.put_nowait(json.dumps(message, ensure_ascii=False))

    async def finish(self, *, within: float) -> None:
        """Send what waits, as far as the browser takes it in time, and no more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._waiting.join()
        self.drop()

    def drop(self) -> None:
        """Send no more."""
        self._task.cancel()
        self._gate.leave()

    async def _send_all(self) -> None:
        while True:
            item = await self._waiting.get()
            await self._gate.wait()
            if isinstance(item, bytes):
                self._frames -= 1
                await self._send(bytes_data=item)
            else:
                self._messages -= 1
                await self._send(text_data=item)
            self._waiting.task_done()
