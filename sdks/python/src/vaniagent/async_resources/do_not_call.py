# Made by scripts/make_async.py: change vaniagent/resources/do_not_call.py instead.
from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Union, cast

from vaniagent.async_resources.base import AsyncResource
from vaniagent.models import DoNotCallEntry, DoNotCallImport
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import PageRequest
from vaniagent.resources.base import nothing, segment

if TYPE_CHECKING:
    from vaniagent.raw_resources import AsyncRawDoNotCall


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
