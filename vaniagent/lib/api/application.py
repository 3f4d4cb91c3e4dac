"""/v1 as an ASGI application: one thread for each request, one hop there and one back."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, Final
from urllib.parse import quote_from_bytes

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections, connection
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from vaniagent.lib.api import chain
from vaniagent.lib.api.middleware import MAX_BODY_BYTES

# A connection that has rested for so long may have died meanwhile.
LOOK_AFTER_SECONDS: Final = 10.0

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

# Every printable character that a query may hold as it is.
_QUERY_CHARACTERS: Final = "".join(map(chr, range(0x21, 0x7F)))

_thread = threading.local()


class ApiApplication:
    """Answers HTTP under /v1.

    Django's own handler goes between the event loop and a thread made for the request several times; here the loop
    reads the body, and a thread that stays does all the rest. So does the thread's database connection where the pool
    has enough of them.
    """

    def __init__(self, *, threads: int, keeps_connections: bool) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="api")
        self._answer = _answer_and_keep if keeps_connections else _answer_and_close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read_body(receive)
        if body is None:
            return

        # In a context of its own: what a thread was told for one request, such as a language, is not there for the next.
        in_thread = partial(copy_context().run, self._answer, scope, body)
        response = await asyncio.get_running_loop().run_in_executor(self._threads, in_thread)
        await send({"type": "http.response.start", "status": response.status_code, "headers": _headers(response)})
        if isinstance(response, HttpResponse):
            await send({"type": "http.response.body", "body": response.content})
        elif isinstance(response, StreamingHttpResponse):
            await _stream(response, send)


def _answer_and_close(scope: Scope, body: bytes) -> HttpResponseBase:
    try:
        return _answer(scope, body)
    finally:
        close_old_connections()


def _answer_and_keep(scope: Scope, body: bytes) -> HttpResponseBase:
    if time.monotonic() - getattr(_thread, "used_at", 0.0) > LOOK_AFTER_SECONDS:
        _close_connection(unless=connection.is_usable)
    try:
        return _answer(scope, body)
    finally:
        _close_connection(unless=lambda: not connection.errors_occurred)
        _thread.used_at = time.monotonic()


def _close_connection(*, unless: Callable[[], bool]) -> None:
    """Give it back to the pool, which looks at it and opens another for it."""
    if connection.connection is not None and not unless():
        connection.close()


def _answer(scope: Scope, body: bytes) -> HttpResponseBase:
    return chain.answer(ASGIRequest(_with_ascii_query(scope), io.BytesIO(body)))


async def _read_body(receive: Receive) -> bytes | None:
    """The body, of one that is too large no more than tells so; None where the client went away before its end."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")[: MAX_BODY_BYTES + 1 - len(body)]
        if not message.get("more_body", False):
            return bytes(body)


async def _stream(response: StreamingHttpResponse, send: Send) -> None:
    """Send an answer piece by piece. The database work of its iterator has a thread of its own."""
    async with ThreadSensitiveContext():
        try:
            async for part in _parts(response):
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body"})
        finally:
            await sync_to_async(response.close)()


async def _parts(response: StreamingHttpResponse) -> AsyncIterator[bytes]:
    """The pieces, each when it is wanted. Django would make all of a plain iterator's first."""
    if response.is_async:
        async for part in response:
            yield part
        return
    parts = iter(response)
    following = sync_to_async(lambda: next(parts, None))
    while (made := await following()) is not None:
        yield made


def _headers(response: HttpResponseBase) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]


def _with_ascii_query(scope: Scope) -> Scope:
    """The scope with a query that can be decoded: bytes that nobody may send unescaped are escaped."""
    query: bytes = scope["query_string"]
    return scope if query.isascii() else {**scope, "query_string": quote_from_bytes(query, _QUERY_CHARACTERS).encode()}
