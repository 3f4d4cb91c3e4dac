"""Browsers whose microphone is a file of somebody who talks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from calls.audio.speech_client import SpeechClient
from calls.audio.wav import StereoWavWriter
from ops.chromium import CHROMIUM, OPTIONS

RATE: Final = 48_000
FAKE_MICROPHONE: Final = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
# Silence, what is said, silence, ...: over and over, since the microphone opens before the call, and how long before
# depends on the machine.
SAID: Final = ((7.0, "Hello. How much does a cleaning cost?"), (9.0, "When are you open?"), (3.0, ""))


def record(speech_url: str, path: Path) -> Path:
    """Write the file, spoken by the stack's own voice."""
    return asyncio.run(_record(speech_url, path))


async def _record(speech_url: str, path: Path) -> Path:
    writer = StereoWavWriter(path, rate=RATE)
    async with SpeechClient(speech_url) as speech:
        for pause, line in SAID:
            pcm = bytes(round(pause * RATE) * 2)
            if line:
                pcm += await speech.synthesize(line, voice=None, rate=RATE, pitch=1.15)
            writer.write(pcm, pcm)
    writer.close()
    return path


@contextmanager
def browsers(microphone: Path) -> Iterator[Callable[..., Browser]]:
    """Opens browsers for as long as the block lasts; other options stand for those of a microphone that may be used."""
    opened: list[Browser] = []
    with sync_playwright() as playwright:

        def launch(*options: str) -> Browser:
            voice = f"--use-file-for-fake-audio-capture={microphone}"
            args = [*OPTIONS, *(options or FAKE_MICROPHONE), voice, "--autoplay-policy=user-gesture-required"]
            opened.append(playwright.chromium.launch(executable_path=CHROMIUM, args=args))
            return opened[-1]

        yield launch
        for browser in opened:
            browser.close()


def new_page(browser: Browser, faults: list[str]) -> Page:
    page = browser.new_page()
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    return page
