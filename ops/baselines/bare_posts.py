"""Signs bodies and posts them with aiohttp, four at a time to each address, over connections that stay open.

No outbox: nothing is stored, nothing is tried again, no address is checked, nothing keeps an order.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import deque

import aiohttp

from ops.load.child import serve

AT_ONCE = 4


def send(endpoints: list[list[str]], count: int) -> dict[str, float]:
    """Post so many events to the endpoints in turn. Gives seconds, and those of CPU."""
    bodies: list[deque[bytes]] = [deque() for _ in endpoints]
    for number in range(count):
        bodies[number % len(endpoints)].append(make_body(number, f"call_bench{number}"))
    began, began_cpu = time.monotonic(), time.process_time()
    asyncio.run(_send_all(endpoints, bodies))
    return {"seconds": time.monotonic() - began, "cpu": time.process_time() - began_cpu}


async def _send_all(endpoints: list[list[str]], bodies: list[deque[bytes]]) -> None:
    numbers = itertools.count()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session, asyncio.TaskGroup() as group:
        for (url, secret), waiting in zip(endpoints, bodies, strict=True):
            for _ in range(AT_ONCE):
                group.create_task(_send_to(session, url, secret, waiting, numbers))


async def _send_to(
    session: aiohttp.ClientSession, url: str, secret: str, waiting: deque[bytes], numbers: itertools.count[int]
) -> None:
    while waiting:
        body = waiting.popleft()
        headers = {
            "Content-Type": "application/json",
            "X-Vaniagent-Delivery": f"whd_{next(numbers)}",
            "X-Vaniagent-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
        }
        async with session.post(url, data=body, headers=headers) as answer:
            await answer.read()
            answer.raise_for_status()


def make_body(number: int, subject: str) -> bytes:
    """A body such as an event's, which tells the receiver its number and its age."""
    link = f"https://api.example.com/files/transcripts/{subject}?expires=1705919945&signature={'0' * 43}"
    data = {
        "call_id": subject,
        "agent_id": "agent_abc123",
        "status": "completed",
        "metadata": {"n": number, "at": time.monotonic(), "customer_id": "cust_123"},
        "duration": 245,
        "ended_reason": "user_hangup",
        "transcript_url": link,
        "recording_url": link,
    }
    return json.dumps({"event": "call.completed", "timestamp": "2024-01-15T10:39:05Z", "data": data}).encode()


if __name__ == "__main__":
    serve({"send": send})
