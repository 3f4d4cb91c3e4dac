"""A voice engine whose conversations are led by the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from calls.bus import Bus
from calls.voice.session import EventSink, Outcome, SessionSpec

PATIENCE = 10.0


class FakeConversation:
    """One call in the engine's hands: the test reports through `sink` and ends it with `end`."""

    def __init__(self, spec: SessionSpec, sink: EventSink) -> None:
        self.spec = spec
        self.sink = sink
        self.was_cancelled = False
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()


class FakeEngine:
    """Listens to the bus as the real one does, and talks to nobody."""

    def __init__(self, bus: Bus) -> None:
        self.loop = asyncio.get_running_loop()
        self.conversations: list[FakeConversation] = []
        self.wound_up: list[tuple[str, str]] = []
        self.is_broken = False
        # So many times a call is not here yet when it is to be wound up.
        self.winds_up_after = 0
        self.releases_on_drain = True
        self._bus = bus
        self._came = asyncio.Condition()

    async def start(self) -> None:
        self._listener = asyncio.create_task(self._listen())
        async with asyncio.timeout(PATIENCE):
            await self._bus.subscribed.wait()

    async def close(self) -> None:
        self._listener.cancel()

    async def converse(self, spec: SessionSpec, sink: EventSink) -> Outcome:
        if self.is_broken:
            raise RuntimeError("the engine is broken")
        conversation = FakeConversation(spec, sink)
        async with self._came:
            self.conversations.append(conversation)
            self._came.notify_all()
        try:
            return await conversation.outcome
        except asyncio.CancelledError:
            conversation.was_cancelled = True
            raise

    async def drain(self, *, limit: float) -> None:
        if self.releases_on_drain:
            for conversation in self.conversations:
                if not conversation.outcome.done():
                    conversation.outcome.set_result(Outcome("released"))

    def wind_up(self, call_id: str, reason: str) -> bool:
        self.wound_up.append((call_id, reason))
        return len(self.wound_up) > self.winds_up_after

    # --- For the test's thread ---

    def wait_for(self, number: int) -> FakeConversation:
        """The `number`-th conversation from 1, as soon as it is there."""

        async def wait() -> FakeConversation:
            async with asyncio.timeout(PATIENCE), self._came:
                await self._came.wait_for(lambda: len(self.conversations) >= number)
            return self.conversations[number - 1]

        return asyncio.run_coroutine_threadsafe(wait(), self.loop).result(PATIENCE)

    def do(self, act: Callable[[], object]) -> None:
        """Do something on the loop, where sinks and futures live."""

        async def run() -> None:
            act()

        asyncio.run_coroutine_threadsafe(run(), self.loop).result(PATIENCE)

    def end(self, conversation: FakeConversation, outcome: Outcome) -> None:
        self.do(lambda: conversation.outcome.set_result(outcome))

    async def _listen(self) -> None:
        async for _ in self._bus.receive():
            pass
