# Made by scripts/make_async.py: change vaniagent/resources/*.py instead.
from __future__ import annotations

import asyncio
import time
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Any, BinaryIO, Mapping, Optional, Sequence, Union, cast

from vaniagent.async_resource import AsyncResource
from vaniagent.async_streaming import AsyncCallStream
from vaniagent.errors import VaniAgentError, WaitTimeoutError
from vaniagent.models import (
    Account,
    Agent,
    Batch,
    BatchRow,
    Call,
    CallSummary,
    Delivery,
    DialCheck,
    DialingRules,
    DoNotCallEntry,
    DoNotCallImport,
    Endpoint,
    EndpointWithSecret,
    Line,
    Replay,
    SipTrace,
    Talk,
    TopUp,
    Transaction,
    Transcript,
    Voice,
)
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import PageRequest
from vaniagent.params import (
    BatchRowParams,
    CallingHoursParams,
    ComplianceParams,
    DestinationParams,
    InboundLimitsParams,
    KeypadParams,
    RetryParams,
    Sandbox,
    SpeechParams,
)
from vaniagent.resources.base import nothing, segment, time_given, time_text

if TYPE_CHECKING:
    from vaniagent.raw_resources import (
        AsyncRawAccount,
        AsyncRawAgents,
        AsyncRawBatches,
        AsyncRawCalls,
        AsyncRawDialChecks,
        AsyncRawDialingRules,
        AsyncRawDoNotCall,
        AsyncRawPhoneLines,
        AsyncRawVoices,
        AsyncRawWebhookDeliveries,
        AsyncRawWebhookEndpoints,
    )


class AsyncAccountResource(AsyncResource):
    """The account that the key belongs to, and its credits. Amounts are decimal text, such as `"25.00"`."""

    @property
    def with_raw_response(self) -> AsyncRawAccount:
        """The same methods, which give answers with their headers."""
        return cast("AsyncRawAccount", AsyncAccountResource(self._client.raw()))

    async def get(self) -> Account:
        """Get the account."""
        return await self._request(Account, "GET", "/account")

    async def update(self, *, low_balance_credits: Union[str, NotGiven, None] = NOT_GIVEN) -> Account:
        """Change below how many credits the account is told; None: as the server has it."""
        return await self._request(Account, "PATCH", "/account", body=given(low_balance_credits=low_balance_credits))

    async def statement(self, *, month: Union[str, NotGiven] = NOT_GIVEN) -> str:
        """Get the statement of a month, such as `2026-11`, as CSV; by default of the present one."""
        return await self._request(str, "GET", "/account/statement", query=given(month=month))

    def list_transactions(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        kind: Union[str, NotGiven] = NOT_GIVEN,
    ) -> PageRequest[Transaction]:
        """List movements of credits, newest first. `async for` walks all of them."""
        return self._page(Transaction, "/account/transactions", given(limit=limit, offset=offset, kind=kind))

    def list_top_ups(
        self, *, limit: Union[int, NotGiven] = NOT_GIVEN, offset: Union[int, NotGiven] = NOT_GIVEN
    ) -> PageRequest[TopUp]:
        """List top-ups, newest first. `async for` walks all of them."""
        return self._page(TopUp, "/account/top_ups", given(limit=limit, offset=offset))

    async def create_top_up(
        self,
        *,
        credits: str,
        success_url: Union[str, NotGiven] = NOT_GIVEN,
        cancel_url: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> TopUp:
        """Buy credits: open a page where they are paid."""
        body = given(credits=credits, success_url=success_url, cancel_url=cancel_url)
        return await self._request(TopUp, "POST", "/account/top_ups", body=body, idempotency_key=idempotency_key)

    async def get_top_up(self, top_up_id: str) -> TopUp:
        """Get a top-up."""
        return await self._request(TopUp, "GET", f"/account/top_ups/{segment(top_up_id)}")


class AsyncAgents(AsyncResource):
    """Agents: what speaks on the phone. An argument that is left out is not sent; None is sent as null."""

    @property
    def with_raw_response(self) -> AsyncRawAgents:
        """The same methods, which give answers with their headers."""
        return cast("AsyncRawAgents", AsyncAgents(self._client.raw()))

    async def create(
        self,
        *,
        name: str,
        voice: str,
        prompt: Union[str, NotGiven] = NOT_GIVEN,
        language: Union[str, NotGiven] = NOT_GIVEN,
        temperature: Union[float, NotGiven] = NOT_GIVEN,
        max_duration: Union[int, NotGiven] = NOT_GIVEN,
        first_message: Union[str, NotGiven, None] = NOT_GIVEN,
        voicemail_action: Union[str, NotGiven] = NOT_GIVEN,
        voicemail_message: Union[str, NotGiven, None] = NOT_GIVEN,
        screening_message: Union[str, NotGiven, None] = NOT_GIVEN,
        silence_timeout: Union[int, NotGiven] = NOT_GIVEN,
        speech: Union[SpeechParams, NotGiven] = NOT_GIVEN,
        calling_hours: Union[CallingHoursParams, NotGiven, None] = NOT_GIVEN,
        transfers: Union[Sequence[DestinationParams], NotGiven] = NOT_GIVEN,
        compliance: Union[ComplianceParams, NotGiven] = NOT_GIVEN,
        keypad: Union[KeypadParams, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> Agent:
        """Make an agent."""
        body = given(
            name=name,
            voice=voice,
            prompt=prompt,
            language=language,
            temperature=temperature,
            max_duration=max_duration,
            first_message=first_message,
            voicemail_action=voicemail_action,
            voicemail_message=voicemail_message,
            screening_message=screening_message,
            silence_timeout=silence_timeout,
            speech=speech,
            calling_hours=calling_hours,
            transfers=transfers,
            compliance=compliance,
            keypad=keypad,
        )
        return await self._request(Agent, "POST", "/agents", body=body, idempotency_key=idempotency_key)

    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> PageRequest[Agent]:
        """List agents, newest first. `async for` walks all of them; `limit` is how many a page has."""
        return self._page(Agent, "/agents", given(limit=limit, offset=offset, status=status))

    async def get(self, agent_id: str) -> Agent:
        """Get an agent."""
        return await self._request(Agent, "GET", f"/agents/{segment(agent_id)}")

    async def update(
        self,
        agent_id: str,
        *,
        name: Union[str, NotGiven] = NOT_GIVEN,
        voice: Union[str, NotGiven] = NOT_GIVEN,
        prompt: Union[str, NotGiven] = NOT_GIVEN,
        language: Union[str, NotGiven] = NOT_GIVEN,
        temperature: Union[float, NotGiven] = NOT_GIVEN,
        max_duration: Union[int, NotGiven] = NOT_GIVEN,
        first_message: Union[str, NotGiven, None] = NOT_GIVEN,
        voicemail_action: Union[str, NotGiven] = NOT_GIVEN,
        voicemail_message: Union[str, NotGiven, None] = NOT_GIVEN,
        screening_message: Union[str, NotGiven, None] = NOT_GIVEN,
        silence_timeout: Union[int, NotGiven] = NOT_GIVEN,
        speech: Union[SpeechParams, NotGiven] = NOT_GIVEN,
        calling_hours: Union[CallingHoursParams, NotGiven, None] = NOT_GIVEN,
        transfers: Union[Sequence[DestinationParams], NotGiven] = NOT_GIVEN,
        compliance: Union[ComplianceParams, NotGiven] = NOT_GIVEN,
        keypad: Union[KeypadParams, NotGiven] = NOT_GIVEN,
    ) -> Agent:
        """Change an agent. Calls keep the version that they were placed with."""
        body = given(
            name=name,
            voice=voice,
            prompt=prompt,
            language=language,
            temperature=temperature,
            max_duration=max_duration,
            first_message=first_message,
            voicemail_action=voicemail_action,
            voicemail_message=voicemail_message,
            screening_message=screening_message,
            silence_timeout=silence_timeout,
            speech=speech,
            calling_hours=calling_hours,
            transfers=transfers,
            compliance=compliance,
            keypad=keypad,
        )
        return await self._request(Agent, "PATCH", f"/agents/{segment(agent_id)}", body=body)

    async def delete(self, agent_id: str) -> None:
        """Archive an agent: its history stays, and it takes no more calls."""
        return await self._request(nothing, "DELETE", f"/agents/{segment(agent_id)}")

    async def talk(
        self,
        agent_id: str,
        *,
        metadata: Union[Mapping[str, Any], NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> Talk:
        """Begin a talk over a microphone and a speaker: the answer has the address of its socket."""
        path = f"/agents/{segment(agent_id)}/talks"
        return await self._request(Talk, "POST", path, body=given(metadata=metadata), idempotency_key=idempotency_key)


class AsyncBatches(AsyncResource):
    """Batches: many calls of one agent, placed as there is room."""

    @property
    def with_raw_response(self) -> AsyncRawBatches:
        """The same methods, which give answers with their headers."""
        return cast("AsyncRawBatches", AsyncBatches(self._client.raw()))

    async def create(
        self,
        *,
        agent_id: str,
        rows: Union[Sequence[BatchRowParams], NotGiven] = NOT_GIVEN,
        csv: Union[str, NotGiven] = NOT_GIVEN,
        duplicates: Union[str, NotGiven] = NOT_GIVEN,
        name: Union[str, NotGiven] = NOT_GIVEN,
        from_number: Union[str, NotGiven, None] = NOT_GIVEN,
        at_once: Union[int, NotGiven, None] = NOT_GIVEN,
        per_minute: Union[int, NotGiven, None] = NOT_GIVEN,
        hours: Union[CallingHoursParams, NotGiven, None] = NOT_GIVEN,
        retry: Union[RetryParams, NotGiven, None] = NOT_GIVEN,
        scheduled_at: Union[datetime, str, NotGiven, None] = NOT_GIVEN,
        start: Union[bool, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> Batch:
        """Make a batch of `rows`, or of the text of a `csv` file, and start it; with `start` false it is a draft."""
        body = given(
            agent_id=agent_id,
            rows=rows,
            csv=csv,
            duplicates=duplicates,
            name=name,
            from_number=from_number,
            at_once=at_once,
            per_minute=per_minute,
            hours=hours,
            retry=retry,
            scheduled_at=time_given(scheduled_at),
            start=start,
        )
        return await self._request(Batch, "POST", "/batches", body=body, idempotency_key=idempotency_key)

    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> PageRequest[Batch]:
        """List batches, newest first. `async for` walks all of them."""
        return self._page(Batch, "/batches", given(limit=limit, offset=offset, status=status))

    async def get(self, batch_id: str) -> Batch:
        """Get a batch, with how far it is."""
        return await self._request(Batch, "GET", f"/batches/{segment(batch_id)}")

    async def start(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> Batch:
        """Start a draft."""
        return await self._request(
            Batch, "POST", f"/batches/{segment(batch_id)}/start", idempotency_key=idempotency_key
        )

    async def pause(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> Batch:
        """Place no more calls for now; those in progress go on."""
        return await self._request(
            Batch, "POST", f"/batches/{segment(batch_id)}/pause", idempotency_key=idempotency_key
        )

    async def resume(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> Batch:
        """Go on with a batch that was paused."""
        return await self._request(
            Batch, "POST", f"/batches/{segment(batch_id)}/resume", idempotency_key=idempotency_key
        )

    async def cancel(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> Batch:
        """Place no more calls at all; those in progress go on."""
        return await self._request(
            Batch, "POST", f"/batches/{segment(batch_id)}/cancel", idempotency_key=idempotency_key
        )

    def list_rows(
        self,
        batch_id: str,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
        ended_reason: Union[str, NotGiven] = NOT_GIVEN,
    ) -> PageRequest[BatchRow]:
        """List a batch's rows in their order. `async for` walks all of them."""
        query = given(limit=limit, offset=offset, status=status, ended_reason=ended_reason)
        return self._page(BatchRow, f"/batches/{segment(batch_id)}/rows", query)

    async def results(self, batch_id: str) -> str:
        """Get what came of each row, as CSV."""
        return await self._request(str, "GET", f"/batches/{segment(batch_id)}/results.csv")


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


class AsyncDialingRulesResource(AsyncResource):
    """What the account asks of all its outbound calls."""

    @property
    def with_raw_response(self) -> AsyncRawDialingRules:
        """The same methods, which give answers with their headers."""
        return cast("AsyncRawDialingRules", AsyncDialingRulesResource(self._client.raw()))

    async def get(self) -> DialingRules:
        """Get the rules."""
        return await self._request(DialingRules, "GET", "/dialing_rules")

    async def update(
        self,
        *,
        calling_hours: Union[CallingHoursParams, NotGiven, None] = NOT_GIVEN,
        max_calls_per_day: Union[int, NotGiven, None] = NOT_GIVEN,
        max_calls_per_week: Union[int, NotGiven, None] = NOT_GIVEN,
        pre_dial_url: Union[str, NotGiven, None] = NOT_GIVEN,
        rotate_secret: Union[bool, NotGiven] = NOT_GIVEN,
        proof_days: Union[int, NotGiven, None] = NOT_GIVEN,
    ) -> DialingRules:
        """Change some of the rules; None: no such rule. A new `pre_dial_secret` is in the answer, this once."""
        body = given(
            calling_hours=calling_hours,
            max_calls_per_day=max_calls_per_day,
            max_calls_per_week=max_calls_per_week,
            pre_dial_url=pre_dial_url,
            rotate_secret=rotate_secret,
            proof_days=proof_days,
        )
        return await self._request(DialingRules, "PATCH", "/dialing_rules", body=body)


class AsyncDoNotCall(AsyncResource):
    """The do-not-call list: numbers that are never dialled."""

    @property
    def with_raw_response(self) -> AsyncRawDoNotCall:
        """The same methods, which give answers with their headers."""
        return cast("AsyncRawDoNotCall", AsyncDoNotCall(self._client.raw()))

    async def create(
        self, *, number: str, reason: Union[str, NotGiven] = NOT_GIVEN, idempotency_key: Optional[str] = None
    ) -> DoNotCallEntry:
        """Put a number on the list; one that is there stays as it is."""
        body = given(number=number, reason=reason)
        return await self._request(DoNotCallEntry, "POST", "/do_not_call", body=body, idempotency_key=idempotency_key)

    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        search: Union[str, NotGiven] = NOT_GIVEN,
    ) -> PageRequest[DoNotCallEntry]:
        """List entries, newest first; `search` is a number, or a part of one. `async for` walks all of them."""
        return self._page(DoNotCallEntry, "/do_not_call", given(limit=limit, offset=offset, search=search))

    async def get(self, entry_id: str) -> DoNotCallEntry:
        """Get an entry."""
        return await self._request(DoNotCallEntry, "GET", f"/do_not_call/{segment(entry_id)}")

    async def delete(self, entry_id: str) -> None:
        """Take a number off the list: it may be called again."""
        return await self._request(nothing, "DELETE", f"/do_not_call/{segment(entry_id)}")

    async def import_csv(self, *, csv: str, idempotency_key: Optional[str] = None) -> DoNotCallImport:
        """Put the numbers of the text of a CSV file on the list. The same file again changes nothing."""
        body = given(csv=csv)
        return await self._request(
            DoNotCallImport, "POST", "/do_not_call/import", body=body, idempotency_key=idempotency_key
        )

    async def export_csv(self) -> str:
        """Get the list as CSV."""
        return await self._request(str, "GET", "/do_not_call/export.csv")


class AsyncDialChecks(AsyncResource):
    """The proof of what was asked before each call."""

    @property
    def with_raw_response(self) -> AsyncRawDialChecks:
        """The same methods, which give answers with their headers."""
        return cast("AsyncRawDialChecks", AsyncDialChecks(self._client.raw()))

    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        call_id: Union[str, NotGiven] = NOT_GIVEN,
        to_number: Union[str, NotGiven] = NOT_GIVEN,
    ) -> PageRequest[DialCheck]:
        """List checks, newest first, of a call or a number. `async for` walks all of them."""
        query = given(limit=limit, offset=offset, call_id=call_id, to_number=to_number)
        return self._page(DialCheck, "/dial_checks", query)

    async def get(self, check_id: str) -> DialCheck:
        """Get a check."""
        return await self._request(DialCheck, "GET", f"/dial_checks/{segment(check_id)}")


class AsyncPhoneLines(AsyncResource):
    """Phone lines: SIP trunks and accounts at Twilio, over which calls go out and come in."""

    @property
    def with_raw_response(self) -> AsyncRawPhoneLines:
        """The same methods, which give answers with their headers."""
        return cast("AsyncRawPhoneLines", AsyncPhoneLines(self._client.raw()))

    async def create(
        self,
        *,
        kind: str,
        name: str,
        numbers: Sequence[str],
        domain: Union[str, NotGiven] = NOT_GIVEN,
        port: Union[int, NotGiven, None] = NOT_GIVEN,
        transport: Union[str, NotGiven] = NOT_GIVEN,
        username: Union[str, NotGiven, None] = NOT_GIVEN,
        password: Union[str, NotGiven, None] = NOT_GIVEN,
        srtp: Union[str, NotGiven] = NOT_GIVEN,
        register: Union[bool, NotGiven] = NOT_GIVEN,
        account_sid: Union[str, NotGiven] = NOT_GIVEN,
        auth_token: Union[str, NotGiven] = NOT_GIVEN,
        inbound_agent_id: Union[str, NotGiven, None] = NOT_GIVEN,
        max_live_calls: Union[int, NotGiven] = NOT_GIVEN,
        calls_per_second: Union[int, NotGiven] = NOT_GIVEN,
        is_default: Union[bool, NotGiven] = NOT_GIVEN,
        inbound_limits: Union[InboundLimitsParams, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> Line:
        """Set up a line. `kind` is `sip`, which needs `domain`, or `twilio`, which needs `account_sid` and `auth_token`."""
        body = given(
            kind=kind,
            name=name,
            numbers=[*numbers],
            domain=domain,
            port=port,
            transport=transport,
            username=username,
            password=password,
            srtp=srtp,
            register=register,
            account_sid=account_sid,
            auth_token=auth_token,
            inbound_agent_id=inbound_agent_id,
            max_live_calls=max_live_calls,
            calls_per_second=calls_per_second,
            is_default=is_default,
            inbound_limits=inbound_limits,
        )
        return await self._request(Line, "POST", "/phone_lines", body=body, idempotency_key=idempotency_key)

    def list(
        self, *, limit: Union[int, NotGiven] = NOT_GIVEN, offset: Union[int, NotGiven] = NOT_GIVEN
    ) -> PageRequest[Line]:
        """List phone lines, newest first. `async for` walks all of them."""
        return self._page(Line, "/phone_lines", given(limit=limit, offset=offset))

    async def get(self, line_id: str) -> Line:
        """Get a phone line."""
        return await self._request(Line, "GET", f"/phone_lines/{segment(line_id)}")

    async def update(
        self,
        line_id: str,
        *,
        name: Union[str, NotGiven] = NOT_GIVEN,
        numbers: Union[Sequence[str], NotGiven] = NOT_GIVEN,
        domain: Union[str, NotGiven] = NOT_GIVEN,
        port: Union[int, NotGiven, None] = NOT_GIVEN,
        transport: Union[str, NotGiven] = NOT_GIVEN,
        username: Union[str, NotGiven, None] = NOT_GIVEN,
        password: Union[str, NotGiven, None] = NOT_GIVEN,
        srtp: Union[str, NotGiven] = NOT_GIVEN,
        register: Union[bool, NotGiven] = NOT_GIVEN,
        account_sid: Union[str, NotGiven] = NOT_GIVEN,
        auth_token: Union[str, NotGiven] = NOT_GIVEN,
        inbound_agent_id: Union[str, NotGiven, None] = NOT_GIVEN,
        max_live_calls: Union[int, NotGiven] = NOT_GIVEN,
        calls_per_second: Union[int, NotGiven] = NOT_GIVEN,
        is_default: Union[bool, NotGiven] = NOT_GIVEN,
        inbound_limits: Union[InboundLimitsParams, NotGiven] = NOT_GIVEN,
    ) -> Line:
        """Change a phone line."""
        body = given(
            name=name,
            numbers=numbers,
            domain=domain,
            port=port,
            transport=transport,
            username=username,
            password=password,
            srtp=srtp,
            register=register,
            account_sid=account_sid,
            auth_token=auth_token,
            inbound_agent_id=inbound_agent_id,
            max_live_calls=max_live_calls,
            calls_per_second=calls_per_second,
            is_default=is_default,
            inbound_limits=inbound_limits,
        )
        return await self._request(Line, "PATCH", f"/phone_lines/{segment(line_id)}", body=body)

    async def delete(self, line_id: str) -> None:
        """Remove a phone line. Its past calls stay."""
        return await self._request(nothing, "DELETE", f"/phone_lines/{segment(line_id)}")

    async def check(self, line_id: str, *, idempotency_key: Optional[str] = None) -> Line:
        """Try a phone line now; `status` and `status_detail` say what came of it."""
        path = f"/phone_lines/{segment(line_id)}/check"
        return await self._request(Line, "POST", path, idempotency_key=idempotency_key)


class AsyncVoices(AsyncResource):
    """Voices: how an agent can sound."""

    @property
    def with_raw_response(self) -> AsyncRawVoices:
        """The same methods, which give answers with their headers."""
        return cast("AsyncRawVoices", AsyncVoices(self._client.raw()))

    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        language: Union[str, NotGiven] = NOT_GIVEN,
    ) -> PageRequest[Voice]:
        """List voices. `async for` walks all of them."""
        return self._page(Voice, "/voices", given(limit=limit, offset=offset, language=language))


class AsyncWebhookEndpoints(AsyncResource):
    """Webhook endpoints: addresses of yours that hear about calls."""

    @property
    def with_raw_response(self) -> AsyncRawWebhookEndpoints:
        """The same methods, which give answers with their headers."""
        return cast("AsyncRawWebhookEndpoints", AsyncWebhookEndpoints(self._client.raw()))

    async def create(
        self,
        *,
        url: str,
        events: Sequence[str],
        description: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> EndpointWithSecret:
        """Make an endpoint. Keep its secret: it is not shown again."""
        body = given(url=url, events=[*events], description=description)
        return await self._request(
            EndpointWithSecret, "POST", "/webhook_endpoints", body=body, idempotency_key=idempotency_key
        )

    def list(
        self, *, limit: Union[int, NotGiven] = NOT_GIVEN, offset: Union[int, NotGiven] = NOT_GIVEN
    ) -> PageRequest[Endpoint]:
        """List endpoints, newest first. `async for` walks all of them."""
        return self._page(Endpoint, "/webhook_endpoints", given(limit=limit, offset=offset))

    async def get(self, endpoint_id: str) -> Endpoint:
        """Get an endpoint."""
        return await self._request(Endpoint, "GET", f"/webhook_endpoints/{segment(endpoint_id)}")

    async def update(
        self,
        endpoint_id: str,
        *,
        url: Union[str, NotGiven] = NOT_GIVEN,
        events: Union[Sequence[str], NotGiven] = NOT_GIVEN,
        description: Union[str, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> Endpoint:
        """Change an endpoint. `status` is `enabled` or `disabled`."""
        body = given(url=url, events=events, description=description, status=status)
        return await self._request(Endpoint, "PATCH", f"/webhook_endpoints/{segment(endpoint_id)}", body=body)

    async def delete(self, endpoint_id: str) -> None:
        """Remove an endpoint. What waits for it is given up."""
        return await self._request(nothing, "DELETE", f"/webhook_endpoints/{segment(endpoint_id)}")

    async def rotate_secret(self, endpoint_id: str, *, idempotency_key: Optional[str] = None) -> EndpointWithSecret:
        """Get a new secret. The old one stays valid for a day: give `webhooks.unwrap` both."""
        path = f"/webhook_endpoints/{segment(endpoint_id)}/rotate_secret"
        return await self._request(EndpointWithSecret, "POST", path, idempotency_key=idempotency_key)

    async def test(
        self,
        endpoint_id: str,
        *,
        event: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> Delivery:
        """Send a sample of an event."""
        path = f"/webhook_endpoints/{segment(endpoint_id)}/test"
        return await self._request(Delivery, "POST", path, body=given(event=event), idempotency_key=idempotency_key)

    async def replay(
        self,
        endpoint_id: str,
        *,
        since: Union[datetime, str],
        until: Union[datetime, str],
        status: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> Replay:
        """Send once more what was of a time: `status` `succeeded`, `failed`, or both."""
        body = {"from": time_text(since), "to": time_text(until), **given(status=status)}
        path = f"/webhook_endpoints/{segment(endpoint_id)}/replay"
        return await self._request(Replay, "POST", path, body=body, idempotency_key=idempotency_key)

    def list_deliveries(
        self,
        endpoint_id: str,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> PageRequest[Delivery]:
        """List an endpoint's deliveries, newest first. `async for` walks all of them."""
        path = f"/webhook_endpoints/{segment(endpoint_id)}/deliveries"
        return self._page(Delivery, path, given(limit=limit, offset=offset, status=status))


class AsyncWebhookDeliveries(AsyncResource):
    """Webhook deliveries: one event on its way to one endpoint."""

    @property
    def with_raw_response(self) -> AsyncRawWebhookDeliveries:
        """The same methods, which give answers with their headers."""
        return cast("AsyncRawWebhookDeliveries", AsyncWebhookDeliveries(self._client.raw()))

    async def get(self, delivery_id: str) -> Delivery:
        """Get a delivery, with every attempt that was made."""
        return await self._request(Delivery, "GET", f"/webhook_deliveries/{segment(delivery_id)}")

    async def replay(self, delivery_id: str, *, idempotency_key: Optional[str] = None) -> Delivery:
        """Send a delivery once more."""
        path = f"/webhook_deliveries/{segment(delivery_id)}/replay"
        return await self._request(Delivery, "POST", path, idempotency_key=idempotency_key)
