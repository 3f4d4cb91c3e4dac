"""The bridge between the queue and the conversations: one per calls worker process.

One thread has the process's event loop, on which all its conversations run with one bus and one set of models. A
task of the queue submits its call there and waits. Everything that is stored goes through services, on a few threads
with connections of their own.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Protocol

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from calls import bus, sessions, tasks
from calls.models import Call
from calls.reports import Reports, persist
from calls.services import control, lifecycle, pre_dial
from calls.services.background import Jobs
from calls.services.lifecycle import Claim, Superseded
from calls.sessions import Session
from calls.telephony.base import EndedBy, EndReason
from calls.voice.session import EventSink, Outcome, SessionSpec

logger = logging.getLogger(__name__)

START_SECONDS: Final = 120.0
BEAT_SECONDS: Final = 5.0
# After a beat that failed: the reaper gives the living no longer to say so when the database is back.
BEAT_AGAIN_SECONDS: Final = 1.0
# How long a claimed call waits for somebody to hold its leg, and how often it looks.
HOLDER_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.25
# A worker that is told to stop lets its conversations come to a turn's end, but no longer than this.
DRAIN_SECONDS: Final = 2.5
STOP_SECONDS: Final = 2.0

SUPERSEDED: Final = Outcome("superseded")
RELEASED: Final = Outcome("released")


class Conversations(Protocol):
    """The voice engine, as this bridge needs it. `calls.voice.engine.Engine` is one."""

    async def start(self) -> None:
        """Load the models and listen to the bus."""

    async def close(self) -> None:
        """Free the models."""

    async def converse(self, spec: SessionSpec, sink: EventSink) -> Outcome:
        """Talk until the leg ends or somebody else has the call. May be cancelled."""

    async def drain(self, *, limit: float) -> None:
        """Let each conversation end as "released", between two turns or at the limit (seconds)."""

    def wind_up(self, call_id: str, reason: str) -> bool:
        """Have the agent say goodbye and hang up, for this reason. False where the call is not talked in (yet)."""


class NotStarted(RuntimeError):
    """A call came to a process that has no runtime: it consumes the calls queue without being a calls worker."""


class _Drive:
    """One call that this process drives."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.is_winding_up = False
        # Set from outside the conversation: how it is to end.
        self.stopped: Outcome | None = None
        self.talk: asyncio.Task[Outcome] | None = None

    def begin(self, talk: asyncio.Task[Outcome]) -> None:
        self.talk = talk
        if self.stopped is not None:
            talk.cancel()

    def stop(self, outcome: Outcome) -> None:
        """End the conversation where it is. What it has reported is still written."""
        if self.stopped is None:
            self.stopped = outcome
            if self.talk is not None:
                self.talk.cancel()


class Runtime:
    """A process's conversations. `start`, `run_call`, `drain` and `stop` are for other threads."""

    def __init__(self, *, make_engine: Callable[[bus.Bus], Conversations], jobs: Jobs | None = None) -> None:
        self.name = bus.process_name("worker")
        self._make_engine = make_engine
        self._jobs = jobs or Jobs()
        self._drives: dict[str, _Drive] = {}
        self._holders: set[str] = set()
        self._draining: asyncio.Task[None] | None = None
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="conversations", daemon=True)

    # --- From other threads ---

    def start(self) -> None:
        """Start the loop and return when the models are loaded. Raises what went wrong."""
        self._thread.start()
        self._ready.result(START_SECONDS)

    def run_call(self, call_id: int | str) -> None:
        """Drive a call until it has ended, or another worker has it. At once, where there is nothing to do."""
        asyncio.run_coroutine_threadsafe(self._drive(call_id), self._loop).result()

    def drain(self) -> None:
        """Take no more calls and hand on those that run. Returns at once; `run_call` returns as each is handed on."""
        self._loop.call_soon_threadsafe(self._begin_drain)

    def stop(self) -> None:
        """End the loop. What still runs is handed on by the witness, not by us: drain first."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(STOP_SECONDS)
        self._jobs.close(wait=False)

    # --- On the loop ---

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
                return
            # Without its loop the process would take calls and let each of them fail: it ends, and is started anew.
            logger.critical("the event loop of the conversations broke", exc_info=True)
            os.kill(os.getpid(), signal.SIGTERM)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        async with bus.Bus(url=settings.REDIS_URL, name=self.name, prefix=settings.BUS_PREFIX) as the_bus:
            self._bus = the_bus
            self._engine = self._make_engine(the_bus)
            await self._engine.start()
            self._ready.set_result(None)
            beat = self._loop.create_task(self._beat())
            try:
                await self._stopping.wait()
            finally:
                beat.cancel()
                if self._draining is not None:
                    self._draining.cancel()
                await self._say_farewell()
                await self._engine.close()

    async def _drive(self, call_id: int | str) -> None:
        if self._draining is not None:
            await self._jobs.run(_give_back, call_id)
            return
        claim = await self._jobs.run(lifecycle.claim_call, call_id=call_id, worker=self.name, at=timezone.now())
        if claim is None:
            return

        structlog.contextvars.bind_contextvars(call_id=claim.call_id)
        drive = self._drives[claim.call_id] = _Drive(claim)
        try:
            await self._see_through(drive)
        except Superseded:
            logger.info("another worker has the call")
        except Exception:  # whatever went wrong here, the person on the phone must not be left with silence
            logger.exception("a conversation broke")
            await self._break_off(claim)
        finally:
            if self._drives.get(claim.call_id) is drive:
                del self._drives[claim.call_id]

    async def _see_through(self, drive: _Drive) -> None:
        """Converse until there is an outcome, and store it. Raises Superseded."""
        claim = drive.claim
        if not await self._may_dial(claim):
            return
        give_up_at = self._loop.time() + HOLDER_SECONDS
        while True:
            session = await persist(self._jobs, sessions.load_session, claim=claim, at=timezone.now())
            outcome = await self._converse(drive, session) if session else None
            if outcome is None or outcome.kind == "media_lost":
                is_dialled = await persist(self._jobs, lifecycle.is_dialled, call_id=claim.call_id)
                if not is_dialled and drive.stopped is None and self._draining is None:
                    # Nobody holds the leg yet, so that another holder may dial it.
                    if self._loop.time() < give_up_at:
                        await asyncio.sleep(LOOK_SECONDS)
                        continue
                    await self._give_up(claim)
                    return
            await self._finish(claim, drive.stopped or outcome or RELEASED)
            return

    async def _may_dial(self, claim: Claim) -> bool:
        """Ask the customer's own server, where there is one to be asked. Raises Superseded."""
        question = await persist(self._jobs, pre_dial.next_question, call_id=claim.call_id, at=timezone.now())
        if question is None:
            return True
        verdict = await pre_dial.ask(question)
        fence = {"call_id": claim.call_id, "token": claim.token}
        return await persist(self._jobs, pre_dial.settle, **fence, verdict=verdict, at=timezone.now())

    async def _converse(self, drive: _Drive, session: Session) -> Outcome:
        """The conversation beside the task that writes what it reports; ends when both have."""
        spec = session.spec
        self._holders.add(spec.holder)
        reports = Reports(call=session.call, token=spec.token, jobs=self._jobs)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(reports.drain())
                talk = group.create_task(self._engine.converse(spec, reports))
                drive.begin(talk)
                try:
                    outcome = await talk
                except asyncio.CancelledError:
                    if drive.stopped is None:
                        raise
                    outcome = drive.stopped
                reports.close()
        except* Superseded:
            outcome = SUPERSEDED
        return outcome

    async def _finish(self, claim: Claim, outcome: Outcome) -> None:
        """Store how the conversation ended. Raises Superseded."""
        at = timezone.now()
        fence = {"call_id": claim.call_id, "token": claim.token}
        platform = EndedBy.PLATFORM
        match outcome.kind:
            case "ended":
                end = {"reason": outcome.reason, "by": outcome.by}
                await persist(self._jobs, lifecycle.complete_call, **fence, **end, at=at)
            case "media_lost":
                end = {"reason": EndReason.MEDIA_LOST, "by": platform}
                await persist(self._jobs, lifecycle.complete_call, **fence, **end, at=at)
            case "released":
                await persist(self._jobs, lifecycle.release_call, **fence, at=at)
            case "superseded":
                logger.info("another worker has the call")
            case "transferred":
                logger.info("the caller talks with somebody else")

    async def _give_up(self, claim: Claim) -> None:
        await persist(
            self._jobs,
            lifecycle.complete_undialled,
            call_id=claim.call_id,
            reason=EndReason.NO_CAPACITY,
            by=EndedBy.PLATFORM,
            at=timezone.now(),
        )

    async def _break_off(self, claim: Claim) -> None:
        """End a call that we cannot drive: another worker would fail likewise."""
        try:
            await self._jobs.run(_hang_up, claim)
            await persist(
                self._jobs,
                lifecycle.complete_call,
                call_id=claim.call_id,
                token=claim.token,
                reason=EndReason.INTERNAL_ERROR,
                by=EndedBy.PLATFORM,
                at=timezone.now(),
            )
        except (Superseded, DatabaseError, InterfaceError):
            logger.warning("a broken call is left to the reaper", exc_info=True)

    async def _beat(self) -> None:
        """Every few seconds: keep the leases, and hold the next minute's credits."""
        pause = BEAT_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = BEAT_SECONDS
            tokens = {call_id: drive.claim.token for call_id, drive in self._drives.items()}
            if not tokens:
                continue
            try:
                lost = await self._jobs.run(lifecycle.renew_leases, worker=self.name, tokens=tokens)
                for call_id in lost & self._drives.keys():
                    if self._drives[call_id].claim.token == tokens[call_id]:
                        self._drives[call_id].stop(SUPERSEDED)
                exhausted = await self._jobs.run(lifecycle.extend_holds, worker=self.name, at=timezone.now())
                for call_id in exhausted & self._drives.keys():
                    self._wind_up(self._drives[call_id])
            except Exception:  # the leases of all calls hang on this task, whatever fails in it
                logger.warning("a beat of this worker failed", exc_info=True)
                pause = min(BEAT_AGAIN_SECONDS, BEAT_SECONDS)

    def _wind_up(self, drive: _Drive) -> None:
        if not drive.is_winding_up:
            # A call that was just taken over is not talked in yet: the next beat says it again.
            drive.is_winding_up = self._engine.wind_up(drive.claim.call_id, EndReason.CREDITS_EXHAUSTED)

    def _begin_drain(self) -> None:
        if self._draining is None:
            self._draining = self._loop.create_task(self._drain())

    async def _drain(self) -> None:
        """Raises nothing: what the engine does not release in time is released without it."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS + 0.5):
                await self._engine.drain(limit=DRAIN_SECONDS)
        except TimeoutError:
            logger.warning("the conversations did not come to a pause in time")
        for drive in self._drives.values():
            drive.stop(RELEASED)

    async def _say_farewell(self) -> None:
        """Tell the holders that we go on purpose, or they take it for a death."""
        for holder in self._holders:
            self._bus.send(holder, bus.Farewell("", 0))
        try:
            await self._bus.flush()
        except bus.BusAway:
            logger.warning("nobody could be told that this worker ends")


def _give_back(call_id: int | str) -> None:
    call = Call.objects.filter(lifecycle.named(call_id)).only("pk", "public_id").first()
    if call is not None:
        tasks.queue_call(call.pk, takeover=lifecycle.is_dialled(call_id=call.public_id))


def _hang_up(claim: Claim) -> None:
    """Have the leg ended. Raises Superseded: a call that another worker drives is not ours to end."""
    call = Call.objects.filter(public_id=claim.call_id, token=claim.token, status__in=Call.LIVE).first()
    if call is None:
        raise Superseded(claim.call_id)
    control.publish_hang_up(call=call, by=EndedBy.PLATFORM, reason=EndReason.INTERNAL_ERROR)


# --- This process's own ------------------------------------------------------------------------------------------------

_runtimes: list[Runtime] = []


def start(*, make_engine: Callable[[bus.Bus], Conversations]) -> Runtime:
    """Make this process a calls worker."""
    runtime = Runtime(make_engine=make_engine)
    runtime.start()
    _runtimes.append(runtime)
    return runtime


def run_call(*, call_id: int | str) -> None:
    """Drive a call in this process. Raises NotStarted."""
    if not _runtimes:
        raise NotStarted

    _runtimes[-1].run_call(call_id)
