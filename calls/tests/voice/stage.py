"""A stage for conversations: a bus in memory, a leg's holder that plays in real time, and a caller with lines."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from calls import bus
from calls.audio.framing import frame_bytes
from calls.voice.session import PastTurn, SessionSpec, Stages

RATE = 8000
SIZE = frame_bytes(RATE)
SILENCE = bytes(SIZE)


class Network:
    """What the buses in memory are connected by."""

    def __init__(self) -> None:
        self.inboxes: dict[str, asyncio.Queue[tuple[str, list[bus.Item]]]] = {}
        self.is_away = False


class MemoryBus(bus.Bus):
    """The bus without Redis: the same manners, packed and unpacked all the same."""

    def __init__(self, network: Network, name: str) -> None:
        self.name = name
        self._network = network
        self._queued: defaultdict[str, list[bus.Item]] = defaultdict(list)
        self.subscribed = asyncio.Event()
        self.away_since = None

    def send(self, to: str, item: bus.Item) -> None:
        self._queued[to].append(item)

    async def flush(self) -> dict[str, int]:
        if self._network.is_away:
            raise bus.BusAway("test")
        counts = {}
        for to, items in list(self._queued.items()):
            inbox = self._network.inboxes.get(to)
            counts[to] = int(inbox is not None)
            if inbox is not None:
                inbox.put_nowait(bus.decode(bus.encode(self.name, items)))
        self._queued.clear()
        return counts

    def forget(self, to: str) -> None:
        self._queued.pop(to, None)

    async def receive(self) -> AsyncIterator[tuple[str, list[bus.Item]]]:
        inbox = self._network.inboxes.setdefault(self.name, asyncio.Queue())
        self.subscribed.set()
        while True:
            yield await inbox.get()

    def leave(self) -> None:
        self._network.inboxes.pop(self.name, None)

    async def close(self) -> None:
        self.leave()


@dataclass
class Playing:
    number: int
    pcm: bytearray = field(default_factory=bytearray)
    played: int = 0
    is_whole: bool = False


class StubHolder:
    """Holds the leg of one call as the gateway does: paces, marks, keeps the caller's audio, records both sides."""

    def __init__(self, network_bus: bus.Bus, *, call: str = "call_1", worker: str = "worker-1") -> None:
        self.bus = network_bus
        self.call = call
        self.worker = worker
        self.token = 1
        self.state = "planned"
        self.frame = 0
        self.items: list[bus.Item] = []
        self.queue: list[Playing] = []
        self.newest = 0
        self.agent = bytearray()
        self.caller = bytearray()
        self.to_say = bytearray()
        self.hang_up: bus.HangUp | None = None
        self.heard_upto = 0
        self.ring_frames = 5
        self.is_released = False
        self.ended = asyncio.Event()
        self.is_deaf = False
        self.is_operated = False
        self.last_played = (0, 0)

    def say(self, pcm: bytes) -> None:
        """The caller says this, from the next frame on."""
        self.to_say += pcm + bytes(-len(pcm) % SIZE)

    @property
    def agent_is_sounding(self) -> bool:
        return bool(self.queue)

    async def run(self) -> None:
        receiving = asyncio.create_task(self._receive())
        loop = asyncio.get_running_loop()
        due = loop.time()
        try:
            while not self.ended.is_set():
                self._tick()
                await self.bus.flush()
                due += 0.02
                await asyncio.sleep(max(0, due - loop.time()))
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)

    async def _receive(self) -> None:
        async for sender, items in self.bus.receive():
            for item in items:
                if item.token not in (0, self.token):
                    self.bus.send(sender, bus.Fenced(item.call, self.token))
                    continue
                self.items.append(item)
                self._take(sender, item)

    def _take(self, sender: str, item: bus.Item) -> None:
        if isinstance(item, bus.Dial) and self.state == "planned":
            self.worker = sender
            self.state = "dialing"
            self._tell(bus.LegState(self.call, self.token, "dialing"))
        elif isinstance(item, bus.Attach):
            self._attach(sender)
        elif isinstance(item, bus.Speech):
            if not self.queue or self.queue[-1].number != item.utterance:
                self.queue.append(Playing(item.utterance))
            self.newest = item.utterance
            self.queue[-1].pcm += item.pcm
            self.queue[-1].is_whole = item.is_last
        elif isinstance(item, bus.Flush):
            for playing in self.queue:
                self._mark(playing, is_over=True)
            self.queue.clear()
        elif isinstance(item, bus.HangUp):
            self.hang_up = item
        elif isinstance(item, bus.Beat):
            self.heard_upto = item.heard_upto
        elif isinstance(item, bus.Release):
            self.is_released = True

    def _attach(self, sender: str) -> None:
        self.worker = sender
        last = self.queue[-1] if self.queue else None
        queued = sum(len(one.pcm) - one.played for one in self.queue)
        replay = max(self.heard_upto, self.frame - 500, 0)
        self._tell(
            bus.Attached(
                self.call,
                self.token,
                self.state,
                RATE,
                self.frame,
                self.newest,
                (last.played if last else self.last_played[1]) // 16,
                queued // 16,
                last.is_whole if last else True,
                replay,
                self.frame,
                self.is_operated,
            )
        )
        self._tell(bus.Heard(self.call, self.token, replay, bytes(self.caller[replay * SIZE : self.frame * SIZE])))

    def _tell(self, item: bus.Item) -> None:
        self.bus.send(self.worker, item)

    def _mark(self, playing: Playing, *, is_over: bool) -> None:
        self.last_played = (playing.number, playing.played)
        self._tell(bus.Played(self.call, self.token, playing.number, playing.played // 16, self.frame, is_over))

    def answer(self) -> None:
        self.state = "answered"
        self._tell(bus.LegState(self.call, self.token, "answered"))

    def end(self, reason: str, by: str) -> None:
        if self.state != "ended":
            self.state = "ended"
            self._tell(bus.LegState(self.call, self.token, "ended", reason, by))
            asyncio.get_running_loop().call_later(0.05, self.ended.set)

    def _tick(self) -> None:
        if self.state == "dialing":
            self.ring_frames -= 1
            if self.ring_frames <= 0:
                self.answer()
        if self.state != "answered":
            return
        frame = bytes(self.to_say[:SIZE]) or SILENCE
        del self.to_say[:SIZE]
        self.caller += frame
        self._tell(bus.Heard(self.call, self.token, self.frame, frame))
        self.agent += self._play()
        self.frame += 1
        if self.hang_up is not None and not (self.hang_up.after_speech and self.queue):
            self.end(self.hang_up.reason, self.hang_up.by)

    def _play(self) -> bytes:
        while self.queue:
            playing = self.queue[0]
            if playing.played < len(playing.pcm):
                if playing.played == 0:
                    self._mark(playing, is_over=False)
                frame = bytes(playing.pcm[playing.played : playing.played + SIZE])
                playing.played += SIZE
                return frame
            if not playing.is_whole and len(self.queue) == 1:
                return SILENCE
            self._mark(playing, is_over=True)
            self.queue.pop(0)
        return SILENCE


class Record:
    """A sink that keeps what it hears."""

    def __init__(self) -> None:
        self.interims: list[str] = []
        self.turns: list[tuple[str, str]] = []
        self.started: list[tuple[int, str]] = []
        self.ended: list[tuple[int, str, bool]] = []
        self.times: list[tuple[str, int, int]] = []
        self.stages: list[Stages] = []
        self.digits: list[str] = []
        self.sent_digits: list[str] = []
        self.handed_back = 0
        self.transfers: list[str] = []
        self.asides: list[bool] = []
        self.heeded: list[tuple[str, str]] = []

    def interim(self, *, speaker: str, text: str) -> None:
        self.interims.append(text)

    def user_turn(self, *, text: str, start_ms: int, end_ms: int) -> None:
        self.turns.append(("user", text))
        self.times.append(("user", start_ms, end_ms))

    def agent_turn_started(self, *, utterance: int, text: str, stages: Stages | None) -> None:
        self.started.append((utterance, text))
        if stages is not None:
            self.stages.append(stages)

    def agent_turn_ended(self, *, utterance: int, text: str, start_ms: int, end_ms: int, was_interrupted: bool) -> None:
        self.ended.append((utterance, text, was_interrupted))
        if text:
            self.turns.append(("agent", text))
            self.times.append(("agent", start_ms, end_ms))

    def operator_turn(self, *, text: str, start_ms: int, end_ms: int) -> None:
        self.turns.append(("operator", text))
        self.times.append(("operator", start_ms, end_ms))

    def operator_gone(self) -> None:
        self.handed_back += 1

    def transfer(self, *, name: str) -> None:
        self.transfers.append(name)

    def aside(self, *, is_on: bool) -> None:
        self.asides.append(is_on)

    def digit(self, *, digit: str) -> None:
        self.digits.append(digit)

    def digits_sent(self, *, digits: str) -> None:
        self.sent_digits.append(digits)

    def heed(self, *, kind: str, detail: str = "") -> None:
        self.heeded.append((kind, detail))


def a_spec(
    *,
    prompt: str = "You are Ana from Oak Dental. A cleaning costs $90. We are open Monday to Friday, 8 am to 5 pm.",
    first_message: str | None = "Hello, this is Ana.",
    history: Sequence[PastTurn] = (),
    is_dialed: bool = False,
    token: int = 1,
    call_id: str = "call_1",
    holder: str = "gateway-1",
    **changes: object,
) -> SessionSpec:
    values: dict[str, object] = {
        "language": "en-US",
        "voice": "",
        "agent_name": "Ana",
        "temperature": 0.7,
        "voicemail_action": "leave_message",
        "voicemail_message": "Please call Oak Dental back.",
        "silence_timeout": 21.0,
        "max_duration": 60.0,
        **changes,
    }
    return SessionSpec(
        call_id=call_id,
        token=token,
        holder=holder,
        is_dialed=is_dialed,
        prompt=prompt,
        first_message=first_message,
        history=tuple(history),
        **values,
    )


def noise(seconds: float, *, level: float = 6000.0) -> bytes:
    """What the loudness VAD takes for speech."""
    samples = np.random.default_rng(7).normal(0, level / 2, int(seconds * RATE))
    return samples.clip(-32000, 32000).astype("<i2").tobytes()


def tone(seconds: float, *, hz: float = 1000.0) -> bytes:
    samples = 8000 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)
    return samples.astype("<i2").tobytes()


def silence(seconds: float) -> bytes:
    return bytes(int(seconds * RATE) * 2)


async def until(condition: object, *, seconds: float = 5.0) -> None:
    """Wait for a condition, a callable. Raises TimeoutError."""
    assert callable(condition)
    async with asyncio.timeout(seconds):
        # The condition is any function of what the engine did: there is no event to wait for.
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
