"""The Celery application: queues by nature of the work."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaniagent.settings")

app = Celery("vaniagent")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
