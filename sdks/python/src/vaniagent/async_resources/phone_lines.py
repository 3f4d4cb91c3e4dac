# Made by scripts/make_async.py: change vaniagent/resources/phone_lines.py instead.
from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Sequence, Union, cast

from vaniagent.async_resources.base import AsyncResource
from vaniagent.models import Line
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import PageRequest
from vaniagent.params import InboundLimitsParams
from vaniagent.resources.base import nothing, segment

if TYPE_CHECKING:
    from vaniagent.raw_resources import AsyncRawPhoneLines


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
