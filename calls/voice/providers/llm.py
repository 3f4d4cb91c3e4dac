"""Language models in the pipeline: the house engine, and any endpoint that speaks OpenAI's chat protocol.

A further provider is one class beside these and a line in `make_llm`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol, cast

import httpx2
from openai import APIError, AsyncOpenAI, AsyncStream, DefaultAsyncHttpx2Client
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

from calls.voice import keypad
from calls.voice.config import EngineConfig
from calls.voice.providers.house import House, Message, Reply
from calls.voice.session import SessionSpec
from calls.voice.transferring import manners

# What a model writes at the end of its last words, and nobody hears.
HANG_UP = "<hangup>"
# Likewise, before it gives the caller to somebody; what follows is whom, and `>`.
TRANSFER = "<transfer "
# Likewise, for digits of the caller's: how many, and `>`; and for keys that the agent presses.
DIGITS = "<digits "
PRESS = "<press "
# Likewise, before it asks for what nobody else is to hear, and once it has it.
PAUSE = "<pause recording>"
RESUME = "<resume recording>"
MARK = re.compile(
    rf"{HANG_UP}|{PAUSE}|{RESUME}|{TRANSFER}[^<>]{{1,60}}>|{DIGITS}\d{{1,2}}(?:-\d{{1,2}})?>|{PRESS}[0-9A-Da-d*#wW,]{{1,32}}>"
)
LOST_THREAD = "I'm sorry, I lost my train of thought. Could you say that again, please?"
MANNERS = (
    "You are speaking on the telephone. Answer in one to three short sentences made for the ear: no lists, no"
    " markup, no emoji, numbers as words. Never claim to be human. When the conversation is over, say goodbye and"
    f" end with {HANG_UP}. When you ask for a card number, a password or the like, end with {PAUSE}; once you have it, end with"
    f" {RESUME}, and do not repeat it."
)
# Seconds that an unused connection stays open: longer than people speak.
KEPT_ALIVE = 120.0
# What a local model may take to read a long prompt for the first time.
WARM_UP_SECONDS = 20.0


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

    def transfers_to(self, name: str, *, after: str) -> None:
        """The reply that ends with this text is the last before the call is transferred to whom is named so."""

    def collects(self, least: int, most: int) -> None:
        """So many digits of the person are waited for."""

    def presses(self, keys: str, *, after: str) -> None:
        """The agent presses these keys after this text."""

    def records(self, is_on: bool, *, after: str) -> None:
        """The recording is paused at once, or goes on after this text."""

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
            limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=KEPT_ALIVE)
            http = DefaultAsyncHttpx2Client(limits=limits)
            self._client = AsyncOpenAI(base_url=config.llm_base_url, api_key=key, max_retries=1, http_client=http)
        return self._client

    async def reply(self, mind: Mind) -> Reply:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, mind.house.reply, list(mind.messages))

    async def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            await self._client.close()


def _may_become_mark(text: str) -> bool:
    is_begun = text.startswith((TRANSFER, DIGITS, PRESS)) and len(text) < len(TRANSFER) + 62
    return is_begun or any(mark.startswith(text) for mark in (HANG_UP, PAUSE, RESUME, TRANSFER, DIGITS, PRESS))


def _carry_out(mind: Mind, mark: str, *, after: str) -> None:
    """Do what a mark at the end of this text says."""
    kind, _, what = mark.removesuffix(">").partition(" ")
    if mark == HANG_UP:
        mind.ends_call_after(after)
    elif mark in (PAUSE, RESUME):
        mind.records(mark == RESUME, after=after)
    elif kind == TRANSFER.strip():
        mind.transfers_to(what, after=after)
    elif kind == DIGITS.strip():
        least, _, most = what.partition("-")
        mind.collects(int(least), int(most or least))
    else:
        mind.presses(what, after=after)


def _heed(mind: Mind, reply: Reply) -> None:
    """Tell what is to be done once the reply is said."""
    if reply.ends_call:
        mind.ends_call_after(reply.text)
    elif reply.transfer:
        mind.transfers_to(reply.transfer, after=reply.text)


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
        _heed(self._mind, reply)
        await self.push_frame(LLMTextFrame(reply.text))
        await self.push_frame(LLMFullResponseEndFrame())


class EndpointLLM(OpenAILLMService):
    """An OpenAI-compatible endpoint. When it fails before its first word, the house engine replies instead."""

    supports_developer_role = False

    def __init__(self, mind: Mind, thinker: Thinker, config: EngineConfig) -> None:
        self._shared_client = thinker.client(config)
        super().__init__(settings=OpenAILLMService.Settings(model=config.llm_model))
        self._model = config.llm_model
        self._mind = mind
        self._thinker = thinker
        self._first_token = config.llm_first_token
        self._stall = config.llm_stall
        self._held = ""
        self._said = ""
        self._mark = ""
        self._recording_mark = ""
        self._is_warm = False

    def create_client(self, *_: object, **__: object) -> AsyncOpenAI:
        return self._shared_client

    async def attend(self, spec: SessionSpec, notes: Sequence[str]) -> None:
        """Take on this agent, and what the account has told it since."""
        told = "\n".join(f"Instruction from the account, heed it from now on: {note}" for note in notes)
        whom = manners(spec.destinations, language=spec.language)
        keys = keypad.manners(spec.keypad)
        instruction = "\n\n".join(part for part in (spec.prompt, MANNERS, whom, keys, told) if part)
        settings = OpenAILLMService.Settings(system_instruction=instruction, temperature=spec.temperature)
        await self.queue_frame(LLMUpdateSettingsFrame(delta=settings))
        if not self._is_warm and not spec.history:
            # The phone is still to ring.
            self._is_warm = True
            self.create_task(self._warm(instruction), "warm-up")

    async def _warm(self, instruction: str) -> None:
        """Open the connection, and have the prompt read: endpoints keep the beginning of what they have read."""
        client = self._shared_client.with_options(max_retries=0, timeout=WARM_UP_SECONDS)
        # Whatever is wrong shows in the first reply.
        with suppress(APIError, OSError):
            await client.chat.completions.create(
                model=self._model,
                messages=[{"role": "system", "content": instruction}, {"role": "user", "content": "Hello."}],
                max_tokens=1,
            )

    async def get_chat_completions(self, context: LLMContext) -> AsyncStream[ChatCompletionChunk]:
        async with asyncio.timeout(self._first_token):
            stream = await super().get_chat_completions(context)
        # pipecat only iterates over it and closes it.
        watched = _Watched(stream, first=self._first_token, stall=self._stall)
        return cast("AsyncStream[ChatCompletionChunk]", watched)

    async def _process_context(self, context: LLMContext) -> None:
        self._held, self._said, self._mark, self._recording_mark = "", "", "", ""
        try:
            await super()._process_context(context)
        except (APIError, TimeoutError, OSError) as error:
            self._mind.model_failed(type(error).__name__)
            await self._stand_in()
            return
        await self._release(is_last=True)
        if self._recording_mark:
            _carry_out(self._mind, self._recording_mark, after=self._said)
        if self._mark:
            _carry_out(self._mind, self._mark, after=self._said)
        elif not self._said.strip():
            self._mind.model_failed("empty")
            await self._stand_in()

    async def _stand_in(self) -> None:
        """Say something after all: the house's reply, or a word of excuse where a sentence was begun."""
        if self._said.strip():
            await super()._push_llm_text(f" {LOST_THREAD}")
            return
        reply = await self._thinker.reply(self._mind)
        _heed(self._mind, reply)
        await super()._push_llm_text(reply.text)

    async def _push_llm_text(self, text: str) -> None:
        self._held += text
        await self._release(is_last=False)

    async def _release(self, *, is_last: bool) -> None:
        """Push what cannot be the beginning of a mark. A mark counts only at the very end: a model may be
        talked into quoting it."""
        while (found := MARK.search(self._held)) is not None:
            text, self._held = self._held[: found.start()], self._held[found.end() :]
            await self._push_said(text)
            if found[0] in (PAUSE, RESUME):
                self._recording_mark = found[0]
            else:
                self._mark = found[0]
        keep = len(self._held)
        cut = self._held.rfind("<")
        if not is_last and cut != -1 and _may_become_mark(self._held[cut:]):
            keep = cut
        text, self._held = self._held[:keep], self._held[keep:]
        await self._push_said(text)

    async def _push_said(self, text: str) -> None:
        if text.strip():
            self._mark = self._recording_mark = ""
        if self._said.endswith(" "):
            # Where a mark stood between two spaces.
            text = text.lstrip(" ")
        if text:
            self._said += text
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
