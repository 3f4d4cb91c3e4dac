"""The legs that this process holds: those whose sockets were opened here.

A web process becomes a leg holder with its first media socket, under a name of its own, and stays one until it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import sys
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.conf import settings
from twisted.internet.defer import Deferred

from calls.audio.speech_client import SpeechClient
from calls.bus import Bus, process_name
from calls.leg_store import DjangoLegStore
from calls.services.background import Jobs
from calls.telephony.base import LegKind
from calls.telephony.browser import BrowserLine, browser_legs
from calls.telephony.holder import Holder
from calls.telephony.recording import Recorder
from calls.telephony.relayed import RelayedLines, relayed_legs

logger = logging.getLogger(__name__)

READY_SECONDS: Final = 5.0
CLOSE_SECONDS: Final = 6.0


class NotReady(Exception):
    """This process cannot hold legs now: its stores are away, or it is ending."""


class WebLegs:
    """This process as a leg holder, for as long as its event loop runs."""

    def __init__(self) -> None:
        self.name = process_name("web")
        # Open sockets, by call.
        self.lines: dict[str, BrowserLine] = {}
        self._holder: Holder | None = None
        self._is_ready = asyncio.Event()
        self._task = asyncio.create_task(self._hold(), name="web-legs")
        self._task.add_done_callback(_tell_fault)
        _end_with_server(self)

    @property
    def is_over(self) -> bool:
        return self._task.done()

    @property
    def live(self) -> int:
        """Legs that have not ended."""
        return self._holder.live if self._holder is not None else 0

    async def ready(self) -> None:
        """Wait until workers can find and reach this holder. Raises NotReady."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._is_ready.wait()
        except TimeoutError:
            raise NotReady from None
        if self.is_over or len(self.lines) >= settings.MEDIA_MAX_SOCKETS:
            raise NotReady

    async def close(self) -> None:
        """End the legs and store their ends. Safe to repeat."""
        if self._holder is not None:
            self._holder.stop()
            await asyncio.wait({self._task}, timeout=CLOSE_SECONDS)
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _hold(self) -> None:
        recorder = Recorder(settings.RECORDINGS_DIR)
        with contextlib.closing(recorder), Jobs() as jobs:
            async with (
                SpeechClient(settings.SPEECH_URL) as speech,
                Bus(url=settings.REDIS_URL, name=self.name, prefix=settings.BUS_PREFIX) as wire,
            ):
                store = DjangoLegStore(name=self.name, kind="web", jobs=jobs)
                relayed = RelayedLines(find=store.free_gateway, send=wire.send)
                others = dict.fromkeys((LegKind.SANDBOX, LegKind.SIP, LegKind.TWILIO), relayed_legs(relayed))
                self._holder = Holder(
                    wire=wire,
                    store=store,
                    kinds={LegKind.BROWSER: browser_legs(self.lines), **others},
                    recorder=recorder,
                    synthesizer=speech,
                    most_legs=settings.MEDIA_MAX_SOCKETS,
                    relay=relayed,
                )
                async with asyncio.TaskGroup() as group:
                    saying = group.create_task(self._say_ready(wire, self._holder))
                    await self._holder.run()
                    saying.cancel()
        logger.info(
            "this web process holds no more legs",
            extra={"holder": self.name, "worst_tick_ms": round(self._holder.lateness.worst * 1000)},
        )

    async def _say_ready(self, wire: Bus, holder: Holder) -> None:
        await wire.subscribed.wait()
        await holder.is_known.wait()
        self._is_ready.set()


def web_legs() -> WebLegs:
    """Those of the running loop; begun anew where they broke."""
    loop = asyncio.get_running_loop()
    legs = _BY_LOOP.get(loop)
    if legs is None or legs.is_over:
        legs = _BY_LOOP[loop] = WebLegs()
    return legs


@functools.cache
def jobs() -> Jobs:
    """The process's few threads for the database work of media sockets."""
    return Jobs()


def _tell_fault(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("the web process's leg holder broke", exc_info=error)


def _end_with_server(legs: WebLegs) -> None:
    """Under daphne: at its end, have the legs end in good order before the loop stops."""
    reactor: Any = sys.modules.get("twisted.internet.reactor")
    if reactor is None or not getattr(reactor, "running", False):
        return
    reactor.addSystemEventTrigger(
        "before", "shutdown", lambda: Deferred.fromFuture(asyncio.ensure_future(legs.close()))
    )


_BY_LOOP: WeakKeyDictionary[asyncio.AbstractEventLoop, WebLegs] = WeakKeyDictionary()
