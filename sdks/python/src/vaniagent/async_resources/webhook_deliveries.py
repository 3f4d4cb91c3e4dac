# Made by scripts/make_async.py: change vaniagent/resources/webhook_deliveries.py instead.
from __future__ import annotations

from typing import TYPE_CHECKING, Optional, cast

from vaniagent.async_resources.base import AsyncResource
from vaniagent.models import Delivery
from vaniagent.resources.base import segment

if TYPE_CHECKING:
    from vaniagent.raw_resources import AsyncRawWebhookDeliveries


class AsyncWebhookDeliveries(AsyncResource):
    """Webhook deliveries: one event on its way to one endpoint."""

    @property
    def with_raw_response(self) -> AsyncRawWebhookDeliveries:
        """The same methods, which give answers with their headers."""
        return cast("AsyncRawWebhookDeliveries", AsyncWebhookDeliveries(self._client.raw()))

    async def get(self, delivery_id: str) -> Delivery:
        """Get a delivery, with every attempt that was made."""
        return await self._request(Delivery, "GET", f"/webhook_deliveries/{segment(delivery_id)}")

    async def replay(self, delivery_id: str, *, idempotency_key: Optional[str] = None) -> Delivery:
        """Send a delivery once more."""
        path = f"/webhook_deliveries/{segment(delivery_id)}/replay"
        return await self._request(Delivery, "POST", path, idempotency_key=idempotency_key)
