from __future__ import annotations

from typing import TYPE_CHECKING, Optional, cast

from vaniagent.models import Delivery
from vaniagent.resources.base import Resource, segment

if TYPE_CHECKING:
    from vaniagent.raw_resources import RawWebhookDeliveries


class WebhookDeliveries(Resource):
    """Webhook deliveries: one event on its way to one endpoint."""

    @property
    def with_raw_response(self) -> RawWebhookDeliveries:
        """The same methods, which give answers with their headers."""
        return cast("RawWebhookDeliveries", WebhookDeliveries(self._client.raw()))

    def get(self, delivery_id: str) -> Delivery:
        """Get a delivery, with every attempt that was made."""
        return self._request(Delivery, "GET", f"/webhook_deliveries/{segment(delivery_id)}")

    def replay(self, delivery_id: str, *, idempotency_key: Optional[str] = None) -> Delivery:
        """Send a delivery once more."""
        path = f"/webhook_deliveries/{segment(delivery_id)}/replay"
        return self._request(Delivery, "POST", path, idempotency_key=idempotency_key)
