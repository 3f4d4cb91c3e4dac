from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Optional, Sequence, Union, cast

from vaniagent.models import Delivery, Endpoint, EndpointWithSecret, Replay
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import Page
from vaniagent.resources.base import Resource, nothing, segment, time_text

if TYPE_CHECKING:
    from vaniagent.raw_resources import RawWebhookDeliveries, RawWebhookEndpoints


class WebhookEndpoints(Resource):
    """Webhook endpoints: addresses of yours that hear about calls."""

    @property
    def with_raw_response(self) -> RawWebhookEndpoints:
        """The same methods, which give answers with their headers."""
        return cast("RawWebhookEndpoints", WebhookEndpoints(self._client.raw()))

    def create(
        self,
        *,
        url: str,
        events: Sequence[str],
        description: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> EndpointWithSecret:
        """Make an endpoint. Keep its secret: it is not shown again."""
        body = given(url=url, events=[*events], description=description)
        return self._request(
            EndpointWithSecret, "POST", "/webhook_endpoints", body=body, idempotency_key=idempotency_key
        )

    def list(
        self, *, limit: Union[int, NotGiven] = NOT_GIVEN, offset: Union[int, NotGiven] = NOT_GIVEN
    ) -> Page[Endpoint]:
        """List endpoints, newest first. Iterating walks all of them."""
        return self._page(Endpoint, "/webhook_endpoints", given(limit=limit, offset=offset))

    def get(self, endpoint_id: str) -> Endpoint:
        """Get an endpoint."""
        return self._request(Endpoint, "GET", f"/webhook_endpoints/{segment(endpoint_id)}")

    def update(
        self,
        endpoint_id: str,
        *,
        url: Union[str, NotGiven] = NOT_GIVEN,
        events: Union[Sequence[str], NotGiven] = NOT_GIVEN,
        description: Union[str, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> Endpoint:
        """Change an endpoint. `status` is `enabled` or `disabled`."""
        body = given(url=url, events=events, description=description, status=status)
        return self._request(Endpoint, "PATCH", f"/webhook_endpoints/{segment(endpoint_id)}", body=body)

    def delete(self, endpoint_id: str) -> None:
        """Remove an endpoint. What waits for it is given up."""
        return self._request(nothing, "DELETE", f"/webhook_endpoints/{segment(endpoint_id)}")

    def rotate_secret(self, endpoint_id: str, *, idempotency_key: Optional[str] = None) -> EndpointWithSecret:
        """Get a new secret. The old one stays valid for a day: give `webhooks.unwrap` both."""
        path = f"/webhook_endpoints/{segment(endpoint_id)}/rotate_secret"
        return self._request(EndpointWithSecret, "POST", path, idempotency_key=idempotency_key)

    def test(
        self,
        endpoint_id: str,
        *,
        event: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> Delivery:
        """Send a sample of an event."""
        path = f"/webhook_endpoints/{segment(endpoint_id)}/test"
        return self._request(Delivery, "POST", path, body=given(event=event), idempotency_key=idempotency_key)

    def replay(
        self,
        endpoint_id: str,
        *,
        since: Union[datetime, str],
        until: Union[datetime, str],
        status: Union[str, NotGiven] = NOT_GIVEN,
        idempotency_key: Optional[str] = None,
    ) -> Replay:
        """Send once more what was of a time: `status` `succeeded`, `failed`, or both."""
        body = {"from": time_text(since), "to": time_text(until), **given(status=status)}
        path = f"/webhook_endpoints/{segment(endpoint_id)}/replay"
        return self._request(Replay, "POST", path, body=body, idempotency_key=idempotency_key)

    def list_deliveries(
        self,
        endpoint_id: str,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        status: Union[str, NotGiven] = NOT_GIVEN,
    ) -> Page[Delivery]:
        """List an endpoint's deliveries, newest first. Iterating walks all of them."""
        path = f"/webhook_endpoints/{segment(endpoint_id)}/deliveries"
        return self._page(Delivery, path, given(limit=limit, offset=offset, status=status))


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
