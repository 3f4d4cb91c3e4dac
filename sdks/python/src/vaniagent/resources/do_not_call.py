from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Union, cast

from vaniagent.models import DoNotCallEntry, DoNotCallImport
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import Page
from vaniagent.resources.base import Resource, nothing, segment

if TYPE_CHECKING:
    from vaniagent.raw_resources import RawDoNotCall


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
