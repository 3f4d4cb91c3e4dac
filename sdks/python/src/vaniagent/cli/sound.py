"""A microphone and a speaker: this machine's, or files in their place. 20 ms a frame, PCM16 mono at 16 kHz."""

from __future__ import annotations

import array
import sys
import threading
import wave
from collections import deque
from importlib import import_module
from typing import Any, Deque, List, Sequence

RATE = 16_000
FRAME_SAMPLES = RATE // 50
FRAME_BYTES = FRAME_SAMPLES * 2
SILENCE = bytes(FRAME_BYTES)
FRAME_SECONDS = 0.02
# A sample above this is a voice, and no noise of the line.
LOUD = 500
# What a microphone may be ahead of the network, and the network of a speaker.
MOST_FRAMES = 50


class NoSound(Exception):
    """This machine has no microphone or speaker that can be used."""


class Device:
    """The machine's microphone and speaker, by `sounddevice`."""

    def __init__(self) -> None:
        try:
            sounddevice: Any = import_module("sounddevice")
        except ImportError:
            raise NoSound("sound needs one more package: pip install 'vaniagent[talk]'") from None
        except OSError as error:
            raise NoSound(f"PortAudio is missing ({error}); on Debian: apt install libportaudio2") from None
        self._recorded: Deque[bytes] = deque(maxlen=MOST_FRAMES)
        self._to_play: Deque[bytes] = deque()
        self._lock = threading.Lock()
        self._played = 0
        options: Any = {"samplerate": RATE, "channels": 1, "dtype": "int16", "blocksize": FRAME_SAMPLES}
        try:
            self._microphone = sounddevice.RawInputStream(callback=self._on_recorded, **options)
            self._speaker = sounddevice.RawOutputStream(callback=self._on_playing, **options)
            self._microphone.start()
            self._speaker.start()
        except Exception as error:
            raise NoSound(f"the sound device cannot be used: {error}") from None

    @property
    def played(self) -> int:
        """How many frames have been played or dropped."""
        return self._played

    def read(self) -> bytes:
        """The next 20 ms of the microphone; silence where it has none."""
        try:
            return self._recorded.popleft()
        except IndexError:
            return SILENCE

    def play(self, frame: bytes) -> None:
        with self._lock:
            self._to_play.append(frame)

    def flush(self) -> None:
        """Drop what is not played yet."""
        with self._lock:
            self._played += len(self._to_play)
            self._to_play.clear()

    def close(self) -> None:
        self._microphone.close()
        self._speaker.close()

    def _on_recorded(self, data: Any, frames: int, time: Any, status: Any) -> None:
        self._recorded.append(bytes(data).ljust(FRAME_BYTES, b"\0")[:FRAME_BYTES])

    def _on_playing(self, data: Any, frames: int, time: Any, status: Any) -> None:
        with self._lock:
            frame = self._to_play.popleft() if self._to_play else None
            self._played += frame is not None
        data[:] = (frame or SILENCE)[: len(data)].ljust(len(data), b"\0")


class Files:
    """Files in place of a microphone, each said when the agent has paused, and one in place of the speaker.

    What is written is stereo: the person left, the agent right, as recordings of calls are.
    """

    def __init__(self, lines: Sequence[str], out: str) -> None:
        self._lines: Deque[bytes] = deque(read_wav(path) for path in lines)
        self._out = out
        self._saying = b""
        self._said: List[bytes] = []
        self._heard: List[bytes] = []

    @property
    def played(self) -> int:
        return len(self._heard)

    def read(self) -> bytes:
        frame, self._saying = self._saying[:FRAME_BYTES].ljust(FRAME_BYTES, b"\0"), self._saying[FRAME_BYTES:]
        self._said.append(frame)
        return frame

    def play(self, frame: bytes) -> None:
        self._heard.append(frame)

    def flush(self) -> None:
        """A file is written as it comes: nothing waits."""

    def agent_paused(self) -> None:
        """Say the next line."""
        if self._lines:
            self._saying = self._lines.popleft()

    @property
    def is_speaking(self) -> bool:
        return bool(self._saying)

    @property
    def is_over(self) -> bool:
        """Whether everything was said."""
        return not self._lines and not self._saying

    def close(self) -> None:
        if self._out:
            write_stereo(self._out, b"".join(self._said), b"".join(self._heard))


def is_loud(frame: bytes) -> bool:
    return max(map(abs, _samples(frame)), default=0) > LOUD


def read_wav(path: str) -> bytes:
    """What a WAV file holds, as PCM16 mono at 16 kHz. Raises NoSound."""
    try:
        with wave.open(path, "rb") as file:
            if file.getsampwidth() != 2:
                raise NoSound(f"{path} is not a WAV of 16 bits a sample")
            channels, rate = file.getnchannels(), file.getframerate()
            every = _samples(file.readframes(file.getnframes()))
    except (OSError, EOFError, wave.Error) as error:
        raise NoSound(f"{path} cannot be read as a WAV: {error}") from None
    return _bytes(_resampled(every[::channels], rate))


def write_stereo(path: str, left: bytes, right: bytes) -> None:
    frames = max(len(left), len(right)) // 2
    both = array.array("h", bytes(frames * 4))
    both[0 : len(left) // 2 * 2 : 2] = _samples(left)
    both[1 : len(right) // 2 * 2 : 2] = _samples(right)
    try:
        with wave.open(path, "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(_bytes(both))
    except OSError as error:
        raise NoSound(f"{path} cannot be written: {error}") from None


def _resampled(samples: array.array[int], rate: int) -> array.array[int]:
    """By straight lines between samples: enough for speech."""
    if rate == RATE or not samples:
        return samples
    length = len(samples) * RATE // rate
    made = array.array("h", bytes(length * 2))
    for place in range(length):
        at = place * rate / RATE
        left = int(at)
        right = min(left + 1, len(samples) - 1)
        made[place] = round(samples[left] + (samples[right] - samples[left]) * (at - left))
    return made


def _samples(data: bytes) -> array.array[int]:
    """WAV and the wire are little-endian."""
    samples = array.array("h", data[: len(data) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _bytes(samples: array.array[int]) -> bytes:
    if sys.byteorder == "big":
        samples = array.array("h", samples)
        samples.byteswap()
    return samples.tobytes()
