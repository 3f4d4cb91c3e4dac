"""A person who talks with an agent in a browser, without the browser: speaks and listens on a real socket in real time."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from calls.audio.speech_client import SpeechClient
from calls.audio.wav import StereoWavWriter

RATE: Final = 16_000
FRAME_BYTES: Final = RATE // 50 * 2
SILENCE: Final = bytes(FRAME_BYTES)
# A sample above this is a voice, not comfort noise.
LOUD: Final = 500
# The person answers when the agent has been silent for so long.
PAUSE_SECONDS: Final = 0.9
PATIENCE_SECONDS: Final = 40.0
# A person's voice that is not the agent's.
PITCH: Final = 1.15


class TalkEnded(Exception):
    """The socket was closed before the lines were said."""


@dataclass(frozen=True)
class Answer:
    """What the agent said to one line: how long after its end, in milliseconds, and for how long."""

    line: str
    after_ms: int
    lasted_ms: int


@dataclass
class Talked:
    """What came of a talk. `heard` is what reached the person's ear, `said` what left their mouth, frame by frame."""

    answers: list[Answer] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)
    # Milliseconds between a frame and the next, as they arrived.
    gaps_ms: list[float] = field(default_factory=list)

    def lines(self, speaker: str) -> list[str]:
        """The final lines of that side."""
        told = [message for message in self.messages if message["type"] == "transcript" and message["is_final"]]
        return [message["text"] for message in told if message["speaker"] == speaker]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == kind]

    def write(self, path: Path) -> Path:
        """Both sides as a stereo WAV, the person left."""
        frames = min(len(self.said), len(self.heard))
        writer = StereoWavWriter(path, rate=RATE)
        writer.write(b"".join(self.said[:frames]), b"".join(self.heard[:frames]))
        writer.close()
        return path


class Talker:
    """One talk, of lines that are said one after another, each when the agent has finished."""

    def __init__(self, socket: ClientConnection, *, speech: SpeechClient) -> None:
        self.talked = Talked()
        self._socket = socket
        self._speech = speech
        self._to_say = bytearray()
        self._loud_at = 0.0
        self._first_loud_at = 0.0
        self._said_at = 0.0
        self._frame_at = 0.0
        self._answered = asyncio.Event()
        self._ended = asyncio.Event()

    async def talk(self, lines: Sequence[str], *, while_answering: Callable[[int], None] | None = None) -> Talked:
        """Say all the lines, then hang up. `while_answering` is called as the agent begins to answer line n (from 0)."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._listen()), group.create_task(self._speak())]
            made = [await self._speech.synthesize(line, voice=None, rate=RATE, pitch=PITCH) for line in lines]
            await self._in_time(self._until(self._answered.is_set))
            await self._hear_out(since=time.monotonic())
            for number, (line, pcm) in enumerate(zip(lines, made, strict=True)):
                self._to_say += pcm + SILENCE
                await self._in_time(self._until(lambda: not self._to_say))
                end = self._said_at
                await self._in_time(self._until(self._is_answered))
                began = self._first_loud_at
                if while_answering is not None:
                    await asyncio.to_thread(while_answering, number)
                await self._hear_out(since=began)
                self.talked.answers.append(
                    Answer(line, round((began - end) * 1000), round((self._loud_at - began) * 1000))
                )
            await self._socket.send(json.dumps({"type": "hangup"}))
            await self._in_time(self._ended.wait())
            for task in tasks:
                task.cancel()
        return self.talked

    def _is_answered(self) -> bool:
        return self._first_loud_at > self._said_at

    async def _hear_out(self, *, since: float) -> None:
        """Wait until the agent has said something since then, and paused."""
        await self._in_time(
            self._until(lambda: self._loud_at > since and time.monotonic() - self._loud_at > PAUSE_SECONDS)
        )

    async def _until(self, holds: Callable[[], bool]) -> None:
        for _ in range(round(PATIENCE_SECONDS * 100) + 100):
            if holds():
                return
            if self._ended.is_set():
                raise TalkEnded(self.talked.messages[-1:])
            await asyncio.sleep(0.01)

    async def _in_time(self, waiting: Any) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await waiting

    async def _speak(self) -> None:
        await self._answered.wait()
        next_at = time.monotonic()
        while not self._ended.is_set():
            frame = bytes(self._to_say[:FRAME_BYTES]).ljust(FRAME_BYTES, b"\0") if self._to_say else SILENCE
            if self._to_say and _is_loud(frame):
                self._said_at = time.monotonic()
            del self._to_say[:FRAME_BYTES]
            self.talked.said.append(frame)
            with suppress(ConnectionClosed):
                await self._socket.send(frame)
            next_at += 0.02
            await asyncio.sleep(max(0.0, next_at - time.monotonic()))

    async def _listen(self) -> None:
        async for data in self._socket:
            if isinstance(data, bytes):
                await self._hear(data)
                continue
            message = json.loads(data)
            self.talked.messages.append(message)
            if message["type"] == "answered":
                self._answered.set()
        self._ended.set()

    async def _hear(self, frame: bytes) -> None:
        now = time.monotonic()
        if self._frame_at:
            self.talked.gaps_ms.append((now - self._frame_at) * 1000)
        self._frame_at = now
        self.talked.heard.append(frame)
        if _is_loud(frame):
            if now - self._loud_at > PAUSE_SECONDS or self._first_loud_at < self._said_at:
                self._first_loud_at = now
            self._loud_at = now
        if len(self.talked.heard) % 5 == 0:
            with suppress(ConnectionClosed):
                await self._socket.send(json.dumps({"type": "played", "frames": len(self.talked.heard)}))


async def talk(
    url: str, *, speech_url: str, lines: Sequence[str], while_answering: Callable[[int], None] | None = None
) -> Talked:
    """Have a talk at the socket `url`."""
    async with SpeechClient(speech_url) as speech, connect(url, max_size=None, ping_interval=None) as socket:
        return await Talker(socket, speech=speech).talk(lines, while_answering=while_answering)


def _is_loud(frame: bytes) -> bool:
    return bool(np.abs(np.frombuffer(frame, dtype="<i2")).max(initial=0) > LOUD)
