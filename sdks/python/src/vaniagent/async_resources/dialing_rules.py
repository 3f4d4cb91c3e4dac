# Made by scripts/make_async.py: change vaniagent/resources/dialing_rules.py instead.
from __future__ import annotations

from typing import TYPE_CHECKING, Union, cast

from vaniagent.async_resources.base import AsyncResource
from vaniagent.models import DialingRules
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.params import CallingHoursParams

if TYPE_CHECKING:
    from vaniagent.raw_resources import AsyncRawDialingRules


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
