from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Union, cast

from vaniagent.models import DialCheck, DialingRules, DoNotCallEntry, DoNotCallImport
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import Page
from vaniagent.params import CallingHoursParams
from vaniagent.resources.base import Resource, nothing, segment

if TYPE_CHECKING:
    from vaniagent.raw_resources import RawDialChecks, RawDialingRules, RawDoNotCall


class DialingRulesResource(Resource):
    """What the account asks of all its outbound calls."""

    @property
    def with_raw_response(self) -> RawDialingRules:
        """The same methods, which give answers with their headers."""
        return cast("RawDialingRules", DialingRulesResource(self._client.raw()))

    def get(self) -> DialingRules:
        """Get the rules."""
        return self._request(DialingRules, "GET", "/dialing_rules")

    def update(
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
        return self._request(DialingRules, "PATCH", "/dialing_rules", body=body)


class DoNotCall(Resource):
    """The do-not-call list: numbers that are never dialled."""

    @property
    def with_raw_response(self) -> RawDoNotCall:
        """The same methods, which give answers with their headers."""
        return cast("RawDoNotCall", DoNotCall(self._client.raw()))

    def create(
        self, *, number: str, reason: Union[str, NotGiven] = NOT_GIVEN, idempotency_key: Optional[str] = None
    ) -> DoNotCallEntry:
        """Put a number on the list; one that is there stays as it is."""
        body = given(number=number, reason=reason)
        return self._request(DoNotCallEntry, "POST", "/do_not_call", body=body, idempotency_key=idempotency_key)

    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        search: Union[str, NotGiven] = NOT_GIVEN,
    ) -> Page[DoNotCallEntry]:
        """List entries, newest first; `search` is a number, or a part of one. Iterating walks all of them."""
        return self._page(DoNotCallEntry, "/do_not_call", given(limit=limit, offset=offset, search=search))

    def get(self, entry_id: str) -> DoNotCallEntry:
        """Get an entry."""
        return self._request(DoNotCallEntry, "GET", f"/do_not_call/{segment(entry_id)}")

    def delete(self, entry_id: str) -> None:
        """Take a number off the list: it may be called again."""
        return self._request(nothing, "DELETE", f"/do_not_call/{segment(entry_id)}")

    def import_csv(self, *, csv: str, idempotency_key: Optional[str] = None) -> DoNotCallImport:
        """Put the numbers of the text of a CSV file on the list. The same file again changes nothing."""
        body = given(csv=csv)
        return self._request(DoNotCallImport, "POST", "/do_not_call/import", body=body, idempotency_key=idempotency_key)

    def export_csv(self) -> str:
        """Get the list as CSV."""
        return self._request(str, "GET", "/do_not_call/export.csv")


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
