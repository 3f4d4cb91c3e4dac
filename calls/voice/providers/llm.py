"""Language models in the pipeline: the house engine, and any endpoint that speaks OpenAI's chat protocol.

A further provider is one class beside these and a line in `make_llm`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, cast

from openai import APIError, AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk
from pipecat.frames.frames import (
    Frame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    LLMUpdateSettingsFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.llm_service import LLMService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.settings import LLMSettings

from calls.voice.config import EngineConfig
from calls.voice.providers.house import House, Message, Reply
from calls.voice.session import SessionSpec

# What a model writes at the end of its last words, and nobody hears.
HANG_UP = "<hangup>"
LOST_THREAD = "I'm sorry, I lost my train of thought. Could you say that again, please?"
MANNERS = (
    "You are speaking on the telephone. Answer in one to three short sentences made for the ear: no lists, no"
    " markup, no emoji, numbers as words. Never claim to be human. When the conversation is over, say goodbye and"
    f" end with {HANG_UP}."
)


def _settings(model: str) -> LLMSettings:
    """pipecat wants every setting named, also where there is none."""
    return LLMSettings(
        model=model,
        system_instruction=None,
        temperature=None,
        max_tokens=None,
        top_p=None,
        top_k=None,
        frequency_penalty=None,
        presence_penalty=None,
        seed=None,
        filter_incomplete_user_turns=None,
        user_turn_completion_config=None,
    )


class Mind(Protocol):
    """The conversation, as a language model needs to know it."""

    @property
    def house(self) -> House: ...

    @property
    def messages(self) -> Sequence[Message]: ...

    def ends_call_after(self, text: str) -> None:
        """The reply that ends with this text is the last."""

    def model_failed(self, detail: str) -> None: ...


class Thinker:
    """What all calls of a process think with: one thread for the house engine (a reply with embeddings takes 0.1 s),
    one client, with its open connections, for the endpoint."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="house")
        self._client: AsyncOpenAI | None = None

    def client(self, config: EngineConfig) -> AsyncOpenAI:
        if self._client is None:
            # It insists on a key; a local endpoint takes any. One retry: the time-outs above it count both.
            key = config.llm_api_key.get_secret_value() or "none"
            self._client = AsyncOpenAI(base_url=config.llm_base_url, api_key=key, max_retries=1)
        return self._client

    async def reply(self, mind: Mind) -> Reply:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, mind.house.reply, list(mind.messages))

    async def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            await self._client.close()


class HouseLLM(LLMService):
    """The embedded reply engine, as a pipecat service."""

    def __init__(self, mind: Mind, thinker: Thinker) -> None:
        super().__init__(settings=_settings("house"))
        self._mind = mind
        self._thinker = thinker

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        await self.push_frame(LLMFullResponseStartFrame())
        reply = await self._thinker.reply(self._mind)
        if reply.ends_call:
            self._mind.ends_call_after(reply.text)
        await self.push_frame(LLMTextFrame(reply.text))
        await self.push_frame(LLMFullResponseEndFrame())


class EndpointLLM(OpenAILLMService):
    """An OpenAI-compatible endpoint. When it fails before its first word, the house engine replies instead."""

    supports_developer_role = False

    def __init__(self, mind: Mind, thinker: Thinker, config: EngineConfig) -> None:
        self._shared_client = thinker.client(config)
        super().__init__(settings=OpenAILLMService.Settings(model=config.llm_model))
        self._mind = mind
        self._thinker = thinker
        self._first_token = config.llm_first_token
        self._stall = config.llm_stall
        self._held = ""
        self._said = ""

    def create_client(self, *_: object, **__: object) -> AsyncOpenAI:
        return self._shared_client

    async def attend(self, spec: SessionSpec, notes: Sequence[str]) -> None:
        """Take on this agent, and what the account has told it since."""
        told = "\n".join(f"Instruction from the account, heed it from now on: {note}" for note in notes)
        instruction = "\n\n".join(part for part in (spec.prompt, MANNERS, told) if part)
        settings = OpenAILLMService.Settings(system_instruction=instruction, temperature=spec.temperature)
        await self.queue_frame(LLMUpdateSettingsFrame(delta=settings))

    async def get_chat_completions(self, context: LLMContext) -> AsyncStream[ChatCompletionChunk]:
        async with asyncio.timeout(self._first_token):
            stream = await super().get_chat_completions(context)
        # pipecat only iterates over it and closes it.
        watched = _Watched(stream, first=self._first_token, stall=self._stall)
        return cast("AsyncStream[ChatCompletionChunk]", watched)

    async def _process_context(self, context: LLMContext) -> None:
        self._held, self._said = "", ""
        try:
            await super()._process_context(context)
        except (APIError, TimeoutError, OSError) as error:
            self._mind.model_failed(type(error).__name__)
            await self._stand_in()
            return
        await self._release(is_last=True)
        if not self._said.strip():
            self._mind.model_failed("empty")
            await self._stand_in()

    async def _stand_in(self) -> None:
        """Say something after all: the house's reply, or a word of excuse where a sentence was begun."""
        if self._said.strip():
            await super()._push_llm_text(f" {LOST_THREAD}")
            return
        reply = await self._thinker.reply(self._mind)
        if reply.ends_call:
            self._mind.ends_call_after(reply.text)
        await super()._push_llm_text(reply.text)

    async def _push_llm_text(self, text: str) -> None:
        self._held += text
        await self._release(is_last=False)

    async def _release(self, *, is_last: bool) -> None:
        """Push what cannot be the beginning of the hang-up mark."""
        if HANG_UP in self._held:
            text, self._held = self._held.split(HANG_UP, 1)[0], ""
            self._said += text
            self._mind.ends_call_after(self._said)
        elif is_last:
            text, self._held = self._held, ""
            self._said += text
        else:
            cut = self._held.rfind("<")
            keep = cut if cut != -1 and HANG_UP.startswith(self._held[cut:]) else len(self._held)
            text, self._held = self._held[:keep], self._held[keep:]
            self._said += text
        if text:
            await super()._push_llm_text(text)


class _Watched:
    """A stream of chunks that may not be silent for long."""

    def __init__(self, stream: AsyncStream[ChatCompletionChunk], *, first: float, stall: float) -> None:
        self._stream = stream
        self._first = first
        self._stall = stall

    async def __aiter__(self) -> AsyncIterator[ChatCompletionChunk]:
        chunks = aiter(self._stream)
        patience = self._first
        while True:
            try:
                async with asyncio.timeout(patience):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            if chunk.choices:
                patience = self._stall
            yield chunk

    async def close(self) -> None:
        await self._stream.close()


class FakeLLM(LLMService):
    """Replies what the test says, one after another."""

    def __init__(self, *replies: str) -> None:
        super().__init__(settings=_settings("fake"))
        self.replies = list(replies)
        self.asked: list[list[Any]] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        self.asked.append(list(frame.context.messages))
        await self.push_frame(LLMFullResponseStartFrame())
        await self.push_frame(LLMTextFrame(self.replies.pop(0) if self.replies else "I see."))
        await self.push_frame(LLMFullResponseEndFrame())


def make_llm(config: EngineConfig, mind: Mind, thinker: Thinker) -> LLMService[Any]:
    if config.llm == "openai":
        return EndpointLLM(mind, thinker, config)
    return HouseLLM(mind, thinker)
