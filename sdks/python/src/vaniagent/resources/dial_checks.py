from __future__ import annotations

from typing import TYPE_CHECKING, Union, cast

from vaniagent.models import DialCheck
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import Page
from vaniagent.resources.base import Resource, segment

if TYPE_CHECKING:
    from vaniagent.raw_resources import RawDialChecks


class DialChecks(Resource):
    """The proof of what was asked before each call."""

    @property
    def with_raw_response(self) -> RawDialChecks:
        """The same methods, which give answers with their headers."""
        return cast("RawDialChecks", DialChecks(self._client.raw()))

    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        call_id: Union[str, NotGiven] = NOT_GIVEN,
        to_number: Union[str, NotGiven] = NOT_GIVEN,
    ) -> Page[DialCheck]:
        """List checks, newest first, of a call or a number. Iterating walks all of them."""
        query = given(limit=limit, offset=offset, call_id=call_id, to_number=to_number)
        return self._page(DialCheck, "/dial_checks", query)

    def get(self, check_id: str) -> DialCheck:
        """Get a check."""
        return self._request(DialCheck, "GET", f"/dial_checks/{segment(check_id)}")
