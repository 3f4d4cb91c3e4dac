"""Debian's baresip as somebody's telephone: it plays a file, keeps what it hears, and its keys can be pressed."""

from __future__ import annotations

import asyncio
import contextlib
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from calls.audio.speech_client import SpeechClient
from ops.listening import Heard
from tests.phone import sipp

RATE: Final = 8000
# Above the SIP port; the next is baresip's own, for TLS.
KEYS: Final = 3
KEY_SECONDS: Final = 0.25

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Telephone:
    folder: Path
    port: int
    process: asyncio.subprocess.Process

    async def press(self, keys: str) -> None:
        """Press these keys in the call that is on, as RFC 4733 has it."""
        _, writer = await asyncio.open_connection("127.0.0.1", self.port + KEYS)
        for key in keys:
            writer.write(key.encode())
            await asyncio.sleep(KEY_SECONDS)
        writer.close()
        await writer.wait_closed()

    @property
    def heard(self) -> Samples:
        """What came out of it, once its call is over."""
        return self._dumped("dec")

    @property
    def said(self) -> Samples:
        """What went into it."""
        return self._dumped("enc")

    def _dumped(self, which: str) -> Samples:
        (path,) = self.folder.glob(f"dump-*-{which}.wav")
        with wave.open(str(path), "rb") as file:
            return np.frombuffer(file.readframes(file.getnframes()), "<i2")


@contextlib.asynccontextmanager
async def a_telephone(folder: Path, user: str, *, voice: Path, calls: str = "") -> AsyncIterator[Telephone]:
    """One that plays this file in every call that it answers; or in the one to the address that it calls."""
    port = sipp.free_port()
    (folder / "config").write_text(
        f"sip_listen 127.0.0.1:{port}\nnet_interface 127.0.0.1\nmodule_path /usr/lib/baresip/modules\nmodule g711.so\n"
        "module_app account.so\nmodule_app menu.so\nmodule cons.so\nmodule aufile.so\nmodule sndfile.so\n"
        f"cons_listen 127.0.0.1:{port + KEYS}\nsnd_path {folder}\naudio_source aufile,{voice}\n"
        f"audio_player aufile,{folder}/out.wav\naudio_alert aufile,{folder}/alert.wav\nrtp_ports 33000-33999\n"
    )
    (folder / "accounts").write_text(f"<sip:{user}@127.0.0.1:{port}>;regint=0;answermode=auto;audio_codecs=pcmu,pcma\n")
    process = await asyncio.create_subprocess_exec(
        *("baresip", "-f", str(folder), *(("-e", f"/dial {calls}") if calls else ())),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=(folder / "baresip.log").open("wb"),
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        await asyncio.to_thread(sipp.wait_until_bound, port, "u1")
        yield Telephone(folder, port, process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def write(path: Path, *sounds: Samples) -> Path:
    """A file for a telephone to play."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        for sound in sounds:
            file.writeframes(sound.astype("<i2").tobytes())
    return path


async def spoken(speech_url: str, words: str) -> Samples:
    """A person says this; not with an agent's voice."""
    async with SpeechClient(speech_url) as speech:
        return np.frombuffer(await speech.synthesize(words, voice=None, rate=RATE, pitch=1.15), "<i2")


def tone(hz: int, seconds: float) -> Samples:
    return (6000 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)).astype("<i2")


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), "<i2")


def words_in(samples: Samples) -> list[str]:
    """What a speech recognizer makes of it."""
    return Heard(caller=samples, agent=samples, rate=RATE).words(0)
