"""Recordings, written while the call lasts, by one thread of their own: a slow disk delays nobody's speech."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from calls.audio.framing import FRAMES_PER_SECOND
from calls.audio.wav import StereoWavWriter

logger = logging.getLogger(__name__)

# Handed to the thread at a time; a crash loses no more.
BATCH_FRAMES: Final = FRAMES_PER_SECOND // 2
# Batches that may wait for a disk that does not answer. Past it the recording stops: a hole would shift the rest.
MOST_WAITING: Final = 120


@dataclass(frozen=True)
class RecordingFacts:
    """A finished recording. `path` is below the recordings' directory."""

    path: str
    rate: int
    duration_ms: int
    size_bytes: int


class Recorder:
    """All recordings of a process."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder")

    def start(self, *, call_id: str, rate: int) -> Recording:
        return Recording(self._directory / f"{call_id}.wav", rate=rate, thread=self._thread)

    def close(self) -> None:
        """Write what is waiting, and end the thread."""
        self._thread.shutdown()


class Recording:
    """One call: the caller on one channel, the agent as it was played on the other. `caller` and `agent` never wait."""

    def __init__(self, path: Path, *, rate: int, thread: ThreadPoolExecutor) -> None:
        self.name = path.name
        self.rate = rate
        self._path = path
        self._thread = thread
        self._caller: list[bytes] = []
        self._agent: list[bytes] = []
        # Of the thread, once it has begun.
        self._writer: StereoWavWriter | None = None
        self._waiting = 0
        self._failed = False

        self._do(self._open)

    def caller(self, frame: bytes) -> None:
        self._caller.append(frame)

    def agent(self, frame: bytes) -> None:
        self._agent.append(frame)
        both = min(len(self._caller), len(self._agent))
        if both >= BATCH_FRAMES:
            self._write(both)

    async def finish(self) -> RecordingFacts | None:
        """Write the rest and complete the header. None where nothing usable was written."""
        self._write(max(len(self._caller), len(self._agent)))
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._finish)

    def _write(self, frames: int) -> None:
        caller, self._caller = b"".join(self._caller[:frames]), self._caller[frames:]
        agent, self._agent = b"".join(self._agent[:frames]), self._agent[frames:]
        if self._waiting >= MOST_WAITING:
            self._failed = True
        self._do(lambda: self._append(caller, agent))

    def _do(self, work: Callable[[], None]) -> None:
        if self._failed:
            return
        self._waiting += 1
        self._thread.submit(self._guarded, work)

    def _guarded(self, work: Callable[[], None]) -> None:
        """On the thread. A recording that failed once stays as it is: what follows would be out of place."""
        try:
            if not self._failed:
                work()
        except (OSError, ValueError):
            self._failed = True
            logger.exception("a recording cannot be written", extra={"recording": self.name})
        finally:
            self._waiting -= 1

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = StereoWavWriter(self._path, rate=self.rate)

    def _append(self, caller: bytes, agent: bytes) -> None:
        if self._writer is not None and (caller or agent):
            self._writer.write(caller, agent)

    def _finish(self) -> RecordingFacts | None:
        if self._writer is None:
            return None
        try:
            self._writer.close()
            size = self._path.stat().st_size
        except OSError:
            logger.exception("a recording cannot be completed", extra={"recording": self.name})
            return None
        if not self._writer.frames:
            return None
        return RecordingFacts(
            path=self.name,
            rate=self.rate,
            duration_ms=self._writer.frames * 1000 // self.rate,
            size_bytes=size,
        )
