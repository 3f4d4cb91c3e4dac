"""A short sample of each voice: spoken once by the speech process, and kept."""

from __future__ import annotations

import os
import threading
import wave
from pathlib import Path
from typing import Final

import requests
from django.conf import settings

from agents import voices
from agents.voices import Voice

# Said by whoever speaks for a voice, so that no name is in it.
TEXT: Final = "Hello, and thank you for calling. How can I help you today?"
RATE: Final = 24_000
CONNECT_SECONDS: Final = 2
SPEAK_SECONDS: Final = 8

_being_made = threading.Lock()


class NoPreview(Exception):
    """There is no sample of this voice at the moment."""


def url_of(voice: Voice) -> str:
    return f"{settings.PUBLIC_URL}/files/voices/{voice.id}.wav"


def preview_of(voice: Voice) -> Path:
    """A WAV file of the voice as it is heard here. Raises NoPreview where the speech process has none, or is busy with one."""
    speaker = voices.spoken_by(voice).id
    place: Path = settings.VAR_DIR / "previews" / f"{speaker}.wav"
    if not place.exists():
        # Whoever comes meanwhile is told to come again: no sample is worth a second thread that waits.
        if not _being_made.acquire(blocking=False):
            raise NoPreview(speaker)
        try:
            _keep(_speak(speaker), place)
        finally:
            _being_made.release()
    return place


def _speak(speaker: str) -> bytes:
    wish = {"text": TEXT, "voice": speaker, "rate": RATE, "ahead": True}
    try:
        answer = requests.post(
            f"{settings.SPEECH_URL.rstrip('/')}/synthesize", json=wish, timeout=(CONNECT_SECONDS, SPEAK_SECONDS)
        )
        answer.raise_for_status()
    except requests.RequestException as error:
        raise NoPreview(speaker) from error
    return answer.content


def _keep(samples: bytes, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all, also where two processes make it.
    part = place.with_suffix(f".{os.getpid()}.part")
    with wave.open(str(part), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(samples)
    part.replace(place)
