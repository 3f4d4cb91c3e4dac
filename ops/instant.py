"""A calls worker whose speech services answer at once: what is left is the product itself.

python -m ops.instant -m celery -A vaniagent worker ...

Everything else in it is as ever: voice activity, turn detection, the house engine, the pipeline, the bus.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import AsyncGenerator

import numpy as np

from calls.voice import engine
from calls.voice.providers.stt import STTChain
from calls.voice.providers.tts import TTSChain

HEARD = "And is there parking at your office?"
MS_A_CHARACTER = 60


class InstantSTT:
    """Always hears the same question."""

    name = "instant"
    is_idle = True
    out = ()

    async def load(self) -> None:
        pass

    async def transcribe(self, pcm: bytes) -> str:
        return HEARD

    async def close(self) -> None:
        pass


class InstantTTS:
    """A tone as long as the words would be."""

    name = "instant"

    async def speak(self, text: str, *, voice: str, rate: int, speed: float = 1.0) -> AsyncGenerator[bytes, None]:
        samples = int(len(text) * MS_A_CHARACTER / speed) * rate // 1000
        yield (6000 * np.sin(np.arange(samples) * 2 * np.pi * 300 / rate)).astype("<i2").tobytes()

    async def close(self) -> None:
        pass


def install() -> None:
    """Let every conversation of this process have them."""
    setattr(engine, "make_stt", lambda names, *, whisper_model_dir="": STTChain([InstantSTT()]))  # noqa: B010
    setattr(engine, "make_tts", lambda names, *, speech_url: TTSChain([InstantTTS()]))  # noqa: B010  # names it imports


if __name__ == "__main__":
    install()
    module = sys.argv[2]
    sys.argv = [module, *sys.argv[3:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
