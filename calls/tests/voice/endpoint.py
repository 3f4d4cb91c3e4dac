"""A small server that speaks OpenAI's chat protocol and streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

TOOL_CALL = {"index": 0, "id": "1", "type": "function", "function": {"name": "hang_up", "arguments": "{}"}}


class Endpoint:
    """`mood` is how it behaves."""

    def __init__(self) -> None:
        self.mood = "well"
        self.words = ["We ", "open ", "at ", "seven."]
        # What was asked for as a stream, and what only warmed the endpoint up; from which of the client's ports.
        self.requests: list[dict[str, object]] = []
        self.warm_ups: list[dict[str, object]] = []
        self.ports: list[int] = []
        self.keys: list[str] = []
        self.url = ""
        self._over = asyncio.Event()

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert request.transport is not None
        self.ports.append(request.transport.get_extra_info("peername")[1])
        if not body.get("stream"):
            self.warm_ups.append(body)
            return web.json_response(
                {"id": "0", "object": "chat.completion", "created": 0, "model": "m", "choices": []}
            )
        self.requests.append(body)
        self.keys.append(request.headers.get("Authorization", ""))
        if self.mood == "error":
            return web.json_response({"error": {"message": "no", "type": "server_error"}}, status=500)
        if self.mood == "refusal":
            return web.json_response({"error": {"message": "no", "type": "invalid_request_error"}}, status=401)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        if self.mood == "slow":
            await self._wait()
        if self.mood == "tool":
            await response.write(self._chunk(None, tool_calls=[TOOL_CALL]))
            await response.write(b"data: [DONE]\n\n")
            return response
        for n, word in enumerate(self.words):
            if self.mood == "stall" and n == 2:
                await self._wait()
            await response.write(self._chunk(word))
            if self.mood == "torn" and n == 1:
                request.transport.close()
                return response
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _wait(self) -> None:
        await self._over.wait()

    def close(self) -> None:
        self._over.set()

    @staticmethod
    def _chunk(text: str | None, **more: object) -> bytes:
        choice = {"index": 0, "delta": {"role": "assistant", "content": text, **more}, "finish_reason": None}
        body = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
        return b"data: " + json.dumps(body).encode() + b"\n\n"


@asynccontextmanager
async def serve() -> AsyncIterator[Endpoint]:
    served = Endpoint()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", served.chat)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield served
    finally:
        served.close()
        await runner.cleanup()
