"""`/v1/account/top_ups`: buying credits."""

from __future__ import annotations

import logging
from typing import Any, Final

from django.conf import settings
from django.core.validators import RegexValidator, URLValidator
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiViewSet
from accounts.models import Scope
from billing import payments, services
from billing.models import TopUp
from billing.payments.base import PaymentsFailed
from vaniagent.lib import errors, money
from vaniagent.lib.api.fields import IdField, TextField, UrlField
from vaniagent.lib.api.serializers import Input

log = logging.getLogger(__name__)

MAX_URL_LENGTH: Final = 2_000
_IS_AMOUNT: Final = RegexValidator(r"^[0-9]{1,7}(\.[0-9]{1,2})?\Z", "Give an amount in decimal text, such as 20.00.")
_IS_ADDRESS: Final = URLValidator(schemes=["http", "https"])


@extend_schema_field({"type": "string", "pattern": r"^([1-9][0-9]{0,3}(\.[0-9]{1,2})?|10000(\.00?)?)$"})
class AmountField(TextField):
    """Decimal text. Whether it is enough, and not too much, is the service's word."""


class PaymentsAway(errors.Unavailable):
    """The provider does not answer, or cannot now."""

    def __init__(self, *, retry_after: int) -> None:
        words = "The payment provider does not answer. Nothing was charged: try again in a minute."
        super().__init__(words, retry_after=retry_after)


class PaymentsRefused(errors.BadAnswer):
    """The provider does not take what we ask."""

    def __init__(self) -> None:
        super().__init__("The payment provider refused. Nothing was charged.")


class TopUpBody(Input):
    """What opens a page to pay at."""

    credits = AmountField(
        max_length=10, trim_whitespace=False, validators=[_IS_AMOUNT], help_text="Decimal text, 1.00 to 10000.00"
    )
    success_url = UrlField(max_length=MAX_URL_LENGTH, validators=[_IS_ADDRESS], required=False)
    cancel_url = UrlField(max_length=MAX_URL_LENGTH, validators=[_IS_ADDRESS], required=False)


class TopUpSerializer(serializers.ModelSerializer[TopUp]):
    id = IdField("top", source="public_id")
    url = serializers.SerializerMethodField(allow_null=True, help_text="Where it is paid; null once nothing is to pay")
    credits = serializers.SerializerMethodField(help_text="Decimal text")

    class Meta:
        model = TopUp
        fields = ["id", "url", "credits", "status", "created_at", "paid_at"]
        read_only_fields = fields

    def get_url(self, top_up: TopUp) -> str | None:
        return top_up.url if top_up.status == TopUp.Status.OPEN else None

    def get_credits(self, top_up: TopUp) -> str:
        return money.to_text(top_up.micro_credits)


class TopUpViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet[TopUp]):
    scopes = {"list": Scope.READ, "retrieve": Scope.READ, "create": Scope.ADMIN}
    asks_others = frozenset({"create"})
    serializer_class = TopUpSerializer

    def get_queryset(self) -> QuerySet[TopUp]:
        top_ups: QuerySet[TopUp] = TopUp.objects.for_account(self.account)
        return top_ups.order_by("-pk")

    @extend_schema(request=TopUpBody, responses={201: TopUpSerializer, 502: None})
    def create(self, request: Request) -> Response:
        """Buy credits: open a page where they are paid."""
        body: dict[str, Any] = self.read(TopUpBody)
        try:
            top_up = self._open(body)
        except PaymentsFailed as error:
            # What the provider said stays between it and us.
            log.warning("The payment provider failed", exc_info=error)
            if error.retryable:
                raise PaymentsAway(retry_after=30) from error
            raise PaymentsRefused from error
        return Response(self.get_serializer(top_up).data, status.HTTP_201_CREATED)

    def _open(self, body: dict[str, Any]) -> TopUp:
        back = f"{settings.PUBLIC_URL}/settings/billing"
        return services.create_top_up(
            account=self.account,
            micro_credits=money.to_micro(body["credits"]),
            success_url=body.get("success_url", back),
            cancel_url=body.get("cancel_url", back),
            payments=payments.configured(),
            at=timezone.now(),
            by=self.actor,
            seed=self.seed,
        )
