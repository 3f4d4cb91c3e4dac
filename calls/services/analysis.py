"""After a call: its transcript and recording are announced, and what was said and heard is looked into."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from calls import events
from calls.analysis.latency import HeardLatency, Span, heard_latency
from calls.analysis.sentiment import sentiment
from calls.analysis.summary import LlmSummarizer, SaidTurn, SummaryError, extract
from calls.audio.wav import BadWav, read_wav, repair_wav
from calls.models import Call, Recording, Transfer, Turn
from calls.services import searching

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Sound:
    """The recording as it stands on disk."""

    path: str
    rate: int
    duration_ms: int
    size_bytes: int
    latency: HeardLatency | None


def analyse_call(*, call_id: int, at: datetime) -> None:
    """Look into a call that has ended. Safe to repeat: the findings and their events are stored once.

    The slow part (the recording, a language model) runs before the transaction.
    """
    call = Call.objects.select_related("agent_version").get(pk=call_id)
    if call.is_live or call.analysed_at is not None:
        return

    turns = [
        SaidTurn("agent" if turn.speaker == Turn.Speaker.AGENT else "user", turn.text)
        for turn in Turn.objects.filter(call=call, is_final=True, is_aside=False).order_by("number")
    ]
    sound = _read_recording(call) if call.answered_at else None
    summary = _summarize(call, turns) if call.answered_at else None
    mood = sentiment([turn.text for turn in turns if turn.speaker == "user"]) if call.answered_at else None
    _store(call=call, sound=sound, summary=summary, mood=mood, at=at)


@transaction.atomic
def _store(*, call: Call, sound: _Sound | None, summary: str | None, mood: str | None, at: datetime) -> None:
    latency = sound.latency if sound else None
    won = Call.objects.filter(pk=call.pk, analysed_at=None).update(
        analysed_at=at,
        sentiment=mood,
        summary=summary,
        heard_p50_ms=latency.p50_ms if latency else None,
        heard_p95_ms=latency.p95_ms if latency else None,
        heard_turns=latency.turns if latency else None,
    )
    if not won or call.answered_at is None:
        return

    call.refresh_from_db()
    searching.index_words(call=call)
    if sound is None:
        Recording.objects.filter(call=call).update(status=Recording.Status.FAILED)
    else:
        Recording.objects.update_or_create(
            call=call,
            defaults={
                "status": Recording.Status.READY,
                "path": sound.path,
                "sample_rate": sound.rate,
                "duration_ms": sound.duration_ms,
                "size_bytes": sound.size_bytes,
                "ready_at": at,
            },
        )
    events.record(call, "transcript.ready", at=at)
    if sound is not None:
        events.record(call, "recording.ready", at=at)


def _read_recording(call: Call) -> _Sound | None:
    """Complete the file where its writer died, and measure it. None where nothing usable was written."""
    recording = Recording.objects.filter(call=call).first()
    name = recording.path if recording else f"{call.public_id}.wav"
    path = settings.RECORDINGS_DIR / name
    try:
        repair_wav(path)
        samples, rate = read_wav(path)
    except (OSError, BadWav):
        logger.warning("a call left no readable recording", extra={"call_id": call.public_id})
        return None
    if samples.ndim != 2 or samples.shape[1] != 2 or not len(samples):
        logger.warning("a recording is not stereo, or empty", extra={"call_id": call.public_id})
        return None
    return _Sound(
        path=name,
        rate=rate,
        duration_ms=round(len(samples) * 1000 / rate),
        size_bytes=path.stat().st_size,
        latency=heard_latency(caller=samples[:, 0], agent=samples[:, 1], rate=rate, operator=_spoken_by_others(call)),
    )


def _spoken_by_others(call: Call) -> list[Span]:
    """When a person spoke in the agent's place, or the agent with somebody else, or nobody with the agent any more."""
    times = Turn.objects.filter(call=call, by_operator=True).values_list("start_ms", "end_ms")
    spoken = [Span(start, end) for start, end in times if start is not None and end is not None]
    answered = Transfer.objects.filter(call=call, answered_at__isnull=False).values_list("answered_at", "ended_at")
    return [*spoken, *(Span(_ms_of(call, start), _ms_of(call, end)) for start, end in answered if end is not None)]


def _ms_of(call: Call, at: datetime | None) -> int:
    """The place of a moment in the recording."""
    if at is None or call.answered_at is None:
        return 0
    return int((at - call.answered_at).total_seconds() * 1000)


def _summarize(call: Call, turns: Sequence[SaidTurn]) -> str:
    if settings.LLM_PROVIDER != "house" and turns:
        summarizer = LlmSummarizer(
            base_url=settings.LLM_BASE_URL, api_key=settings.LLM_API_KEY, model=settings.LLM_MODEL
        )
        try:
            return summarizer.summarize(turns)
        except SummaryError as error:
            logger.warning("no summary from the language model", extra={"call_id": call.public_id, "fault": str(error)})
    return extract(turns, agent_name=call.agent_version.name, ended_reason=call.ended_reason or "")
