# Made by scripts/make_async.py: change vaniagent/resources/dial_checks.py instead.
from __future__ import annotations

from typing import TYPE_CHECKING, Union, cast

from vaniagent.async_resources.base import AsyncResource
from vaniagent.models import DialCheck
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import PageRequest
from vaniagent.resources.base import segment

if TYPE_CHECKING:
    from vaniagent.raw_resources import AsyncRawDialChecks


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
