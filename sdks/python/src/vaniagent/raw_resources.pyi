# Made by scripts/make_async.py: change vaniagent/resources/*.py instead.
from datetime import datetime
from typing import Any, Mapping, Optional, Sequence, Union

from vaniagent.answers import RawResponse
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
from vaniagent.not_given import NOT_GIVEN, NotGiven
from vaniagent.pagination import AsyncPage, Page
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

class RawAccount:
    def get(self) -> RawResponse[Account]: ...
    def update(self, *, low_balance_credits: Union[str, NotGiven, None] = NOT_GIVEN) -> RawResponse[Account]: ...
    def statement(self, *, month: Union[str, NotGiven] = NOT_GIVEN) -> RawResponse[str]: ...
    def list_transactions(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        kind: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[Page[Transaction]]: ...
    def list_top_ups(
        self, *, limit: Union[int, NotGiven] = NOT_GIVEN, offset: Union[int, NotGiven] = NOT_GIVEN
    ) -> RawResponse[Page[TopUp]]: ...
    def create_top_up(
        self,
        *,
        credits: str,
        success_url: Union[str, NotGiven] = NOT_GIVEN,
        cancel_url: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> RawResponse[TopUp]: ...
    def get_top_up(self, top_up_id: str) -> RawResponse[TopUp]: ...

class AsyncRawAccount:
    async def get(self) -> RawResponse[Account]: ...
    async def update(self, *, low_balance_credits: Union[str, NotGiven, None] = NOT_GIVEN) -> RawResponse[Account]: ...
    async def statement(self, *, month: Union[str, NotGiven] = NOT_GIVEN) -> RawResponse[str]: ...
    async def list_transactions(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        kind: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[AsyncPage[Transaction]]: ...
    async def list_top_ups(
        self, *, limit: Union[int, NotGiven] = NOT_GIVEN, offset: Union[int, NotGiven] = NOT_GIVEN
    ) -> RawResponse[AsyncPage[TopUp]]: ...
    async def create_top_up(
        self,
        *,
        credits: str,
        success_url: Union[str, NotGiven] = NOT_GIVEN,
        cancel_url: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> RawResponse[TopUp]: ...
    async def get_top_up(self, top_up_id: str) -> RawResponse[TopUp]: ...

class RawAgents:
    def create(
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
    ) -> RawResponse[Agent]: ...
    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[Page[Agent]]: ...
    def get(self, agent_id: str) -> RawResponse[Agent]: ...
    def update(
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
    ) -> RawResponse[Agent]: ...
    def delete(self, agent_id: str) -> RawResponse[None]: ...
    def talk(
        self,
        agent_id: str,
        *,
        metadata: Union[Mapping[str, Any], NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> RawResponse[Talk]: ...

class AsyncRawAgents:
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
    ) -> RawResponse[Agent]: ...
    async def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[AsyncPage[Agent]]: ...
    async def get(self, agent_id: str) -> RawResponse[Agent]: ...
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
    ) -> RawResponse[Agent]: ...
    async def delete(self, agent_id: str) -> RawResponse[None]: ...
    async def talk(
        self,
        agent_id: str,
        *,
        metadata: Union[Mapping[str, Any], NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> RawResponse[Talk]: ...

class RawBatches:
    def create(
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
    ) -> RawResponse[Batch]: ...
    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[Page[Batch]]: ...
    def get(self, batch_id: str) -> RawResponse[Batch]: ...
    def start(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> RawResponse[Batch]: ...
    def pause(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> RawResponse[Batch]: ...
    def resume(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> RawResponse[Batch]: ...
    def cancel(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> RawResponse[Batch]: ...
    def list_rows(
        self,
        batch_id: str,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
        ended_reason: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[Page[BatchRow]]: ...
    def results(self, batch_id: str) -> RawResponse[str]: ...

class AsyncRawBatches:
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
    ) -> RawResponse[Batch]: ...
    async def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[AsyncPage[Batch]]: ...
    async def get(self, batch_id: str) -> RawResponse[Batch]: ...
    async def start(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> RawResponse[Batch]: ...
    async def pause(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> RawResponse[Batch]: ...
    async def resume(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> RawResponse[Batch]: ...
    async def cancel(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> RawResponse[Batch]: ...
    async def list_rows(
        self,
        batch_id: str,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
        ended_reason: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[AsyncPage[BatchRow]]: ...
    async def results(self, batch_id: str) -> RawResponse[str]: ...

class RawCalls:
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
    ) -> RawResponse[Call]: ...
    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        agent_id: Union[str, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[Page[CallSummary]]: ...
    def get(self, call_id: str) -> RawResponse[Call]: ...
    def hangup(self, call_id: str, *, idempotency_key: Optional[str] = None) -> RawResponse[Call]: ...
    def transfer(
        self,
        call_id: str,
        *,
        name: Union[str, NotGiven] = NOT_GIVEN,
        to: Union[str, NotGiven] = NOT_GIVEN,
        mode: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> RawResponse[Call]: ...
    def transcript(self, call_id: str) -> RawResponse[Transcript]: ...
    def set_recording(
        self, call_id: str, *, state: str, idempotency_key: Optional[str] = None
    ) -> RawResponse[Call]: ...
    def sip_trace(self, call_id: str) -> RawResponse[SipTrace]: ...

class AsyncRawCalls:
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
    ) -> RawResponse[Call]: ...
    async def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        agent_id: Union[str, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[AsyncPage[CallSummary]]: ...
    async def get(self, call_id: str) -> RawResponse[Call]: ...
    async def hangup(self, call_id: str, *, idempotency_key: Optional[str] = None) -> RawResponse[Call]: ...
    async def transfer(
        self,
        call_id: str,
        *,
        name: Union[str, NotGiven] = NOT_GIVEN,
        to: Union[str, NotGiven] = NOT_GIVEN,
        mode: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> RawResponse[Call]: ...
    async def transcript(self, call_id: str) -> RawResponse[Transcript]: ...
    async def set_recording(
        self, call_id: str, *, state: str, idempotency_key: Optional[str] = None
    ) -> RawResponse[Call]: ...
    async def sip_trace(self, call_id: str) -> RawResponse[SipTrace]: ...

class RawDialingRules:
    def get(self) -> RawResponse[DialingRules]: ...
    def update(
        self,
        *,
        calling_hours: Union[CallingHoursParams, NotGiven, None] = NOT_GIVEN,
        max_calls_per_day: Union[int, NotGiven, None] = NOT_GIVEN,
        max_calls_per_week: Union[int, NotGiven, None] = NOT_GIVEN,
        pre_dial_url: Union[str, NotGiven, None] = NOT_GIVEN,
        rotate_secret: Union[bool, NotGiven] = NOT_GIVEN,
        proof_days: Union[int, NotGiven, None] = NOT_GIVEN,
    ) -> RawResponse[DialingRules]: ...

class AsyncRawDialingRules:
    async def get(self) -> RawResponse[DialingRules]: ...
    async def update(
        self,
        *,
        calling_hours: Union[CallingHoursParams, NotGiven, None] = NOT_GIVEN,
        max_calls_per_day: Union[int, NotGiven, None] = NOT_GIVEN,
        max_calls_per_week: Union[int, NotGiven, None] = NOT_GIVEN,
        pre_dial_url: Union[str, NotGiven, None] = NOT_GIVEN,
        rotate_secret: Union[bool, NotGiven] = NOT_GIVEN,
        proof_days: Union[int, NotGiven, None] = NOT_GIVEN,
    ) -> RawResponse[DialingRules]: ...

class RawDoNotCall:
    def create(
        self, *, number: str, reason: Union[str, NotGiven] = NOT_GIVEN, idempotency_key: Optional[str] = None
    ) -> RawResponse[DoNotCallEntry]: ...
    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        search: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[Page[DoNotCallEntry]]: ...
    def get(self, entry_id: str) -> RawResponse[DoNotCallEntry]: ...
    def delete(self, entry_id: str) -> RawResponse[None]: ...
    def import_csv(self, *, csv: str, idempotency_key: Optional[str] = None) -> RawResponse[DoNotCallImport]: ...
    def export_csv(self) -> RawResponse[str]: ...

class AsyncRawDoNotCall:
    async def create(
        self, *, number: str, reason: Union[str, NotGiven] = NOT_GIVEN, idempotency_key: Optional[str] = None
    ) -> RawResponse[DoNotCallEntry]: ...
    async def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        search: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[AsyncPage[DoNotCallEntry]]: ...
    async def get(self, entry_id: str) -> RawResponse[DoNotCallEntry]: ...
    async def delete(self, entry_id: str) -> RawResponse[None]: ...
    async def import_csv(self, *, csv: str, idempotency_key: Optional[str] = None) -> RawResponse[DoNotCallImport]: ...
    async def export_csv(self) -> RawResponse[str]: ...

class RawDialChecks:
    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        call_id: Union[str, NotGiven] = NOT_GIVEN,
        to_number: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[Page[DialCheck]]: ...
    def get(self, check_id: str) -> RawResponse[DialCheck]: ...

class AsyncRawDialChecks:
    async def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        call_id: Union[str, NotGiven] = NOT_GIVEN,
        to_number: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[AsyncPage[DialCheck]]: ...
    async def get(self, check_id: str) -> RawResponse[DialCheck]: ...

class RawPhoneLines:
    def create(
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
    ) -> RawResponse[Line]: ...
    def list(
        self, *, limit: Union[int, NotGiven] = NOT_GIVEN, offset: Union[int, NotGiven] = NOT_GIVEN
    ) -> RawResponse[Page[Line]]: ...
    def get(self, line_id: str) -> RawResponse[Line]: ...
    def update(
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
    ) -> RawResponse[Line]: ...
    def delete(self, line_id: str) -> RawResponse[None]: ...
    def check(self, line_id: str, *, idempotency_key: Optional[str] = None) -> RawResponse[Line]: ...

class AsyncRawPhoneLines:
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
    ) -> RawResponse[Line]: ...
    async def list(
        self, *, limit: Union[int, NotGiven] = NOT_GIVEN, offset: Union[int, NotGiven] = NOT_GIVEN
    ) -> RawResponse[AsyncPage[Line]]: ...
    async def get(self, line_id: str) -> RawResponse[Line]: ...
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
    ) -> RawResponse[Line]: ...
    async def delete(self, line_id: str) -> RawResponse[None]: ...
    async def check(self, line_id: str, *, idempotency_key: Optional[str] = None) -> RawResponse[Line]: ...

class RawVoices:
    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        language: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[Page[Voice]]: ...

class AsyncRawVoices:
    async def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        language: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[AsyncPage[Voice]]: ...

class RawWebhookEndpoints:
    def create(
        self,
        *,
        url: str,
        events: Sequence[str],
        description: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> RawResponse[EndpointWithSecret]: ...
    def list(
        self, *, limit: Union[int, NotGiven] = NOT_GIVEN, offset: Union[int, NotGiven] = NOT_GIVEN
    ) -> RawResponse[Page[Endpoint]]: ...
    def get(self, endpoint_id: str) -> RawResponse[Endpoint]: ...
    def update(
        self,
        endpoint_id: str,
        *,
        url: Union[str, NotGiven] = NOT_GIVEN,
        events: Union[Sequence[str], NotGiven] = NOT_GIVEN,
        description: Union[str, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[Endpoint]: ...
    def delete(self, endpoint_id: str) -> RawResponse[None]: ...
    def rotate_secret(
        self, endpoint_id: str, *, idempotency_key: Optional[str] = None
    ) -> RawResponse[EndpointWithSecret]: ...
    def test(
        self, endpoint_id: str, *, event: Union[str, NotGiven] = NOT_GIVEN, idempotency_key: Optional[str] = None
    ) -> RawResponse[Delivery]: ...
    def replay(
        self,
        endpoint_id: str,
        *,
        since: Union[datetime, str],
        until: Union[datetime, str],
        status: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> RawResponse[Replay]: ...
    def list_deliveries(
        self,
        endpoint_id: str,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[Page[Delivery]]: ...

class AsyncRawWebhookEndpoints:
    async def create(
        self,
        *,
        url: str,
        events: Sequence[str],
        description: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> RawResponse[EndpointWithSecret]: ...
    async def list(
        self, *, limit: Union[int, NotGiven] = NOT_GIVEN, offset: Union[int, NotGiven] = NOT_GIVEN
    ) -> RawResponse[AsyncPage[Endpoint]]: ...
    async def get(self, endpoint_id: str) -> RawResponse[Endpoint]: ...
    async def update(
        self,
        endpoint_id: str,
        *,
        url: Union[str, NotGiven] = NOT_GIVEN,
        events: Union[Sequence[str], NotGiven] = NOT_GIVEN,
        description: Union[str, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[Endpoint]: ...
    async def delete(self, endpoint_id: str) -> RawResponse[None]: ...
    async def rotate_secret(
        self, endpoint_id: str, *, idempotency_key: Optional[str] = None
    ) -> RawResponse[EndpointWithSecret]: ...
    async def test(
        self, endpoint_id: str, *, event: Union[str, NotGiven] = NOT_GIVEN, idempotency_key: Optional[str] = None
    ) -> RawResponse[Delivery]: ...
    async def replay(
        self,
        endpoint_id: str,
        *,
        since: Union[datetime, str],
        until: Union[datetime, str],
        status: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> RawResponse[Replay]: ...
    async def list_deliveries(
        self,
        endpoint_id: str,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> RawResponse[AsyncPage[Delivery]]: ...

class RawWebhookDeliveries:
    def get(self, delivery_id: str) -> RawResponse[Delivery]: ...
    def replay(self, delivery_id: str, *, idempotency_key: Optional[str] = None) -> RawResponse[Delivery]: ...

class AsyncRawWebhookDeliveries:
    async def get(self, delivery_id: str) -> RawResponse[Delivery]: ...
    async def replay(self, delivery_id: str, *, idempotency_key: Optional[str] = None) -> RawResponse[Delivery]: ...
