"""`/v1/batches`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import parse_etags
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiViewSet
from accounts.models import Scope
from agents.api.serializers import CallingHoursBody, CallingHoursSerializer
from calls import batch_results
from calls.api.serializers import (
    PHONE_NUMBER,
    STATUSES,
    AgentField,
    MetadataField,
    PhoneNumberField,
    RetryBody,
    RetryField,
)
from calls.models import BatchRow, CallBatch
from calls.number_files import MOST_ROWS, BadFile, list_numbers, read_numbers
from calls.services import batches
from vaniagent.lib import money
from vaniagent.lib.api.fields import BoolField, IdField, TextField, TimeField, WholeNumberField
from vaniagent.lib.api.serializers import Input, Nothing, PageQuery, Query

_ROW: Final = {
    "type": "object",
    "properties": {
        "to_number": {"type": "string", "pattern": f"^{PHONE_NUMBER.pattern}$"},
        "metadata": {"$ref": "#/components/schemas/Metadata"},
    },
    "required": ["to_number"],
    "additionalProperties": False,
}


@extend_schema_field({"type": "array", "items": _ROW, "minItems": 1, "maxItems": MOST_ROWS})
class RowsField(serializers.Field[list[tuple[str, dict[str, Any]]], Any, Any, Any]):
    """Whom to call. All rows must be right."""

    def to_internal_value(self, data: Any) -> list[tuple[str, dict[str, Any]]]:
        if not isinstance(data, list) or not 1 <= len(data) <= MOST_ROWS:
            raise serializers.ValidationError(f"Send a list of 1 to {MOST_ROWS} rows.")
        for place, row in enumerate(data, 1):
            if not isinstance(row, dict) or not row.keys() <= {"to_number", "metadata"}:
                raise serializers.ValidationError(f"Row {place}: send an object of 'to_number' and 'metadata'.")
            number = row.get("to_number")
            if not isinstance(number, str) or PHONE_NUMBER.fullmatch(number) is None:
                raise serializers.ValidationError(f"Row {place}: send 'to_number' as '+' and 7 to 15 digits.")
            MetadataField().to_internal_value(row.get("metadata", {}))
        return [(row["to_number"], row.get("metadata", {})) for row in data]

    def to_representation(self, value: Any) -> Any:
        return value


class CsvField(TextField):
    """A file of numbers, as its text."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return read_numbers(super().to_internal_value(data).encode())
        except BadFile as error:
            raise serializers.ValidationError(error.message) from error


class BatchBody(Input):
    """What makes a batch: whom to call as `rows` or as `csv`, and how."""

    agent_id = AgentField(source="agent")
    rows = RowsField(required=False)
    csv = CsvField(
        required=False,
        trim_whitespace=False,
        help_text="Text of a file with a heading; a column `to_number`, the rest metadata",
    )
    duplicates = serializers.ChoiceField(
        choices=["skip", "call"], required=False, help_text="What becomes of `rows` whose number came before; `skip`"
    )
    name = TextField(max_length=100, required=False)
    from_number = PhoneNumberField(required=False, allow_null=True, default=None)
    at_once = WholeNumberField(
        min_value=1,
        max_value=10_000,
        required=False,
        allow_null=True,
        help_text="At most the account's limit; one less",
    )
    per_minute = WholeNumberField(
        min_value=1, max_value=batches.MOST_PER_MINUTE, required=False, allow_null=True, help_text="Null: no limit"
    )
    hours = CallingHoursBody(required=False, allow_null=True)
    retry = RetryBody(required=False, allow_null=True)
    scheduled_at = TimeField(required=False, allow_null=True, help_text="When to begin, at most 90 days ahead")
    start = BoolField(default=True, help_text="False: a draft, kept for a day")

    rules: ClassVar[dict[str, Any]] = {
        "oneOf": [
            {"required": ["rows"], "properties": {"csv": {"not": {}}}},
            {"required": ["csv"], "properties": {"rows": {"not": {}}, "duplicates": {"not": {}}}},
        ]
    }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("rows" in attrs) == ("csv" in attrs):
            raise serializers.ValidationError({"rows": ["Send either 'rows' or 'csv'."]})
        if "csv" in attrs and "duplicates" in attrs:
            raise serializers.ValidationError({"duplicates": ["Numbers of a 'csv' are called once each."]})
        rows, file = attrs.pop("rows", None), attrs.pop("csv", None)
        repeats = attrs.pop("duplicates", "skip") == "call"
        numbers = file if rows is None else list_numbers(rows, repeats=repeats)
        return {**attrs, "numbers": numbers, "name": attrs.get("name", "")}


class BatchListQuery(PageQuery):
    """A status narrows the list."""

    status = serializers.ChoiceField(choices=CallBatch.Status.choices, required=False)


class RowListQuery(PageQuery):
    """What narrows a list of rows: their status, or how their last call ended."""

    status = serializers.ChoiceField(choices=BatchRow.Status.choices, required=False)
    ended_reason = TextField(max_length=40, required=False)


class BatchProgressSerializer(serializers.Serializer[batches.Progress]):
    """How far a batch is. `rows` is the sum of the five after it; a row that is tried again has several `calls`."""

    rows = serializers.IntegerField(source="total")
    waiting = serializers.SerializerMethodField()
    placed = serializers.SerializerMethodField()
    skipped = serializers.SerializerMethodField()
    refused = serializers.SerializerMethodField()
    canceled = serializers.SerializerMethodField()
    calls = serializers.IntegerField()
    live = serializers.IntegerField()
    answered = serializers.IntegerField()
    ended = serializers.IntegerField()
    duration = serializers.IntegerField(source="seconds", help_text="Seconds of conversation")
    cost = serializers.SerializerMethodField()

    def get_waiting(self, progress: batches.Progress) -> int:
        return progress.waiting

    def get_placed(self, progress: batches.Progress) -> int:
        return progress.rows.get("placed", 0)

    def get_skipped(self, progress: batches.Progress) -> int:
        return progress.rows.get("skipped", 0)

    def get_refused(self, progress: batches.Progress) -> int:
        return progress.rows.get("refused", 0)

    def get_canceled(self, progress: batches.Progress) -> int:
        return progress.rows.get("canceled", 0)

    def get_cost(self, progress: batches.Progress) -> str:
        return money.to_text(progress.micro_credits)


class BatchSerializer(serializers.ModelSerializer[CallBatch]):
    id = IdField("batch", source="public_id")
    agent_id = IdField("agent", source="agent.public_id")
    hours = CallingHoursSerializer(allow_null=True)
    retry = RetryField(allow_null=True)
    progress = serializers.SerializerMethodField()

    class Meta:
        model = CallBatch
        fields = [
            "id",
            "agent_id",
            "name",
            "status",
            "paused_because",
            "from_number",
            "at_once",
            "per_minute",
            "hours",
            "retry",
            "scheduled_at",
            "progress",
            "created_at",
            "started_at",
            "ended_at",
        ]
        read_only_fields = fields

    @extend_schema_field(BatchProgressSerializer)
    def get_progress(self, batch: CallBatch) -> Any:
        counted: Mapping[int, batches.Progress] | None = self.context.get("progress")
        found = batches.progress(batch=batch) if counted is None else counted[batch.pk]
        return BatchProgressSerializer(found).data


class BatchRowSerializer(serializers.ModelSerializer[BatchRow]):
    """A row with the last of its calls."""

    metadata = MetadataField()
    call_id = serializers.CharField(source="call.public_id", default=None, allow_null=True)
    call_status = serializers.SerializerMethodField()
    ended_reason = serializers.CharField(source="call.ended_reason", default=None, allow_null=True)
    duration = serializers.IntegerField(source="call.duration", default=None, allow_null=True)

    class Meta:
        model = BatchRow
        fields = [
            "line",
            "to_number",
            "metadata",
            "status",
            "problem",
            "attempts",
            "not_before",
            "call_id",
            "call_status",
            "ended_reason",
            "duration",
        ]
        read_only_fields = fields

    @extend_schema_field({"type": ["string", "null"], "enum": [*dict(STATUSES), None]})
    def get_call_status(self, row: BatchRow) -> str | None:
        return None if row.call is None else row.call.status


class BatchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet[CallBatch]):
    serializer_class = BatchSerializer
    list_query_class: type[Query] = BatchListQuery
    scopes = {
        "list": Scope.READ,
        "retrieve": Scope.READ,
        "results": Scope.READ,
        "create": Scope.CALLS,
        "start": Scope.CALLS,
        "pause": Scope.CALLS,
        "resume": Scope.CALLS,
        "cancel": Scope.CALLS,
    }

    def get_queryset(self) -> QuerySet[CallBatch]:
        found = batches.batches_of(self.account)
        if self.action == "list" and "status" in self.query:
            found = found.filter(status=self.query["status"])
        return found

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "account": self.account}

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        context = {**self.get_serializer_context(), "progress": batches.progress_of(page)}
        return self.get_paginated_response(BatchSerializer(page, many=True, context=context).data)

    @extend_schema(request=BatchBody, responses={201: BatchSerializer, 404: None})
    def create(self, request: Request) -> Response:
        """Make a batch of calls, and start it."""
        body = self.read(BatchBody)
        batch = batches.make_batch(account=self.account, api_key=self.api_key, **body, by=self.actor, at=timezone.now())
        return Response(self.get_serializer(self._fresh(batch)).data, status.HTTP_201_CREATED)

    @extend_schema(request=Nothing)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, id: str) -> Response:
        """Start a draft."""
        return self._move(batches.start_batch)

    @extend_schema(request=Nothing)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, id: str) -> Response:
        """Place no more calls for now; those in progress go on."""
        return self._move(batches.pause_batch)

    @extend_schema(request=Nothing)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, id: str) -> Response:
        """Go on with a batch that was paused."""
        return self._move(batches.resume_batch)

    @extend_schema(request=Nothing)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: str) -> Response:
        """Place no more calls at all; those in progress go on, and are not tried again."""
        return self._move(batches.cancel_batch)

    @extend_schema(operation_id="batches_results", responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(detail=True, url_path="results.csv")
    def results(self, request: Request, id: str) -> HttpResponseBase:
        """Get what came of each row as CSV."""
        batch = self.get_object()
        etag = f'"{hashlib.sha256(batches.version_of_results(batch=batch).encode()).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        known = [text.removeprefix("W/") for text in parse_etags(request.headers.get("If-None-Match", ""))]
        if etag in known or "*" in known:
            unchanged = HttpResponse(status=304, headers=headers)
            del unchanged.headers["Content-Type"]
            return unchanged

        headers["Content-Disposition"] = f'attachment; filename="{batch.public_id}.csv"'
        return StreamingHttpResponse(
            batch_results.csv_of_batch(batch), headers=headers, content_type="text/csv; charset=utf-8"
        )

    def _move(self, service: Callable[..., CallBatch]) -> Response:
        self.read(Nothing)
        batch = service(batch=self.get_object(), by=self.actor, at=timezone.now())
        return Response(self.get_serializer(self._fresh(batch)).data)

    def _fresh(self, batch: CallBatch) -> CallBatch:
        return batches.get_batch(account=self.account, public_id=batch.public_id)


class BatchRowViewSet(mixins.ListModelMixin, ApiViewSet[BatchRow]):
    """A batch's rows, as they were sent."""

    serializer_class = BatchRowSerializer
    list_query_class: type[Query] = RowListQuery
    scopes = {"list": Scope.READ}

    def get_queryset(self) -> QuerySet[BatchRow]:
        batch = batches.get_batch(account=self.account, public_id=self.kwargs["batch_id"])
        return batches.rows_of(batch, status=self.query.get("status"), ended_reason=self.query.get("ended_reason"))
