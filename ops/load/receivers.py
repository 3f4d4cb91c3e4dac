"""Customers' webhook receivers: each on a port of its own, in one process. One may be stuck: it takes all and answers nothing.

A body tells in its metadata when its event was recorded (`at`, by the machine's monotonic clock) and which of its call's
events it is (`n`).
"""

from __future__ import annotations

import asyncio
import functools
import json
import threading
import time
from typing import Any

from ops.load.child import serve
from ops.processes import LOOPBACK

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Receiver:
    """One endpoint, and what it has seen."""

    def __init__(self) -> None:
        self.is_stuck = False
        # Requests that are here and have no answer yet.
        self.unanswered = 0
        self.forget()

    def forget(self) -> None:
        self.most_unanswered = 0
        self.delays: list[float] = []
        self.seen: set[str] = set()
        self.out_of_order = 0
        self._newest: dict[str, int] = {}

    def take(self, delivery: str, body: bytes) -> None:
        now = time.monotonic()
        self.unanswered += 1
        self.most_unanswered = max(self.most_unanswered, self.unanswered)
        data = json.loads(body)["data"]
        call, told = data["call_id"], data["metadata"]
        if delivery in self.seen:
            return
        self.seen.add(delivery)
        self.delays.append(now - told["at"])
        self.out_of_order += told["n"] < self._newest.get(call, 0)
        self._newest[call] = told["n"]


class Connection(asyncio.Protocol):
    """As much of HTTP as a well-behaved client needs."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._waiting = b""
        self._is_unanswered = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._end_request()

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        head, separator, rest = self._waiting.partition(b"\r\n\r\n")
        if not separator:
            return
        lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
        headers = {name.lower(): value.strip() for name, _, value in lines}
        length = int(headers[b"content-length"])
        if len(rest) < length:
            return
        self._waiting = rest[length:]
        self._is_unanswered = True
        self._receiver.take(headers[b"x-vaniagent-delivery"].decode(), rest[:length])
        if not self._receiver.is_stuck:
            self._transport.write(ANSWER)
            self._end_request()

    def _end_request(self) -> None:
        if self._is_unanswered:
            self._is_unanswered = False
            self._receiver.unanswered -= 1


class Receivers:
    def __init__(self) -> None:
        self._receivers: list[Receiver] = []
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def listen(self, count: int) -> list[str]:
        """Open so many; gives their URLs."""
        return asyncio.run_coroutine_threadsafe(self._listen(count), self._loop).result()

    async def _listen(self, count: int) -> list[str]:
        urls = []
        for _ in range(count):
            receiver = Receiver()
            server = await self._loop.create_server(functools.partial(Connection, receiver), LOOPBACK, 0, backlog=512)
            self._receivers.append(receiver)
            urls.append(f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/webhooks")
        return urls

    def begin(self, *, is_last_stuck: bool) -> None:
        """Forget what was seen."""
        for receiver in self._receivers:
            receiver.forget()
        self._receivers[-1].is_stuck = is_last_stuck

    def count(self) -> list[int]:
        """How many deliveries each has seen."""
        return [len(receiver.seen) for receiver in self._receivers]

    def report(self) -> list[dict[str, Any]]:
        return [
            {"delays": it.delays, "most_unanswered": it.most_unanswered, "out_of_order": it.out_of_order}
            for it in self._receivers
        ]


if __name__ == "__main__":
    receivers = Receivers()
    serve({"listen": receivers.listen, "begin": receivers.begin, "count": receivers.count, "report": receivers.report})
