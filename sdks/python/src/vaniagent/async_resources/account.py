# Made by scripts/make_async.py: change vaniagent/resources/account.py instead.
from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Union, cast

from vaniagent.async_resources.base import AsyncResource
from vaniagent.models import Account, TopUp, Transaction
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import PageRequest
from vaniagent.resources.base import segment

if TYPE_CHECKING:
    from vaniagent.raw_resources import AsyncRawAccount


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
