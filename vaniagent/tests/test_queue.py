from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError


@pytest.fixture
def silent_redis() -> Iterator[str]:
    """Takes connections and answers nothing, as a process that stands still."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_redis_that_stands_still_holds_up_no_request(silent_redis):
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    app = Celery("queue", set_as_current=False)
    app.config_from_object(settings, namespace="CELERY")
    app.conf.update(
        broker_url=silent_redis,
        broker_transport_options={**options, "socket_timeout": options["socket_timeout"] / 20},
    )

    with pytest.raises(OperationalError):
        app.send_task("calls.tasks.run_call", queue="calls")
