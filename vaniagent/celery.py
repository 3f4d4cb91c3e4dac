"""The Celery application: queues by nature of the work."""

from __future__ import annotations

import os
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

from celery import Celery
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.signals import beat_init, setup_logging, worker_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaniagent.settings")

# Celery warns of root because unpickling runs code. Our messages are JSON.
warnings.filterwarnings("ignore", category=SecurityWarning)
# Celery tells at each lost connection how a future version treats tasks in progress. Ours acknowledge as they start.
warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)

app = Celery("vaniagent")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**kwargs: object) -> None:
    """Celery configures no logging of its own where somebody listens here: the LOGGING setting stays."""


@worker_init.connect
def start_conversations(sender: Any, **kwargs: object) -> None:
    """A worker that consumes new calls drives conversations: it loads their models before it takes any."""
    if "calls" in sender.app.amqp.queues.consume_from:
        # By name, and only there: the voice engine is heavy, and Django must be set up first.
        import_module("calls.worker").install()


@worker_ready.connect
@beat_init.connect
def say_ready(**kwargs: object) -> None:
    """Tell the supervisor, where one started this process."""
    if ready_file := os.environ.get("VA_READY_FILE"):
        Path(ready_file).touch()
