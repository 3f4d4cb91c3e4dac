"""`manage.py gateway` as a process, against a real database and a real bus."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from calls import bus
from calls.models import Call, Leg, LegHolder
from calls.services import lifecycle
from calls.services.starting import start_call
from calls.tests.gateway.process import a_gateway, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def prefix() -> str:
    return bus.process_name("test")


@pytest.fixture
def gateway(tmp_path: Path, prefix: str) -> Iterator[subprocess.Popen[bytes]]:
    with a_gateway(tmp_path, prefix) as process:
        yield process


@pytest.fixture
def dial(account, agent, queued, prefix: str) -> Callable[[str], Call]:
    def dial(to_number: str) -> Call:
        """A call whose worker has just claimed it, and asked for the leg."""
        call = start_call(
            account=account,
            agent=agent,
            api_key=None,
            to_number=to_number,
            from_number=None,
            metadata={},
            at=timezone.now(),
        )
        claim = lifecycle.claim_call(call_id=call.public_id, worker="worker-1", at=timezone.now())
        assert claim is not None
        holder = LegHolder.objects.get().name
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            message = bus.encode("worker-1", [bus.Dial(call.public_id, claim.token)])
            assert client.publish(bus.channel(prefix, holder), message) == 1
        return call

    return dial


def test_a_call_without_an_answer_ends_without_a_worker(gateway, dial):
    call = dial("+15005550001")

    until(lambda: not Call.objects.get(pk=call.pk).is_live)

    call.refresh_from_db()
    assert (call.status, call.ended_reason, call.ended_by, call.duration) == ("failed", "busy", "carrier", 0)
    assert Leg.objects.get(call=call).holder == LegHolder.objects.get().name


def test_term_ends_the_legs_and_stores_their_ends(gateway, dial):
    call = dial("+15005550002")
    until(lambda: Leg.objects.get(call=call).status == "ringing")

    began = time.monotonic()
    gateway.send_signal(signal.SIGTERM)
    assert gateway.wait(10) == 0

    assert time.monotonic() - began < 5
    call.refresh_from_db()
    assert (call.status, call.ended_reason, call.ended_by) == ("failed", "media_lost", "platform")
    assert not LegHolder.objects.exists()
