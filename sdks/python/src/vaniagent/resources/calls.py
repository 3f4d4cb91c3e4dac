from __future__ import annotations

import time
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Any, BinaryIO, Mapping, Optional, Union, cast

from vaniagent.errors import VaniAgentError, WaitTimeoutError
from vaniagent.models import Call, CallSummary, SipTrace, Transcript
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import Page
from vaniagent.params import RetryParams, Sandbox
from vaniagent.resources.base import Resource, segment, time_given
from vaniagent.streaming import CallStream

if TYPE_CHECKING:
    from vaniagent.raw_resources import RawCalls


class Calls(Resource):
    """Calls: conversations of an agent with a person on the phone."""

    @property
    def with_raw_response(self) -> RawCalls:
        """The same methods, which give answers with their headers."""
        return cast("RawCalls", Calls(self._client.raw()))

    def create(
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
        return self._request(Call, "POST", "/calls", body=body, idempotency_key=idempotency_key)

    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        agent_id: Union[str, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> Page[CallSummary]:
        """List calls, newest first. Iterating walks all of them; `limit` is how many a page has."""
        query = given(limit=limit, offset=offset, agent_id=agent_id, status=status)
        return self._page(CallSummary, "/calls", query)

    def get(self, call_id: str) -> Call:
        """Get a call, with what was said so far."""
        return self._request(Call, "GET", f"/calls/{segment(call_id)}")

    def hangup(self, call_id: str, *, idempotency_key: Optional[str] = None) -> Call:
        """End a call, or cancel a scheduled one."""
        return self._request(Call, "POST", f"/calls/{segment(call_id)}/hangup", idempotency_key=idempotency_key)

    def transfer(
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
        return self._request(Call, "POST", path, body=body, idempotency_key=idempotency_key)

    def transcript(self, call_id: str) -> Transcript:
        """Get what was said, turn by turn."""
        return self._request(Transcript, "GET", f"/calls/{segment(call_id)}/transcript")

    def set_recording(self, call_id: str, *, state: str, idempotency_key: Optional[str] = None) -> Call:
        """Pause the recording (`state="paused"`), or go on with it (`"recording"`)."""
        path = f"/calls/{segment(call_id)}/recording"
        return self._request(Call, "POST", path, body=given(state=state), idempotency_key=idempotency_key)

    def sip_trace(self, call_id: str) -> SipTrace:
        """Get the SIP messages of a call; none where it took no SIP line."""
        return self._request(SipTrace, "GET", f"/calls/{segment(call_id)}/sip_trace")

    def stream(self, call_id: str, *, after: int = 0) -> CallStream:
        """Follow a call live: iterate for its events, from its first on (or past `after`) until its end.

        A broken connection is made anew, and nothing is lost or told twice.
        """
        return CallStream(self._client, call_id, after=after)

    def wait(self, call_id: str, *, timeout: Optional[float] = None, poll_interval: float = 2.0) -> Call:
        """Wait until a call has ended, and get it. Raises WaitTimeoutError after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            call = self.get(call_id)
            if call.has_ended:
                return call
            if deadline is not None and time.monotonic() + poll_interval > deadline:
                raise WaitTimeoutError(f"The call {call_id} has not ended after {timeout} seconds")
            time.sleep(poll_interval)

    def download_recording(
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
            call = self.get(call_id)
            if call.recording_url is not None:
                return self._client.download(call.recording_url, to)
            if call.has_ended and not call.duration:
                raise VaniAgentError(f"The call {call_id} has no recording: nobody answered")
            if time.monotonic() + poll_interval > deadline:
                raise WaitTimeoutError(f"The recording of {call_id} is not ready after {timeout} seconds")
            time.sleep(poll_interval)
