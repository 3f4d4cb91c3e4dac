"""The sender: takes what is due, sends it side by side, and records what came of it.

Requests run on an event loop of their own thread; all database work happens in the thread that calls `run`. So a slow
receiver costs a waiting coroutine and no more, and nothing remote happens inside a transaction.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import logging
import threading
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from queue import SimpleQueue
from typing import Final

from celery.signals import worker_shutting_down
from django.conf import settings
from django.utils import timezone

from vaniagent.lib import outbound, sealing
from webhooks.services import deliveries
from webhooks.services.deliveries import Claim, Outcome
from webhooks.services.headers import headers_of

log = logging.getLogger(__name__)

# Attempts that have ended; None asks for another look at what is due.
News = SimpleQueue[tuple[Claim, Outcome] | None]

CAPACITY: Final = 400
# What failed the last time may well be slow again: it never takes the room of what did not.
CAPACITY_FOR_FAILING: Final = CAPACITY // 2
DEADLINE_SECONDS: float = outbound.DEADLINE_SECONDS
# A run ends after so long even if there is always more, so that the thread and its connection are not held for ever.
RUN_SECONDS: float = 60.0
# A day: seconds above it say nothing more.
_LONGEST_WAIT: Final = 86_400
# Looking up a name blocks a thread, for longer than any deadline of ours.
_LOOKUP_THREADS: Final = 256


class Sender:
    """Sends what is due, until nothing is. One run at a time in a process; a second one makes the first look again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_running = False
        self._is_stopping = False
        self._is_asked = False
        self._news: News = SimpleQueue()

    def run(self) -> None:
        """Send all that is due, or leave it to the run that is under way."""
        with self._lock:
            self._is_asked = True
            if self._is_running:
                self._news.put(None)
                return
            self._is_running = True
            # What an earlier run left in flight when it broke off is not this one's.
            self._news = SimpleQueue()
        try:
            self._run(self._news)
        except BaseException:
            with self._lock:
                self._is_running = False
            raise

    def stop(self) -> None:
        """Take nothing more; what is in flight is still recorded."""
        with self._lock:
            self._is_stopping = True

    def _run(self, news: News) -> None:
        ends_at = time.monotonic() + RUN_SECONDS
        # By claim, not by delivery: one whose lease ran out before its answer came is claimed, and sent, a second time.
        in_flight: set[Claim] = set()
        while True:
            with self._lock:
                self._is_asked = False
            is_last = self._is_stopping or time.monotonic() >= ends_at
            if not is_last:
                claims = _claim(in_flight)
                in_flight.update(claims)
                _submit(claims, news)
            if not in_flight and self._may_end(is_last=is_last):
                return
            if ended := _wait_for(news):
                deliveries.record_attempts(ended=ended, at=timezone.now())
            in_flight.difference_update(claim for claim, _ in ended)

    def _may_end(self, *, is_last: bool) -> bool:
        """Whether nobody asked for another look since this one began. If so, the next to ask runs anew."""
        with self._lock:
            # What is left after the last look is for the next run.
            if self._is_asked and not is_last:
                return False
            self._is_running = False
            return True


sender = Sender()
_under_way: set[asyncio.Task[None]] = set()


@worker_shutting_down.connect
def _stop_sender(**kwargs: object) -> None:
    sender.stop()


def _claim(in_flight: Collection[Claim]) -> list[Claim]:
    failing = sum(claim.delivery.endpoint.failing_since is not None for claim in in_flight)
    return deliveries.claim_due(
        at=timezone.now(), limit=CAPACITY - len(in_flight), limit_failing=CAPACITY_FOR_FAILING - failing
    )


def _submit(claims: Sequence[Claim], news: News) -> None:
    def start() -> None:
        for claim in claims:
            task = asyncio.ensure_future(_attempt_and_tell(claim, news))
            # The loop alone would forget it.
            _under_way.add(task)
            task.add_done_callback(_under_way.discard)

    if claims:
        _loop().call_soon_threadsafe(start)


async def _attempt_and_tell(claim: Claim, news: News) -> None:
    news.put((claim, await _attempt(claim)))


def _wait_for(news: News) -> list[tuple[Claim, Outcome]]:
    """What has ended, as soon as something has; all that has by then is written down together."""
    ended = [news.get()]
    while not news.empty():
        ended.append(news.get())
    return [each for each in ended if each is not None]


async def _attempt(claim: Claim) -> Outcome:
    """One request. Never raises: what goes wrong is this delivery's outcome and nobody else's trouble."""
    started_at = timezone.now()
    began = time.monotonic()
    answer, error, retry_at = None, "", None
    try:
        answer = await _post(claim, started_at)
        retry_at = _retry_at(answer.retry_after, timezone.now())
    except outbound.Unreachable as unreachable:
        error = str(unreachable)
    except sealing.CannotUnseal:
        error = "The signing secret cannot be read; rotate it"
        log.error("A signing secret was sealed under another SECRET_KEY")
    except Exception:
        error = "The request could not be made"
        log.exception("A webhook could not be sent", extra={"delivery_id": claim.delivery.public_id})
    return Outcome(
        started_at=started_at,
        duration_ms=round((time.monotonic() - began) * 1000),
        status_code=answer.status if answer else None,
        response=answer.text if answer else "",
        error=error,
        retry_at=retry_at,
    )


def _retry_at(header: str, now: datetime) -> datetime | None:
    """The time that a `Retry-After` names, in seconds from now or as a date; None where it names none."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return now + timedelta(seconds=min(int(text), _LONGEST_WAIT))
    try:
        named = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return named if named.tzinfo else None


async def _post(claim: Claim, at: datetime) -> outbound.Answer:
    delivery, endpoint, event = claim.delivery, claim.delivery.endpoint, claim.delivery.event
    headers = headers_of(event, delivery_id=delivery.public_id, signing_secrets=endpoint.signing_secrets(at), at=at)
    client = _client(allow_private=settings.WEBHOOKS_ALLOW_PRIVATE)
    return await client.post(endpoint.url, body=event.body.encode(), headers=headers, deadline=DEADLINE_SECONDS)


@functools.cache
def _client(*, allow_private: bool) -> outbound.Client:
    """The process's client; made on the loop, and used there alone."""
    client = outbound.Client(allow_private=allow_private)
    atexit.register(lambda: asyncio.run_coroutine_threadsafe(client.close(), _loop()).result(timeout=1))
    return client


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    """The process's loop for requests."""
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="webhook-lookup"))
    threading.Thread(target=loop.run_forever, name="webhook-sender", daemon=True).start()
    return loop
