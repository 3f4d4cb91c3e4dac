from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from pydantic import SecretStr

from calls.tests.voice.stage import a_spec, noise, until
from calls.voice.config import EngineConfig
from calls.voice.providers.llm import LOST_THREAD


class Endpoint:
    """A small server that speaks OpenAI's chat protocol and streams; `mood` is how it behaves."""

    def __init__(self) -> None:
        self.mood = "well"
        self.words = ["We ", "open ", "at ", "seven."]
        self.requests: list[dict[str, object]] = []
        self.keys: list[str] = []
        self.url = ""
        self._over = asyncio.Event()

    async def chat(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(await request.json())
        self.keys.append(request.headers.get("Authorization", ""))
        if self.mood == "error":
            return web.json_response({"error": {"message": "no", "type": "server_error"}}, status=500)
        if self.mood == "refusal":
            return web.json_response({"error": {"message": "no", "type": "invalid_request_error"}}, status=401)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        if self.mood == "slow":
            await self._wait()
        for n, word in enumerate(self.words):
            if self.mood == "stall" and n == 2:
                await self._wait()
            await response.write(self._chunk(word))
            if self.mood == "torn" and n == 1:
                assert request.transport is not None
                request.transport.close()
                return response
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _wait(self) -> None:
        await self._over.wait()

    def close(self) -> None:
        self._over.set()

    @staticmethod
    def _chunk(text: str) -> bytes:
        choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
        body = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
        return b"data: " + json.dumps(body).encode() + b"\n\n"


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    served = Endpoint()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", served.chat)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield served
    served.close()
    await runner.cleanup()


@pytest.fixture
async def ask(make_stage, endpoint):
    """Asks one question in a call whose model is the endpoint; gives the stage once the reply was heard."""

    async def asked(mood: str):
        endpoint.mood = mood
        config = EngineConfig(
            prepared=0,
            has_embeddings=False,
            llm="openai",
            llm_base_url=endpoint.url,
            llm_api_key=SecretStr("secret-key"),
            llm_model="small-model",
            llm_first_token=0.6,
            llm_stall=0.6,
        )
        stage = await make_stage(hears=("When are you open?",), config=config)
        stage.converse(a_spec(notes=("Tomorrow is a holiday.",)))
        await until(lambda: len(stage.record.turns) == 1)
        stage.holder.say(noise(0.8))
        await until(lambda: len(stage.record.turns) == 3, seconds=10)
        return stage

    return asked


async def test_the_endpoints_words_are_spoken(ask, endpoint):
    stage = await ask("well")

    assert stage.record.turns[2] == ("agent", "We open at seven.")
    assert endpoint.keys == ["Bearer secret-key"]
    request = endpoint.requests[0]
    assert (request["model"], request["stream"], request["temperature"]) == ("small-model", True, 0.7)
    system, *said = request["messages"]
    assert "Oak Dental" in system["content"]
    assert "Tomorrow is a holiday." in system["content"]
    assert said == [
        {"role": "assistant", "content": "Hello, this is Ana."},
        {"role": "user", "content": "When are you open?"},
    ]


@pytest.mark.parametrize("mood", ["error", "refusal", "slow"])
async def test_the_house_replies_when_the_endpoint_does_not(ask, endpoint, mood):
    stage = await ask(mood)

    assert "8 am" in stage.record.turns[2][1]
    assert [kind for kind, _ in stage.record.heeded] == ["provider_failed"]


@pytest.mark.parametrize("mood", ["stall", "torn"])
async def test_a_reply_that_breaks_off_is_excused(ask, endpoint, mood):
    stage = await ask(mood)

    assert stage.record.turns[2][1].endswith(LOST_THREAD)
    assert [kind for kind, _ in stage.record.heeded] == ["provider_failed"]


async def test_the_model_hangs_up_with_its_mark(ask, endpoint):
    endpoint.words = ["Thank you, ", "good", "bye. <ha", "ngup>"]

    stage = await ask("well")
    outcome = await asyncio.wait_for(stage.tasks[0], 5)

    assert stage.record.turns[2] == ("agent", "Thank you, goodbye.")
    assert (outcome.reason, outcome.by) == ("agent_hangup", "agent")
