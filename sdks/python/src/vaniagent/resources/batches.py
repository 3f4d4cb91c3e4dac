from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Optional, Sequence, Union, cast

from vaniagent.models import Batch, BatchRow
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import Page
from vaniagent.params import BatchRowParams, CallingHoursParams, RetryParams
from vaniagent.resources.base import Resource, segment, time_given

if TYPE_CHECKING:
    from vaniagent.raw_resources import RawBatches


class Batches(Resource):
    """Batches: many calls of one agent, placed as there is room."""

    @property
    def with_raw_response(self) -> RawBatches:
        """The same methods, which give answers with their headers."""
        return cast("RawBatches", Batches(self._client.raw()))

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
    ) -> Batch:
        """Make a batch of `rows`, or of the text of a `csv` file, and start it; with `start` false it is a draft."""
        body = given(
            agent_id=agent_id,
            rows=rows,
            csv=csv,
            duplicates=duplicates,
            name=name,
            from_number=from_number,
            at_once=at_once,
            per_minute=per_minute,
            hours=hours,
            retry=retry,
            scheduled_at=time_given(scheduled_at),
            start=start,
        )
        return self._request(Batch, "POST", "/batches", body=body, idempotency_key=idempotency_key)

    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> Page[Batch]:
        """List batches, newest first. Iterating walks all of them."""
        return self._page(Batch, "/batches", given(limit=limit, offset=offset, status=status))

    def get(self, batch_id: str) -> Batch:
        """Get a batch, with how far it is."""
        return self._request(Batch, "GET", f"/batches/{segment(batch_id)}")

    def start(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> Batch:
        """Start a draft."""
        return self._request(Batch, "POST", f"/batches/{segment(batch_id)}/start", idempotency_key=idempotency_key)

    def pause(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> Batch:
        """Place no more calls for now; those in progress go on."""
        return self._request(Batch, "POST", f"/batches/{segment(batch_id)}/pause", idempotency_key=idempotency_key)

    def resume(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> Batch:
        """Go on with a batch that was paused."""
        return self._request(Batch, "POST", f"/batches/{segment(batch_id)}/resume", idempotency_key=idempotency_key)

    def cancel(self, batch_id: str, *, idempotency_key: Optional[str] = None) -> Batch:
        """Place no more calls at all; those in progress go on."""
        return self._request(Batch, "POST", f"/batches/{segment(batch_id)}/cancel", idempotency_key=idempotency_key)

    def list_rows(
        self,
        batch_id: str,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
        ended_reason: Union[str, NotGiven] = NOT_GIVEN,
    ) -> Page[BatchRow]:
        """List a batch's rows in their order. Iterating walks all of them."""
        query = given(limit=limit, offset=offset, status=status, ended_reason=ended_reason)
        return self._page(BatchRow, f"/batches/{segment(batch_id)}/rows", query)

    def results(self, batch_id: str) -> str:
        """Get what came of each row, as CSV."""
        return self._request(str, "GET", f"/batches/{segment(batch_id)}/results.csv")
