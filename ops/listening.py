"""What a person would hear on a recording, in figures: holes in speech, who is on which channel, what was said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr
from moonshine_voice import ModelArch, get_model_path
from moonshine_voice.transcriber import Transcriber

from calls.analysis.latency import Span, reply_gaps, speech_spans
from calls.audio.wav import read_wav

Samples = npt.NDArray[np.int16]

CALLER, AGENT = 0, 1
RECOGNIZER_RATE = 16_000
# A hole is digital silence: a voice, even pausing, is never exactly zero for so long.
HOLE_UNIT_MS = 5
# But where ours pauses between clauses and sentences (COMMA_SECONDS, SENTENCE_SECONDS of the speech process).
PAUSES_MS = (100, 250)


@dataclass(frozen=True)
class Heard:
    """A recording, listened to."""

    caller: Samples
    agent: Samples
    rate: int

    @property
    def duration_ms(self) -> int:
        return len(self.agent) * 1000 // self.rate

    def spans(self, channel: int) -> list[Span]:
        """Where that side speaks."""
        return speech_spans(self._channel(channel), rate=self.rate)

    def reply_gaps(self) -> list[int]:
        """Milliseconds from the caller's last sound to the agent's first, a figure a reply."""
        return reply_gaps(self.spans(CALLER), self.spans(AGENT))

    def holes_ms(self) -> list[int]:
        """Lengths of the stretches of digital silence inside the agent's sentences that its voice did not make."""
        unit = self.rate * HOLE_UNIT_MS // 1000
        holes = []
        for span in self.spans(AGENT):
            sentence = self.agent[span.start_ms * self.rate // 1000 : span.end_ms * self.rate // 1000]
            units = sentence[: len(sentence) // unit * unit].reshape(-1, unit)
            is_zero = np.concatenate(([0], (~units.any(axis=1)).astype(np.int8), [0]))
            edges = np.flatnonzero(np.diff(is_zero))
            holes += [int(end - start) * HOLE_UNIT_MS for start, end in zip(edges[::2], edges[1::2], strict=True)]
        # Of a pause that begins within a unit, one unit fewer is seen.
        return [hole for hole in holes if not any(pause - HOLE_UNIT_MS <= hole <= pause for pause in PAUSES_MS)]

    def longest_silence_ms(self, *, start_ms: int, end_ms: int) -> int:
        """The longest time in this stretch in which neither side makes a sound."""
        sounds = sorted((*self.spans(CALLER), *self.spans(AGENT)), key=lambda span: span.start_ms)
        longest, quiet_since = 0, start_ms
        for span in sounds:
            if span.end_ms <= start_ms or span.start_ms >= end_ms:
                continue
            longest = max(longest, span.start_ms - quiet_since)
            quiet_since = max(quiet_since, span.end_ms)
        return max(longest, end_ms - quiet_since)

    def crosstalk_db(self, channel: int) -> float:
        """How far below that side's own voice its channel is while only the other side speaks (dB, more is better)."""
        other = AGENT if channel == CALLER else CALLER
        own = self._mask(self.spans(channel))
        others = self._mask(self.spans(other)) & ~own
        samples = self._channel(channel)
        if not own.any() or not others.any():
            return float("inf")
        return _dbfs(samples[own]) - _dbfs(samples[others])

    def words(self, channel: int) -> list[str]:
        """What a speech recognizer makes of that channel, word by word, in lower case."""
        samples = self._channel(channel)
        pad = 300
        words: list[str] = []
        for span in _joined(self.spans(channel), within_ms=700):
            start = max(0, span.start_ms - pad) * self.rate // 1000
            part = samples[start : (span.end_ms + pad) * self.rate // 1000].astype(np.float32) / 32768
            words += in_words(_recognize(soxr.resample(part, self.rate, RECOGNIZER_RATE)))
        return words

    def _channel(self, channel: int) -> Samples:
        return self.agent if channel == AGENT else self.caller

    def _mask(self, spans: Sequence[Span]) -> npt.NDArray[np.bool_]:
        mask = np.zeros(len(self.agent), dtype=np.bool_)
        for span in spans:
            mask[span.start_ms * self.rate // 1000 : span.end_ms * self.rate // 1000] = True
        return mask


def listen(path: Path) -> Heard:
    samples, rate = read_wav(path)
    return Heard(caller=samples[:, CALLER], agent=samples[:, AGENT], rate=rate)


def in_words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower().replace("\u2019", "'"))


def shared_words(said: Sequence[str], recognized: Sequence[str]) -> float:
    """The share of the words said that were recognized, each counted as often as it was said."""
    left = list(recognized)
    found = 0
    for word in said:
        if word in left:
            left.remove(word)
            found += 1
    return found / len(said) if said else 0.0


def _joined(spans: Sequence[Span], *, within_ms: int) -> list[Span]:
    joined: list[Span] = []
    for span in spans:
        if joined and span.start_ms - joined[-1].end_ms < within_ms:
            joined[-1] = Span(joined[-1].start_ms, span.end_ms)
        else:
            joined.append(span)
    return joined


def _dbfs(samples: Samples) -> float:
    return float(20 * np.log10(max(1e-7, float(np.sqrt(np.mean(np.square(samples.astype(np.float32))))) / 32768)))


@cache
def _recognizer() -> Any:
    return Transcriber(model_path=str(get_model_path("tiny-en")), model_arch=ModelArch.TINY)


def _recognize(samples: npt.NDArray[np.float32]) -> str:
    transcript = _recognizer().transcribe_without_streaming(samples.tolist(), RECOGNIZER_RATE)
    return " ".join(line.text for line in transcript.lines)
