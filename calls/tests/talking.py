"""A scripted browser at a real consumer, and a scripted worker on the real bus."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.utils import timezone

from calls import bus
from calls.models import Leg
from calls.routing import websockets
from calls.services import lifecycle

PATIENCE = 10
FRAME = (1000).to_bytes(2, "little", signed=True) * 320
SPEECH = (2000).to_bytes(2, "little", signed=True) * 320


class FakeBrowser:
    """One page's socket: what comes is sorted into sound and messages as it is waited for."""

    def __init__(self, url: str, *, origin: str | None = None) -> None:
        headers = [(b"host", b"testserver")] + ([(b"origin", origin.encode())] if origin else [])
        self._socket = WebsocketCommunicator(websockets, url, headers=headers)
        self.frames: list[bytes] = []
        self.messages: list[dict[str, Any]] = []
        # Frames of speech that had come when the last flush did.
        self.spoken_before_flush = 0
        self._spoken = 0

    async def open(self) -> bool:
        is_open, _ = await self._socket.connect(timeout=PATIENCE)
        return is_open

    async def send(self, **message: Any) -> None:
        await self._socket.send_to(text_data=json.dumps(message))

    async def speak(self, frame: bytes = FRAME) -> None:
        await self._socket.send_to(bytes_data=frame)

    async def message(self, kind: str) -> dict[str, Any]:
        """The next message of this type."""
        while True:
            for message in self.messages:
                if message["type"] == kind:
                    self.messages.remove(message)
                    return message
            await self._take()

    async def sound(self, holds: Callable[[bytes], bool]) -> bytes:
        """The next frame like that."""
        while True:
            while self.frames:
                if holds(frame := self.frames.pop(0)):
                    return frame
            await self._take()

    async def close_code(self) -> int:
        while True:
            output = await self._socket.receive_output(timeout=PATIENCE)
            if output["type"] == "websocket.close":
                return output.get("code", 1000)
            self._sort(output)

    async def leave(self) -> None:
        await self._socket.disconnect(timeout=PATIENCE)

    async def _take(self) -> None:
        output = await self._socket.receive_output(timeout=PATIENCE)
        assert output["type"] == "websocket.send", output
        self._sort(output)

    def _sort(self, output: dict[str, Any]) -> None:
        if output.get("bytes") is not None:
            self.frames.append(output["bytes"])
            self._spoken += output["bytes"] == SPEECH
        else:
            self.messages.append(json.loads(output["text"]))
            if self.messages[-1]["type"] == "flush":
                self.spoken_before_flush = self._spoken


class FakeWorker:
    """A calls worker that says what the test says."""

    def __init__(self, wire: bus.Bus, call_id: str) -> None:
        self.wire = wire
        self.call_id = call_id
        self.token = 0
        self.heard: list[bus.Item] = []
        self._changed = asyncio.Event()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._beat())]

    async def dial(self) -> None:
        await self.wire.subscribed.wait()
        claim = await in_database(lifecycle.claim_call, call_id=self.call_id, worker=self.wire.name, at=timezone.now())
        self.token = claim.token
        self.holder = await in_database(Leg.objects.values_list("holder", flat=True).get, call__public_id=self.call_id)
        await self.send(bus.Dial(self.call_id, self.token))

    async def send(self, item: bus.Item) -> None:
        self.wire.send(self.holder, item)
        await self.wire.flush()

    async def hear(self, holds: Callable[[bus.Item], bool]) -> Any:
        async with asyncio.timeout(PATIENCE):
            while True:
                for item in self.heard:
                    if holds(item):
                        return item
                self._changed.clear()
                await self._changed.wait()

    async def _listen(self) -> None:
        async for _, items in self.wire.receive():
            self.heard += items
            self._changed.set()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(0.25)
            if self.token:
                await self.send(bus.Beat(self.call_id, self.token, 0))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.wire.close()


async def in_database(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return await sync_to_async(function)(*args, **kwargs)


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(PATIENCE * 50):
        if await in_database(holds):
            return
        await asyncio.sleep(0.02)
    pytest.fail("it never held")
