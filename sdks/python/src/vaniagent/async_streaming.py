"""A call followed live, for asyncio."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, AsyncIterator, Optional, Type

from vaniagent import feed
from vaniagent.errors import APIConnectionError
from vaniagent.models.call import Call
from vaniagent.models.feed import FeedEvent

if TYPE_CHECKING:
    from vaniagent.async_client import AsyncVaniAgent

__all__ = ["AsyncCallStream"]


class AsyncCallStream:
    """The events of a call, and words into it: as `CallStream`, with `async for` and `await`."""

    def __init__(self, client: AsyncVaniAgent, call_id: str, *, after: int = 0) -> None:
        self._client = client
        self._position = feed.Position(call_id, after=after, max_retries=client.settings.max_retries)
        # The types of websockets' connections differ between its versions.
        self._socket: Any = None
        self._connecting: Optional[asyncio.Lock] = None
        self._closed = False

    @property
    def call_id(self) -> str:
        return self._position.call_id

    @property
    def last_seq(self) -> int:
        """The last event told; `stream(call_id, after=last_seq)` goes on from there."""
        return self._position.seq

    async def __aenter__(self) -> AsyncCallStream:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[FeedEvent]:
        return self

    async def __anext__(self) -> FeedEvent:
        """The next event. Raises the typed error of a frame that was refused; iterating can go on after it."""
        while not self._is_over():
            try:
                socket = await self._connected()
                event = self._position.heard(feed.text(await socket.recv()))
            except feed.broken() as fault:
                await self._drop()
                if not self._is_over():
                    await asyncio.sleep(self._position.broke(fault))
            else:
                if event is not None:
                    return event
        await self.close()
        raise StopAsyncIteration

    async def say(self, text: str) -> None:
        """Have the agent say this now."""
        await self._send({"type": "say", "call_id": self.call_id, "text": text})

    async def note(self, text: str) -> None:
        """Tell the agent something to heed from its next turn on."""
        await self._send({"type": "note", "call_id": self.call_id, "text": text})

    async def dtmf(self, digits: str) -> None:
        """Press keys: 1 to 32 of `0`-`9`, `A`-`D`, `*`, `#`."""
        await self._send({"type": "dtmf", "call_id": self.call_id, "digits": digits})

    async def hangup(self) -> Call:
        """End the call."""
        return await self._client.plain.calls.hangup(self.call_id)

    async def close(self) -> None:
        """Stop following. The call goes on."""
        self._closed = True
        await self._drop()

    async def _send(self, frame: Any) -> None:
        """Once: whether a frame arrived that broke off is not known, and saying it again would be heard twice."""
        try:
            socket = await self._connected()
            await socket.send(feed.dumped(frame))
        except feed.broken() as fault:
            raise APIConnectionError(f"It may not have been sent: {type(fault).__name__}") from fault

    def _is_over(self) -> bool:
        return self._closed or self._position.has_ended

    async def _connected(self) -> Any:
        if self._connecting is None:
            self._connecting = asyncio.Lock()
        async with self._connecting:
            if self._closed:
                raise ConnectionError("The stream is closed")
            if self._socket is None:
                self._socket = await self._connect()
            return self._socket

    async def _connect(self) -> Any:
        import websockets

        # It pings by itself, and breaks off where no answer comes.
        connect: Any = websockets.connect
        socket = await connect(self._client.settings.feed_url, **feed.options(self._client.feed_options))
        for frame in self._position.greeting(self._client.settings.api_key):
            await socket.send(frame)
        return socket

    async def _drop(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            with suppress(*feed.broken()):
                await socket.close()
