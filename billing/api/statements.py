"""`/v1/account/transactions` and `/v1/account/statement`: what became of an account's credits."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import parse_etags
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.request import Request

from accounts.api.base import ApiViewSet
from accounts.models import Scope
from billing import exporting, services
from billing.models import STATED_KINDS, Transaction
from vaniagent.lib import money
from vaniagent.lib.api.fields import TextField
from vaniagent.lib.api.serializers import PageQuery, Query

_MONTH: Final = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])")


class TransactionListQuery(PageQuery):
    """A kind narrows the list."""

    kind = serializers.ChoiceField(choices=STATED_KINDS, default=None)


@extend_schema_field({"type": "string", "pattern": f"^{_MONTH.pattern}$"})
class MonthField(TextField):
    """A month, such as `2026-11`."""

    def to_internal_value(self, data: Any) -> Any:
        named = _MONTH.fullmatch(super().to_internal_value(data))
        if named is None:
            raise serializers.ValidationError("Name a month, such as 2026-11.")
        return date(int(named[1]), int(named[2]), 1)


class StatementQuery(Query):
    """The month that is wanted."""

    month = MonthField(default=None, help_text="Such as `2026-11`, by UTC; by default the present one")


class TransactionSerializer(serializers.ModelSerializer[Transaction]):
    kind = serializers.ChoiceField(choices=STATED_KINDS)
    amount = serializers.SerializerMethodField(help_text="Decimal text; what went out is negative")

    class Meta:
        model = Transaction
        fields = ["posted_at", "kind", "reference", "memo", "amount"]
        read_only_fields = fields

    def get_amount(self, posted: Any) -> str:
        return money.to_text(posted.micro_credits)


class TransactionViewSet(mixins.ListModelMixin, ApiViewSet[Transaction]):
    """What came in and went out, newest first."""

    scopes = {"list": Scope.READ}
    serializer_class = TransactionSerializer
    list_query_class: type[Query] = TransactionListQuery

    def get_queryset(self) -> QuerySet[Transaction]:
        transactions = services.stated_transactions(account=self.account)
        if self.query["kind"]:
            transactions = transactions.filter(kind=self.query["kind"])
        return transactions.order_by("-posted_at", "-pk")


class StatementViewSet(ApiViewSet[Transaction]):
    scopes = {"list": Scope.READ}
    list_query_class: type[Query] = StatementQuery
    pagination_class = None

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def list(self, request: Request) -> HttpResponseBase:
        """Get the statement of a month as CSV."""
        month: date = self.query["month"] or timezone.now().date()
        version = services.statement_version(account=self.account, month=month)
        etag = f'"{hashlib.sha256(version.encode()).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        known = [text.removeprefix("W/") for text in parse_etags(request.headers.get("If-None-Match", ""))]
        if etag in known or "*" in known:
            unchanged = HttpResponse(status=304, headers=headers)
            del unchanged.headers["Content-Type"]
            return unchanged

        headers["Content-Disposition"] = f'attachment; filename="statement-{month:%Y-%m}.csv"'
        lines = services.statement(account=self.account, month=month)
        return StreamingHttpResponse(
            exporting.csv_of_statement(lines), headers=headers, content_type="text/csv; charset=utf-8"
        )
