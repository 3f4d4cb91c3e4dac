# Made by scripts/make_async.py: change vaniagent/resources/calls.py instead.
from __future__ import annotations

import asyncio
import time
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Any, BinaryIO, Mapping, Optional, Union, cast

from vaniagent.async_resources.base import AsyncResource
from vaniagent.async_streaming import AsyncCallStream
from vaniagent.errors import VaniAgentError, WaitTimeoutError
from vaniagent.models import Call, CallSummary, SipTrace, Transcript
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import PageRequest
from vaniagent.params import RetryParams, Sandbox
from vaniagent.resources.base import segment, time_given

if TYPE_CHECKING:
    from vaniagent.raw_resources import AsyncRawCalls


class AsyncCalls(AsyncResource):
    """Calls: conversations of an agent with a person on the phone."""

    @property
    def with_raw_response(self) -> AsyncRawCalls:
        """The same methods, which give answers with their headers."""
        return cast("AsyncRawCalls", AsyncCalls(self._client.raw()))

    async def create(
        self,
        *,
        agent_id: str,
        to_number: str,
        from_number: Union[str, NotGiven, None] = NOT_GIVEN,
        metadata: Union[Mapping[str, Any], NotGiven] = NOT_GIVEN,
        sandbox: Union[Sandbox, NotGiven] = NOT_GIVEN,
        ring_timeout: Union[int, NotGiven] = NOT_GIVEN,
        scheduled_at: Union[datetime, str, NotGiven, None] = NOT_GIVEN,
        retry: Union[RetryParams, NotGiven, None] = NOT_GIVEN,
        timezone: Union[str, NotGiven, None] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> Call:
        """Place a call, now or at a later time. It is placed once, however often the request has to be sent."""
        body = given(
            agent_id=agent_id,
            to_number=to_number,
            from_number=from_number,
            metadata=metadata,
            sandbox=sandbox,
            ring_timeout=ring_timeout,
            scheduled_at=time_given(scheduled_at),
            retry=retry,
            timezone=timezone,
        )
        return await self._request(Call, "POST", "/calls", body=body, idempotency_key=idempotency_key)

    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        agent_id: Union[str, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> PageRequest[CallSummary]:
        """List calls, newest first. `async for` walks all of them; `limit` is how many a page has."""
        query = given(limit=limit, offset=offset, agent_id=agent_id, status=status)
        return self._page(CallSummary, "/calls", query)

    async def get(self, call_id: str) -> Call:
        """Get a call, with what was said so far."""
        return await self._request(Call, "GET", f"/calls/{segment(call_id)}")

    async def hangup(self, call_id: str, *, idempotency_key: Optional[str] = None) -> Call:
        """End a call, or cancel a scheduled one."""
        return await self._request(Call, "POST", f"/calls/{segment(call_id)}/hangup", idempotency_key=idempotency_key)

    async def transfer(
        self,
        call_id: str,
        *,
        name: Union[str, NotGiven] = NOT_GIVEN,
        to: Union[str, NotGiven] = NOT_GIVEN,
        mode: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> Call:
        """Have the caller given to one of the agent's `transfers`, by name or address. Events tell what becomes of it."""
        body = given(name=name, to=to, mode=mode)
        path = f"/calls/{segment(call_id)}/transfer"
        return await self._request(Call, "POST", path, body=body, idempotency_key=idempotency_key)

    async def transcript(self, call_id: str) -> Transcript:
        """Get what was said, turn by turn."""
        return await self._request(Transcript, "GET", f"/calls/{segment(call_id)}/transcript")

    async def set_recording(self, call_id: str, *, state: str, idempotency_key: Optional[str] = None) -> Call:
        """Pause the recording (`state="paused"`), or go on with it (`"recording"`)."""
        path = f"/calls/{segment(call_id)}/recording"
        return await self._request(Call, "POST", path, body=given(state=state), idempotency_key=idempotency_key)

    async def sip_trace(self, call_id: str) -> SipTrace:
        """Get the SIP messages of a call; none where it took no SIP line."""
        return await self._request(SipTrace, "GET", f"/calls/{segment(call_id)}/sip_trace")

    def stream(self, call_id: str, *, after: int = 0) -> AsyncCallStream:
        """Follow a call live: iterate for its events, from its first on (or past `after`) until its end.

        A broken connection is made anew, and nothing is lost or told twice.
        """
        return AsyncCallStream(self._client, call_id, after=after)

    async def wait(self, call_id: str, *, timeout: Optional[float] = None, poll_interval: float = 2.0) -> Call:
        """Wait until a call has ended, and get it. Raises WaitTimeoutError after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            call = await self.get(call_id)
            if call.has_ended:
                return call
            if deadline is not None and time.monotonic() + poll_interval > deadline:
                raise WaitTimeoutError(f"The call {call_id} has not ended after {timeout} seconds")
            await asyncio.sleep(poll_interval)

    async def download_recording(
        self,
        call_id: str,
        to: Union[str, PathLike[str], BinaryIO],
        *,
        timeout: float = 120.0,
        poll_interval: float = 2.0,
    ) -> int:
        """Write the recording, a stereo WAV, to a path or an open file; gives how many bytes it has.

        Waits for it at most `timeout` seconds. Raises WaitTimeoutError, and VaniAgentError where there will be none.
        """
        deadline = time.monotonic() + timeout
        while True:
            call = await self.get(call_id)
            if call.recording_url is not None:
                return await self._client.download(call.recording_url, to)
            if call.has_ended and not call.duration:
                raise VaniAgentError(f"The call {call_id} has no recording: nobody answered")
            if time.monotonic() + poll_interval > deadline:
                raise WaitTimeoutError(f"The recording of {call_id} is not ready after {timeout} seconds")
            await asyncio.sleep(poll_interval)
