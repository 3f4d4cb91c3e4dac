"""A calls worker: the Celery process that drives conversations, and how many of them.

`vaniagent.celery` installs this in workers that consume the calls queue.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery.signals import task_postrun, task_received, worker_shutdown, worker_shutting_down
from django.conf import settings
from pydantic import SecretStr

from calls import runtime, tasks
from calls.bus import Bus
from calls.voice.config import EngineConfig
from calls.voice.engine import Engine

logger = logging.getLogger(__name__)


class Admission:
    """Stops consuming new calls while the worker is full, so that they wait where another worker can take them.

    Taking a call over is never refused: the threads beyond the limit are there for it. Counting and stopping happen
    as a message arrives, on the consumer's own thread and before it fetches the next, so that no call slips in.
    """

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._in_hand: set[str] = set()
        self._is_full = False

    def on_received(self, sender: Any, request: Any, **kwargs: object) -> None:
        """A message has come; `sender` is Celery's consumer."""
        if request.name != tasks.run_call.name:
            return
        with self._lock:
            self._consumer = sender
            self._in_hand.add(request.id)
            if self._is_full or len(self._in_hand) < self._limit:
                return
            self._is_full = True
        logger.info("this worker is full")
        sender.cancel_task_queue(tasks.CALLS_QUEUE)

    def on_done(self, task_id: str, **kwargs: object) -> None:
        """A task has ended, on its own thread."""
        with self._lock:
            self._in_hand.discard(task_id)
            if not self._is_full or len(self._in_hand) >= self._limit:
                return
            self._is_full = False
            consumer = self._consumer
        consumer.call_soon(self._consume_again, consumer)

    def _consume_again(self, consumer: Any) -> None:
        with self._lock:
            if self._is_full:
                return
        consumer.add_task_queue(tasks.CALLS_QUEUE)


def install() -> None:
    """Make this process a calls worker. Returns when its models are loaded and it can converse."""
    admission = Admission(limit=settings.CALLS_PER_WORKER)
    task_received.connect(admission.on_received, weak=False)
    task_postrun.connect(admission.on_done, weak=False)
    started = runtime.start(make_engine=make_engine)

    def drain(**kwargs: object) -> None:
        started.drain()

    def stop(**kwargs: object) -> None:
        started.stop()

    worker_shutting_down.connect(drain, weak=False)
    worker_shutdown.connect(stop, weak=False)


def make_engine(the_bus: Bus) -> Engine:
    """The voice engine as the settings want it."""
    config = EngineConfig(
        stt=tuple(settings.STT_PROVIDERS),
        tts=tuple(settings.TTS_PROVIDERS),
        llm=settings.LLM_PROVIDER,
        llm_base_url=settings.LLM_BASE_URL,
        llm_api_key=SecretStr(settings.LLM_API_KEY),
        llm_model=settings.LLM_MODEL,
        speech_url=settings.SPEECH_URL,
        whisper_model_dir=settings.WHISPER_MODEL_DIR,
        capacity=settings.CALLS_PER_WORKER,
    )
    return Engine(bus=the_bus, config=config)
