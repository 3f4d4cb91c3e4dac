"""A client that does not read costs a bounded amount of memory, is closed, and loses nothing when it comes back.

On a real web process: what piles up below the application is not seen from within it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from channels.layers import get_channel_layer
from django.conf import settings
from django.utils import timezone

from calls import events
from calls.models import Call, CallEvent
from conftest import make_key
from ops.processes import LOOPBACK
from tests.raw_socket import RawSocket
from tests.web_processes import web_process

pytestmark = pytest.mark.django_db(transaction=True)

STORED = 3_000
FLOOD = 12_000
TEXT = "x" * 1_000
MOST_GROWTH = 24 * 1024 * 1024


@pytest.fixture
def call(agent: Any) -> Call:
    """A call with more in its log than a page, or than a socket's buffers hold."""
    now = timezone.now()
    call = Call.objects.create(
        account=agent.account,
        agent=agent,
        agent_version=agent.current,
        to_number="+14155550100",
        created_at=now,
        last_seq=STORED,
    )
    CallEvent.objects.bulk_create(
        CallEvent(call=call, seq=seq, type="call.note", data={"text": TEXT}, at=now) for seq in range(1, STORED + 1)
    )
    return call


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with web_process(tmp_path / "web.log") as port:
        yield port


def client(port: int, key: str, **options: int) -> RawSocket:
    opened = RawSocket(port, **options)
    opened.send(type="auth", api_key=key)
    assert opened.receive() == {"type": "authenticated"}
    return opened


def flood(call: Call, number: int) -> None:
    """Interim transcripts, as a worker announces them."""
    layer = get_channel_layer()
    message = layer.serialize(
        {"type": "feed.message", "message": events.interim(call, speaker="user", text=TEXT, at=timezone.now())}
    )
    channel = f"asgi__group__{events.call_group(call.public_id)}"
    with redis.Redis.from_url(settings.REDIS_URL) as link:
        for _ in range(number):
            assert link.publish(channel, message) == 1


def server(port: int) -> psutil.Process:
    found = {it.pid for it in psutil.net_connections("tcp") if it.status == "LISTEN" and it.laddr == (LOOPBACK, port)}
    return psutil.Process(found.pop())


def sockets_of(process: psutil.Process, port: int) -> int:
    return sum(it.status == "ESTABLISHED" and it.laddr.port == port for it in process.net_connections("tcp"))


def test_it_is_closed_costs_little_and_resumes_without_loss(port, account, call):
    key = make_key(account)
    process = server(port)
    # A first client warms the process up, and reads all there is, in order.
    reader = client(port, key)
    reader.send(type="subscribe", call_id=call.public_id)
    assert [reader.receive().get("seq") for _ in range(STORED + 1)] == [None, *range(1, STORED + 1)]
    reader.close()
    before = process.memory_info().rss

    stuck = client(port, key, receive_buffer=4096)
    stuck.send(type="subscribe", call_id=call.public_id)
    assert stuck.receive()["type"] == "subscribed"
    flood_until_closed(call, process, port)
    grown = process.memory_info().rss - before

    seen = [message["seq"] for message in stuck.messages() if "seq" in message]
    again = client(port, key)
    again.send(type="subscribe", call_id=call.public_id, after=seen[-1])
    rest = [again.receive().get("seq") for _ in range(STORED - seen[-1] + 1)][1:]
    assert seen + rest == [*range(1, STORED + 1)]
    assert rest
    assert grown < MOST_GROWTH


def flood_until_closed(call: Call, process: psutil.Process, port: int) -> None:
    for _ in range(FLOOD // 500):
        try:
            flood(call, 500)
        except AssertionError:
            # Nobody follows the call any more.
            break
    for _ in range(100):
        if sockets_of(process, port) == 0:
            return
        threading.Event().wait(0.1)
    pytest.fail("the socket is still open")


def test_a_client_that_reads_late_is_told_why(port, account, call):
    key = make_key(account)
    late = client(port, key, receive_buffer=4096)
    late.send(type="subscribe", call_id=call.public_id)
    assert late.receive()["type"] == "subscribed"

    flooding = threading.Thread(target=ignore_the_end, args=(call,))
    flooding.start()
    started = time.monotonic()
    for _ in late.messages():
        # Slower than what comes.
        threading.Event().wait(0.0005)
        assert time.monotonic() - started < 60
    flooding.join()

    assert late.close_code in (4413, None)


def ignore_the_end(call: Call) -> None:
    try:
        flood(call, FLOOD)
    except AssertionError:
        return
