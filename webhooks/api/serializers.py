"""Endpoints and deliveries as /v1 shows and takes them."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from vaniagent.lib.api.fields import IdField, TextField, TimeField, UrlField
from vaniagent.lib.api.serializers import Input, PageQuery
from vaniagent.lib.outbound import MAX_URL_LENGTH
from webhooks import event_types
from webhooks.models import Attempt, Delivery, Endpoint

DESCRIPTION_MAX: Final = 200
ENDED_STATUSES: Final = (Delivery.Status.SUCCEEDED, Delivery.Status.FAILED)


@extend_schema_field(serializers.ChoiceField(choices=event_types.NAMES))
class EventNameField(TextField):
    """A name from the catalogue of events; the service says which are not."""


class EndpointBody(Input):
    """What makes an endpoint."""

    url = UrlField(max_length=MAX_URL_LENGTH)
    events: Any = serializers.ListField(
        child=EventNameField(max_length=50), min_length=1, max_length=len(event_types.NAMES)
    )
    description = TextField(max_length=DESCRIPTION_MAX, required=False, allow_blank=True)


class EndpointChanges(EndpointBody):
    """What changes an endpoint."""

    status = serializers.ChoiceField(choices=Endpoint.Status.choices)


class SampleBody(Input):
    """Which event is made up; without it the first that the endpoint wants."""

    event = EventNameField(max_length=50, required=False)


class ReplayBody(Input):
    """What is sent again: events from a time on, before another; of one status, or all that have ended."""

    to = TimeField(source="until", help_text="Not included")
    status = serializers.ChoiceField(choices=ENDED_STATUSES, default=None)

    def get_fields(self) -> dict[str, Any]:
        # A word of Python's.
        return {"from": TimeField(source="since", help_text="Included"), **super().get_fields()}


class ReplaySerializer(serializers.Serializer[dict[str, int]]):
    """How many deliveries are sent again."""

    replayed = serializers.IntegerField(min_value=0)


class DeliveryListQuery(PageQuery):
    """A status narrows the log."""

    status = serializers.ChoiceField(choices=Delivery.Status.choices, default=None)


class EndpointSerializer(serializers.ModelSerializer[Endpoint]):
    id = IdField("we", source="public_id")

    class Meta:
        model = Endpoint
        fields = ["id", "url", "events", "description", "status", "created_at"]
        read_only_fields = fields


class EndpointWithSecretSerializer(EndpointSerializer):
    """Shown once: when the endpoint is made, and when its secret is rotated."""

    secret = serializers.CharField()

    class Meta(EndpointSerializer.Meta):
        fields = ["id", "url", "events", "description", "status", "secret", "created_at"]
        read_only_fields = fields


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    at = serializers.DateTimeField(source="started_at")

    class Meta:
        model = Attempt
        fields = ["number", "at", "status_code", "duration_ms", "response", "error"]
        read_only_fields = fields


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    id = IdField("whd", source="public_id")
    endpoint_id = IdField("we", source="endpoint.public_id")
    event = serializers.CharField(source="event.type")
    call_id = IdField("call", allow_null=True)
    attempts = AttemptSerializer(many=True)

    class Meta:
        model = Delivery
        fields = ["id", "endpoint_id", "event", "call_id", "status", "attempts", "next_attempt_at", "created_at"]
        read_only_fields = fields
