"""What a conversation reports, written in order by one task, beside the event loop."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeVar

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from calls import events
from calls.models import Call
from calls.services import do_not_call, off_record, transcripts, transfers
from calls.services.background import Jobs
from calls.voice.session import Notice, Speaker, Stages

logger = logging.getLogger(__name__)

# A database that is away for a moment costs a pause, not a word.
RETRY_SECONDS: Final = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0)
# Interim transcripts are dropped while so much waits to be written.
MOST_WAITING_FOR_INTERIMS: Final = 10

R = TypeVar("R")
Write = Callable[[], Awaitable[object]]


class Reports:
    """The conversation's EventSink: `drain` writes what it hears until `close`, or until a write finds it superseded."""

    def __init__(self, *, call: Call, token: int, jobs: Jobs) -> None:
        self._call = call
        self._fence = {"call_id": call.public_id, "token": token}
        self._jobs = jobs
        self._writes: asyncio.Queue[Write | None] = asyncio.Queue()
        self._is_aside = False

    async def drain(self) -> None:
        """Write until `close`. Raises lifecycle.Superseded."""
        while (write := await self._writes.get()) is not None:
            await write()

    def close(self) -> None:
        """Nothing comes after this; `drain` ends when all before it is written."""
        self._writes.put_nowait(None)

    def interim(self, *, speaker: Speaker, text: str) -> None:
        if self._writes.qsize() < MOST_WAITING_FOR_INTERIMS:
            message = events.interim(self._call, speaker=speaker, text=text, is_aside=self._is_aside, at=timezone.now())
            self._writes.put_nowait(partial(events.abroadcast, self._call, message))

    def user_turn(self, *, text: str, start_ms: int, end_ms: int) -> None:
        self._put(transcripts.record_user_turn, text=text, start_ms=start_ms, end_ms=end_ms, is_aside=self._is_aside)

    def agent_turn_started(self, *, utterance: int, text: str, stages: Stages | None) -> None:
        latency = dataclasses.asdict(stages) if stages else None
        self._put(
            transcripts.record_agent_turn_started,
            utterance=utterance,
            text=text,
            latency=latency,
            is_aside=self._is_aside,
        )

    def agent_turn_ended(self, *, utterance: int, text: str, start_ms: int, end_ms: int, was_interrupted: bool) -> None:
        self._put(
            transcripts.record_agent_turn_ended,
            utterance=utterance,
            text=text,
            start_ms=start_ms,
            end_ms=end_ms,
            was_interrupted=was_interrupted,
        )

    def operator_turn(self, *, text: str, start_ms: int, end_ms: int) -> None:
        self._put(transcripts.record_operator_turn, text=text, start_ms=start_ms, end_ms=end_ms)

    def transfer(self, *, name: str) -> None:
        self._put(transfers.request_by_agent, name=name)

    def aside(self, *, is_on: bool) -> None:
        self._is_aside = is_on

    def operator_gone(self) -> None:
        self._put(transcripts.record_operator_gone)

    def digit(self, *, digit: str) -> None:
        self._put(transcripts.record_notice, event_type="call.digit", data={"digit": digit})

    def digits_sent(self, *, digits: str) -> None:
        self._put(transcripts.record_notice, event_type="call.digits_sent", data={"digits": digits})

    def heed(self, *, kind: Notice, detail: str = "") -> None:
        if kind == "opted_out":
            self._put(do_not_call.record_opt_out, text=detail)
            return
        if kind in ("recording_paused", "recording_resumed"):
            self._put(off_record.record_by_agent, is_on=kind == "recording_paused")
            return
        data = {"detail": detail} if detail else {}
        self._put(transcripts.record_notice, event_type=f"call.{kind}", data=data)

    def _put(self, service: Callable[..., object], **kwargs: Any) -> None:
        self._writes.put_nowait(partial(persist, self._jobs, service, **self._fence, **kwargs, at=timezone.now()))


async def persist(jobs: Jobs, service: Callable[..., R], **kwargs: Any) -> R:
    """Run a service or a read that may be repeated, again while the database is away. Raises what it raises in the end."""
    for pause in RETRY_SECONDS:
        try:
            return await jobs.run(service, **kwargs)
        except (OperationalError, InterfaceError):
            logger.warning("the database is away")
            await asyncio.sleep(pause)
    return await jobs.run(service, **kwargs)
