"""The conversations of one worker process, on its one event loop."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any

from calls import bus
from calls.bus import Bus, BusAway
from calls.voice.config import EngineConfig
from calls.voice.conversation import Conversation
from calls.voice.logs import quiet_framework
from calls.voice.pipeline import Senses
from calls.voice.providers import house
from calls.voice.providers.llm import Thinker
from calls.voice.providers.stt import make_stt, sample_of_speech
from calls.voice.providers.tts import make_tts
from calls.voice.session import EventSink, Outcome, SessionSpec
from calls.voice.turns import TurnModels

logger = logging.getLogger(__name__)

TICK = bus.FRAME_MS / 1000
# What holders are given to subscribe anew when the bus is back.
BACK_AFTER = 2.0


class Engine:
    """One a worker process. `start` it on the process's loop, give it calls with `converse`, and `close` it.

    `senses` are the models; tests give fakes, otherwise `start` loads what the configuration names.
    """

    def __init__(self, *, bus: Bus, config: EngineConfig, senses: Senses | None = None) -> None:
        self._bus = bus
        self._config = config
        self._senses = senses
        self._thinker = Thinker()
        self._embedder: house.Embedder | None = None
        self._ready: deque[Conversation] = deque()
        self._live: dict[str, Conversation] = {}
        # Conversations that failed at their tick.
        self._broken: dict[Conversation, Exception] = {}
        self._unheard: dict[str, float] = {}
        # After the bus was away its holders come back one by one; before this time none is missed.
        self._miss_from = 0.0
        self._tasks: list[asyncio.Task[Any]] = []
        self._wants_more = asyncio.Event()
        self._is_draining = False

    @property
    def capacity(self) -> int:
        """How many conversations at once this process may be given; whoever gives them heeds it."""
        return 0 if self._is_draining else self._config.capacity

    @property
    def live(self) -> int:
        return len(self._live)

    async def start(self) -> None:
        """Load the models, warm them, and have pipelines ready. Raises STTError where nothing can listen."""
        quiet_framework()
        if self._senses is None:
            stt = make_stt(self._config.stt, whisper_model_dir=self._config.whisper_model_dir)
            tts = make_tts(self._config.tts, speech_url=self._config.speech_url)
            turns = await asyncio.to_thread(_turn_models)
            await stt.load()
            self._senses = Senses(turns, stt, tts)
            if self._config.has_embeddings:
                self._embedder = await asyncio.to_thread(house.load)
        for _ in range(self._config.prepared):
            self._ready.append(await self._built())
        self._tasks = [
            asyncio.create_task(self._receive(), name="bus-receive"),
            asyncio.create_task(self._tick(), name="bus-tick"),
            asyncio.create_task(self._keep_ready(), name="pipelines-ahead"),
        ]
        async with asyncio.timeout(10):
            await self._bus.subscribed.wait()

    async def close(self) -> None:
        """Stop. Conversations still live end as released; give them away with `drain` first."""
        for conversation in list(self._live.values()):
            conversation.release_between_turns(at_once=True)
        await self._flush()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        while self._ready:
            await self._ready.popleft().close()
        if self._senses is not None:
            await self._senses.stt.close()
            await self._senses.tts.close()
            self._senses.turns.close()
        await self._thinker.close()

    async def converse(self, spec: SessionSpec, sink: EventSink) -> Outcome:
        """Drive this call until it ends or is another worker's."""
        previous = self._live.get(spec.call_id)
        if previous is not None:
            # The call came back to the process it was taken from.
            previous.finish(Outcome("superseded"))
        conversation = self._ready.popleft() if self._ready else await self._built()
        self._wants_more.set()
        self._live[spec.call_id] = conversation
        try:
            conversation.attend(spec, sink)
            outcome = await conversation.run()
            if (error := self._broken.get(conversation)) is not None:
                raise error
            return outcome
        finally:
            self._broken.pop(conversation, None)
            if self._live.get(spec.call_id) is conversation:
                del self._live[spec.call_id]
            await conversation.close()

    def wind_up(self, call_id: str, reason: str) -> bool:
        """Let the agent say goodbye and hang up, for a reason of the platform's. False for a call not here."""
        conversation = self._live.get(call_id)
        if conversation is None:
            return False
        conversation.wind_up(reason)
        return True

    async def drain(self, *, limit: float) -> None:
        """Take no more calls, and hand each on between two turns; those that never pause, at the limit."""
        self._is_draining = True
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + limit
        while self._live:
            is_late = loop.time() >= ends_at
            for conversation in list(self._live.values()):
                conversation.release_between_turns(at_once=is_late)
            await asyncio.sleep(TICK)
            if is_late:
                break
        self._bus_farewell()
        await self._flush()

    def _bus_farewell(self) -> None:
        for holder in {conversation.holder for conversation in self._live.values()}:
            self._bus.send(holder, bus.Farewell("", 0))

    async def _built(self) -> Conversation:
        assert self._senses is not None, "start() comes first"  # noqa: S101  # a mistake of ours, not of a caller's
        conversation = Conversation(
            config=self._config,
            senses=self._senses,
            thinker=self._thinker,
            embedder=self._embedder,
            send=self._bus.send,
        )
        await conversation.build()
        return conversation

    async def _keep_ready(self) -> None:
        while True:
            await self._wants_more.wait()
            self._wants_more.clear()
            while len(self._ready) < self._config.prepared and not self._is_draining:
                # Not in the first moment of the call that just took one.
                await asyncio.sleep(0.5)
                self._ready.append(await self._built())

    async def _receive(self) -> None:
        async for sender, items in self._bus.receive():
            for item in items:
                if isinstance(item, bus.Farewell):
                    self._lost(sender)
                    continue
                conversation = self._live.get(item.call)
                if conversation is not None:
                    conversation.take(item)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for conversation in list(self._live.values()):
                try:
                    conversation.tick()
                except Exception as error:  # it ends with this; the others must not
                    self._broken[conversation] = error
                    conversation.finish(Outcome("released"))
            try:
                await self._flush()
            except Exception:
                logger.exception("what was for the bus was lost")
            due = max(due + TICK, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _flush(self) -> None:
        """Publish what is queued, and see who hears it."""
        now = asyncio.get_running_loop().time
        try:
            heard = await self._bus.flush()
        except BusAway:
            # Nobody is to blame.
            self._unheard.clear()
            self._miss_from = now() + BACK_AFTER
            return
        for receiver, count in heard.items():
            if count or now() < self._miss_from:
                self._unheard.pop(receiver, None)
            elif now() - self._unheard.setdefault(receiver, now()) >= self._config.holder_patience:
                del self._unheard[receiver]
                self._bus.forget(receiver)
                self._lost(receiver)

    def _lost(self, holder: str) -> None:
        """This holder is gone, and its legs with it."""
        for conversation in list(self._live.values()):
            if conversation.holder == holder:
                conversation.finish(Outcome("media_lost"))


def _turn_models() -> TurnModels:
    models = TurnModels()
    models.warm(sample_of_speech())
    return models
