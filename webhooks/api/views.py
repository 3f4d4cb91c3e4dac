"""`/v1/webhook_endpoints` and `/v1/webhook_deliveries`."""

from __future__ import annotations

from typing import Generic, TypeVar
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Model, Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.api.base import ApiViewSet
from accounts.models import Scope
from vaniagent.lib.api.serializers import Nothing, Query
from webhooks import services
from webhooks.api.serializers import (
    DeliveryListQuery,
    DeliverySerializer,
    EndpointBody,
    EndpointChanges,
    EndpointSerializer,
    EndpointWithSecretSerializer,
    ReplayBody,
    ReplaySerializer,
    SampleBody,
)
from webhooks.models import Attempt, Delivery, DeliveryQuerySet, Endpoint

M = TypeVar("M", bound=Model)


class Recorded(ApiViewSet[M], Generic[M]):
    """What keys do to endpoints stands in the audit log."""

    def record(self, action: str, endpoint: Endpoint, **details: audit.Detail) -> None:
        audit.record(
            account=self.account,
            by=self.actor,
            action=action,
            target=endpoint.public_id,
            details=details,
            at=timezone.now(),
        )


class EndpointViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Recorded[Endpoint]):
    serializer_class = EndpointSerializer
    scopes = {
        "list": Scope.READ,
        "retrieve": Scope.READ,
        "create": Scope.ADMIN,
        "partial_update": Scope.ADMIN,
        "destroy": Scope.ADMIN,
        "rotate_secret": Scope.ADMIN,
        "test": Scope.ADMIN,
        "replay": Scope.ADMIN,
    }

    def get_queryset(self) -> QuerySet[Endpoint]:
        return services.list_endpoints(account=self.account)

    @extend_schema(request=EndpointBody, responses={201: EndpointWithSecretSerializer})
    def create(self, request: Request) -> Response:
        """Make an endpoint. Its signing secret is in this answer, and in no later one."""
        body = self.read(EndpointBody)
        with transaction.atomic():
            endpoint = services.create_endpoint(account=self.account, **body)
            self.record("webhook.created", endpoint, host=urlsplit(endpoint.url).hostname, events=endpoint.events)
        return Response(EndpointWithSecretSerializer(endpoint).data, status.HTTP_201_CREATED)

    @extend_schema(request=EndpointChanges)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change an endpoint, or enable it again."""
        changes = self.read(EndpointChanges, partial=True)
        with transaction.atomic():
            endpoint = services.update_endpoint(endpoint=self.get_object(), **changes)
            self.record("webhook.changed", endpoint, fields=sorted(changes))
        return Response(self.get_serializer(endpoint).data)

    def destroy(self, request: Request, id: str) -> Response:
        """Delete an endpoint. What waits for it is given up."""
        endpoint = self.get_object()
        with transaction.atomic():
            services.delete_endpoint(endpoint=endpoint, at=timezone.now())
            self.record("webhook.deleted", endpoint, host=urlsplit(endpoint.url).hostname)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=Nothing, responses=EndpointWithSecretSerializer)
    @action(detail=True, methods=["post"])
    def rotate_secret(self, request: Request, id: str) -> Response:
        """Give an endpoint a new signing secret. The old one stays valid beside it for 24 hours."""
        self.read(Nothing)
        with transaction.atomic():
            endpoint = services.rotate_secret(endpoint=self.get_object(), at=timezone.now())
            self.record("webhook.secret_rotated", endpoint)
        return Response(EndpointWithSecretSerializer(endpoint).data)

    @extend_schema(request=SampleBody, responses={201: DeliverySerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, id: str) -> Response:
        """Send an endpoint a sample event: the one that `event` names, or the first that it wants."""
        endpoint, body = self.get_object(), self.read(SampleBody)
        with transaction.atomic():
            delivery = services.send_test_event(endpoint=endpoint, event_type=body.get("event"), at=timezone.now())
            self.record("webhook.tested", endpoint, delivery=delivery.public_id)
        return Response(DeliverySerializer(delivery).data, status.HTTP_201_CREATED)

    @extend_schema(request=ReplayBody, responses=ReplaySerializer)
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: str) -> Response:
        """Send an endpoint the events of a time once more.

        Those whose delivery has ended, oldest first; `status` narrows it to those that failed, or those that succeeded.
        """
        endpoint, body = self.get_object(), self.read(ReplayBody)
        with transaction.atomic():
            count = services.replay_deliveries(endpoint=endpoint, **body, at=timezone.now())
            self.record("webhook.replayed", endpoint, deliveries=count)
        return Response({"replayed": count})


class EndpointDeliveryViewSet(mixins.ListModelMixin, ApiViewSet[Delivery]):
    """An endpoint's delivery log, newest first."""

    serializer_class = DeliverySerializer
    list_query_class: type[Query] = DeliveryListQuery
    scopes = {"list": Scope.READ}

    def get_queryset(self) -> QuerySet[Delivery]:
        endpoint = services.get_endpoint(account=self.account, public_id=self.kwargs["endpoint_id"])
        deliveries = _deliveries().for_account(self.account).filter(endpoint=endpoint)
        if self.query["status"]:
            deliveries = deliveries.filter(status=self.query["status"])
        return deliveries.order_by("-pk")


class DeliveryViewSet(mixins.RetrieveModelMixin, Recorded[Delivery]):
    serializer_class = DeliverySerializer
    scopes = {"retrieve": Scope.READ, "replay": Scope.ADMIN}

    def get_queryset(self) -> QuerySet[Delivery]:
        return _deliveries().for_account(self.account)

    @extend_schema(request=Nothing)
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: str) -> Response:
        """Send a delivery once more."""
        self.read(Nothing)
        with transaction.atomic():
            delivery = services.replay_delivery(delivery=self.get_object(), at=timezone.now())
            self.record("webhook.replayed", delivery.endpoint, delivery=delivery.public_id)
        return Response(self.get_serializer(delivery).data)


def _deliveries() -> DeliveryQuerySet:
    attempts = Prefetch("attempts", Attempt.objects.order_by("number"))
    return Delivery.objects.select_related("endpoint", "event").prefetch_related(attempts)
