"""Two gateways side by side, as processes: what a dead one kept registered is the other's, and answers there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from accounts.models import Account
from agents.models import Agent
from calls import bus, tasks
from calls.models import Call, Leg, LineRegistration, PhoneLine
from calls.services import lifecycle, lines
from calls.tests.gateway.process import a_gateway, until
from tests.phone.incoming import OURS, Telephone
from tests.phone.kamailio import PASSWORD, USER
from tests.phone.registrar import registrar

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True)]

ENV = {"PHONE_LINES_ALLOW_PRIVATE": "1", "SIP_HOST": "127.0.0.1", "SIP_PORT": "0"}


@contextmanager
def a_registrar(folder: Path) -> Iterator[int]:
    """It keeps an address that answers no more beside the new one until it expires, as most do."""
    with asyncio.Runner() as runner:
        running = registrar(folder, contacts=2)
        yield runner.run(_enter(running))
        runner.run(running.__aexit__(None, None, None))


async def _enter(running: AbstractAsyncContextManager[int]) -> int:
    return await running.__aenter__()


@pytest.fixture
def line(account: Account, agent: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneLine]:
    monkeypatch.setattr(tasks.check_line, "delay", lambda *, line_pk: None)
    monkeypatch.setattr(settings, "PHONE_LINES_ALLOW_PRIVATE", True)
    with a_registrar(tmp_path) as port:
        yield lines.create_line(
            account=account,
            kind="sip",
            numbers=[OURS],
            at=timezone.now(),
            name="Trunk",
            domain="127.0.0.1",
            port=port,
            username=USER,
            password=PASSWORD,
            register=True,
            inbound_agent=agent,
        )


def test_a_dead_gateways_lines_are_anothers(line: PhoneLine, tmp_path: Path) -> None:
    prefix = bus.process_name("test")
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    with (
        ThreadPoolExecutor(1) as people,
        a_gateway(folders[0], prefix, **ENV) as first,
        redis.Redis.from_url(settings.REDIS_URL) as wire,
    ):

        def is_answered(caller: str) -> str:
            """Who answers a call to the registrar, which knows no more than an address. The test is the worker."""
            telephone = Telephone(caller).is_answered().hangs_up()
            calling = people.submit(asyncio.run, telephone.call(tmp_path, line.port or 0))
            until(lambda: wire.lpop(tasks.CALLS_QUEUE))
            call = Call.objects.get(from_number=caller)
            claim = lifecycle.claim_call(call_id=call.public_id, worker="worker-1", at=timezone.now())
            assert claim is not None
            holder = Leg.objects.get(call=call).holder
            wire.publish(bus.channel(prefix, holder), bus.encode("worker-1", [bus.Dial(call.public_id, claim.token)]))
            assert calling.result()
            until(lambda: not Call.objects.get(pk=call.pk).is_live)
            return holder

        until(lambda: PhoneLine.objects.get().status == PhoneLine.Status.READY)
        with a_gateway(folders[1], prefix, **ENV):
            before = is_answered("+14155550111")
            first.kill()
            killed_at = timezone.now()
            until(lambda: LineRegistration.objects.exclude(holder=before).exists())
            until(lambda: PhoneLine.objects.filter(checked_at__gt=killed_at, status="ready").exists())
            after = is_answered("+14155550112")

    assert before != after
    assert LineRegistration.objects.get().holder == after
