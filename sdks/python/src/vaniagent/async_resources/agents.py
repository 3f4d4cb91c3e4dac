# Made by scripts/make_async.py: change vaniagent/resources/agents.py instead.
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional, Sequence, Union, cast

from vaniagent.async_resources.base import AsyncResource
from vaniagent.models import Agent, Talk
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import PageRequest
from vaniagent.params import CallingHoursParams, ComplianceParams, DestinationParams, KeypadParams, SpeechParams
from vaniagent.resources.base import nothing, segment

if TYPE_CHECKING:
    from vaniagent.raw_resources import AsyncRawAgents


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
