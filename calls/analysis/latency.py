"""Heard latency: from the caller's last sound to the agent's first, measured on the recording.

Timers inside the pipeline miss what the line, the pacing and the recognizer's own silence add; a stereo recording
does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

FRAME_MS = 10
# A pause shorter than this belongs to the sentence that it is in.
PAUSE_MS = 300
# A sound shorter than this is a click, not a word.
WORD_MS = 60
# Speech is at least so much louder than the channel's own floor, and never quieter than the absolute threshold.
ABOVE_FLOOR_DB = 12.0
QUIETEST_DBFS = -50.0
# A reply that comes later than this answers nothing: somebody broke the silence.
LONGEST_REPLY_MS = 10_000
# How far what was recognised may lie from where it sounds on the recording.
RECOGNISED_WITHIN_MS = 300


@dataclass(frozen=True)
class Span:
    """Sound from `start_ms` to `end_ms` of the recording."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class HeardLatency:
    """Milliseconds between the caller's last sound and the agent's first, over the turns that had both."""

    p50_ms: int
    p95_ms: int
    turns: int


def speech_spans(samples: Samples, *, rate: int) -> list[Span]:
    """Where somebody speaks on one channel, pauses within a sentence bridged."""
    is_loud = _loud_frames(samples, rate=rate)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_loud.astype(np.int8), [0]))))
    spans: list[Span] = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if spans and start * FRAME_MS - spans[-1].end_ms < PAUSE_MS:
            spans[-1] = Span(spans[-1].start_ms, int(end) * FRAME_MS)
        else:
            spans.append(Span(int(start) * FRAME_MS, int(end) * FRAME_MS))
    return [span for span in spans if span.end_ms - span.start_ms >= WORD_MS]


def reply_gaps(caller: Sequence[Span], agent: Sequence[Span], *, left_out: Sequence[Span] = ()) -> list[int]:
    """For each reply of the agent's but those left out, the milliseconds of silence before it.

    A reply begins where the caller was the last to speak. Where the agent spoke over the caller there was no silence
    to measure, and that turn is left out.
    """
    gaps = []
    for reply in agent:
        if reply in left_out:
            continue
        said = [span for span in caller if span.start_ms < reply.start_ms]
        if not said or said[-1].end_ms > reply.start_ms:
            continue
        earlier = [span for span in agent if span.start_ms < reply.start_ms]
        if earlier and earlier[-1].end_ms > said[-1].end_ms:
            continue
        gap = reply.start_ms - said[-1].end_ms
        if gap <= LONGEST_REPLY_MS:
            gaps.append(gap)
    return gaps


def heard_latency(*, caller: Samples, agent: Samples, rate: int, operator: Sequence[Span] = ()) -> HeardLatency | None:
    """The call's heard latency, or None where the agent answered nothing.

    `operator`: when a person spoke in the agent's place, whose pauses are not the agent's.
    """
    spoken = speech_spans(agent, rate=rate)
    gaps = reply_gaps(speech_spans(caller, rate=rate), spoken, left_out=[s for s in spoken if _is_of(operator, s)])
    if not gaps:
        return None
    return HeardLatency(
        p50_ms=round(float(np.percentile(gaps, 50))), p95_ms=round(float(np.percentile(gaps, 95))), turns=len(gaps)
    )


def _is_of(operator: Sequence[Span], span: Span) -> bool:
    return any(
        one.start_ms - RECOGNISED_WITHIN_MS < span.end_ms and span.start_ms < one.end_ms + RECOGNISED_WITHIN_MS
        for one in operator
    )


def _loud_frames(samples: Samples, *, rate: int) -> npt.NDArray[np.bool_]:
    size = rate * FRAME_MS // 1000
    frames = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float32)
    if not len(frames):
        return np.zeros(0, dtype=np.bool_)
    power = np.sqrt(np.mean(np.square(frames), axis=1)) / 32768
    level = 20 * np.log10(np.maximum(power, 1e-7))
    # The quiet tenth of the channel is its floor: line noise, or the digital silence between sentences.
    floor = float(np.percentile(level, 10))
    is_loud: npt.NDArray[np.bool_] = level > max(floor + ABOVE_FLOOR_DB, QUIETEST_DBFS)
    return is_loud
