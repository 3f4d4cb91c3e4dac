"""`/v1/do_not_call`, `/v1/dialing_rules` and `/v1/dial_checks`: whom an account may ring, and the proof that it was asked."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from django.db.models import Count, Max, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import parse_etags
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiViewSet
from accounts.models import Scope
from agents.api.serializers import CallingHoursBody, CallingHoursSerializer
from calls import listed_numbers
from calls.api.serializers import PhoneNumberField
from calls.models import DialCheck, DialingRules, DoNotCall
from calls.services import dialing_rules, do_not_call
from vaniagent.lib.api.fields import BoolField, IdField, TextField, UrlField, WholeNumberField
from vaniagent.lib.api.serializers import Input, PageQuery

MOST_CALLS: Final = 1_000
LONGEST_DAYS: Final = 3_650


class EntryQuery(PageQuery):
    """What narrows the list."""

    search = TextField(max_length=40, required=False, help_text="A number, or three digits of it or more")


class ListedNumberField(TextField):
    """A number with its country, however it is written: it is kept as `+` and digits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **options)

    def to_internal_value(self, data: Any) -> str:
        number = listed_numbers.plain(super().to_internal_value(data))
        if not number:
            raise serializers.ValidationError("Send a phone number with its country, such as '+4930123456'.")
        return number


class DoNotCallBody(Input):
    """What lists a number."""

    number = ListedNumberField(help_text="With its country, however it is written")
    reason = TextField(max_length=do_not_call.REASON_MAX, required=False, allow_blank=True, default="")


class DoNotCallImportBody(Input):
    """A CSV file, as text."""

    csv = TextField(
        max_length=1_000_000,
        trim_whitespace=False,
        help_text="A number a line; with a heading, its columns `number` and `reason` are read",
    )


class DoNotCallEntrySerializer(serializers.ModelSerializer[DoNotCall]):
    id = IdField("dnc", source="public_id")
    number = serializers.CharField(
        allow_null=True, read_only=True, help_text="Null: the caller's data were erased, and it is still not called"
    )
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field of this name hides the base's own attribute
        choices=DoNotCall.Source.choices, read_only=True
    )
    call_id = serializers.CharField(source="call.public_id", default=None, allow_null=True, read_only=True)

    class Meta:
        model = DoNotCall
        fields = ["id", "number", "reason", "source", "call_id", "created_at"]
        read_only_fields = fields


class ImportProblemSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    message = serializers.CharField(source="text")


class DoNotCallImportSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    already_listed = serializers.IntegerField()
    refused = serializers.IntegerField(help_text="Lines that name no number")
    problems = ImportProblemSerializer(many=True, help_text="The first hundred of them")


class DoNotCallViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet[DoNotCall]):
    serializer_class = DoNotCallEntrySerializer
    list_query_class = EntryQuery
    scopes = {
        "list": Scope.READ,
        "retrieve": Scope.READ,
        "export": Scope.READ,
        "create": Scope.CALLS,
        "import_csv": Scope.ADMIN,
        "destroy": Scope.ADMIN,
    }

    def get_queryset(self) -> QuerySet[DoNotCall]:
        search = getattr(self, "query", {}).get("search", "")
        return do_not_call.entries_of(self.account, search=search).select_related("call")

    @extend_schema(request=DoNotCallBody, responses={201: DoNotCallEntrySerializer})
    def create(self, request: Request) -> Response:
        """Put a number on the list; one that is there stays as it is."""
        body = self.read(DoNotCallBody)
        entry, _is_new = do_not_call.add_number(account=self.account, **body, by=self.actor, at=timezone.now())
        return Response(self.get_serializer(entry).data, status.HTTP_201_CREATED)

    def destroy(self, request: Request, id: str) -> Response:
        """Take a number off the list: it may be called again."""
        do_not_call.remove_entry(entry=self.get_object(), by=self.actor, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="do_not_call_import", request=DoNotCallImportBody, responses={200: DoNotCallImportSerializer}
    )
    @action(detail=False, methods=["post"], url_path="import", url_name="import")
    def import_csv(self, request: Request) -> Response:
        """Put the numbers of a CSV file on the list. The same file again changes nothing."""
        file = self.read(DoNotCallImportBody)["csv"].encode()
        imported = do_not_call.import_numbers(account=self.account, file=file, by=self.actor, at=timezone.now())
        return Response(DoNotCallImportSerializer(imported).data)

    @extend_schema(operation_id="do_not_call_export", responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(detail=False, url_path="export.csv", url_name="export")
    def export(self, request: Request) -> HttpResponseBase:
        """Get the list as CSV."""
        entries = do_not_call.entries_of(self.account)
        version = entries.order_by().aggregate(newest=Max("pk"), count=Count("pk"))
        named = f"{self.account.pk} {version['newest']} {version['count']}"
        etag = f'"{hashlib.sha256(named.encode()).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        known = [text.removeprefix("W/") for text in parse_etags(request.headers.get("If-None-Match", ""))]
        if etag in known or "*" in known:
            unchanged = HttpResponse(status=304, headers=headers)
            del unchanged.headers["Content-Type"]
            return unchanged

        headers["Content-Disposition"] = 'attachment; filename="do-not-call.csv"'
        return StreamingHttpResponse(
            do_not_call.csv_of(entries), headers=headers, content_type="text/csv; charset=utf-8"
        )


class DialingRulesBody(Input):
    """What changes the rules. What is left out stays as it is."""

    calling_hours = CallingHoursBody(required=False, allow_null=True)
    max_calls_per_day = WholeNumberField(
        min_value=1, max_value=MOST_CALLS, required=False, allow_null=True, source="max_per_day"
    )
    max_calls_per_week = WholeNumberField(
        min_value=1, max_value=MOST_CALLS, required=False, allow_null=True, source="max_per_week"
    )
    pre_dial_url = UrlField(max_length=2_000, required=False, allow_null=True)
    rotate_secret = BoolField(required=False, default=False)
    proof_days = WholeNumberField(min_value=1, max_value=LONGEST_DAYS, required=False, allow_null=True)

    def validate_pre_dial_url(self, url: str | None) -> str:
        return url or ""


class DialingRulesSerializer(serializers.ModelSerializer[DialingRules]):
    calling_hours = CallingHoursSerializer(allow_null=True, read_only=True)
    max_calls_per_day = serializers.IntegerField(source="max_per_day", allow_null=True, help_text="To one number")
    max_calls_per_week = serializers.IntegerField(source="max_per_week", allow_null=True, help_text="In seven days")
    pre_dial_url = serializers.SerializerMethodField(
        allow_null=True, help_text="Asked before each call; without a clear yes there is none"
    )
    pre_dial_secret = serializers.SerializerMethodField(
        allow_null=True, help_text="Signs what is asked. Shown once, when it is made"
    )
    proof_days = serializers.IntegerField(allow_null=True, help_text="How long checks are kept; null: for ever")

    class Meta:
        model = DialingRules
        fields = [
            "calling_hours",
            "max_calls_per_day",
            "max_calls_per_week",
            "pre_dial_url",
            "pre_dial_secret",
            "proof_days",
        ]
        read_only_fields = fields

    def get_pre_dial_url(self, rules: DialingRules) -> str | None:
        return rules.pre_dial_url or None

    def get_pre_dial_secret(self, rules: DialingRules) -> str | None:
        secret: str | None = self.context.get("secret")
        return secret


class DialingRulesViewSet(ApiViewSet[DialingRules]):
    serializer_class = DialingRulesSerializer
    scopes = {"retrieve": Scope.READ, "partial_update": Scope.ADMIN}

    @extend_schema(responses=DialingRulesSerializer)
    def retrieve(self, request: Request) -> Response:
        """Get what is asked of all outbound calls of the account."""
        return Response(DialingRulesSerializer(dialing_rules.rules_of(self.account)).data)

    @extend_schema(request=DialingRulesBody, responses=DialingRulesSerializer)
    def partial_update(self, request: Request) -> Response:
        """Change what is asked of all outbound calls of the account."""
        body = self.read(DialingRulesBody)
        rotate = body.pop("rotate_secret")
        rules, secret = dialing_rules.change_rules(
            account=self.account, changes=body, rotate_secret=rotate, by=self.actor, at=timezone.now()
        )
        return Response(DialingRulesSerializer(rules, context={"secret": secret}).data)


class CheckQuery(PageQuery):
    """What narrows the list."""

    call_id = TextField(max_length=60, required=False)
    to_number = PhoneNumberField(required=False)


class DialCheckResultSerializer(serializers.Serializer[Any]):
    rule = serializers.CharField(help_text="More may come")
    passed = serializers.BooleanField()
    detail = serializers.CharField(help_text="In words; they may change")


class DialCheckSerializer(serializers.ModelSerializer[DialCheck]):
    id = IdField("check", source="public_id")
    call_id = serializers.CharField(
        source="call.public_id", default=None, allow_null=True, help_text="Null: there was no call"
    )
    agent_id = serializers.CharField(source="agent_version.agent.public_id")
    agent_version = serializers.IntegerField(source="agent_version.number")
    allowed = serializers.BooleanField(source="is_allowed")
    refused_by = serializers.SerializerMethodField(allow_null=True, help_text="The rule; null where none did")
    results = DialCheckResultSerializer(many=True, help_text="In the order asked, up to the first that refused")
    answer_sha256 = serializers.SerializerMethodField(
        allow_null=True, help_text="Of what your own server answered; null where it was not asked"
    )
    created_at = serializers.DateTimeField(source="at")

    class Meta:
        model = DialCheck
        fields = [
            "id",
            "call_id",
            "agent_id",
            "agent_version",
            "to_number",
            "allowed",
            "refused_by",
            "results",
            "answer_sha256",
            "created_at",
        ]
        read_only_fields = fields

    def get_refused_by(self, check: DialCheck) -> str | None:
        return check.refused_by or None

    def get_answer_sha256(self, check: DialCheck) -> str | None:
        return check.answer_digest or None


class DialCheckViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet[DialCheck]):
    serializer_class = DialCheckSerializer
    list_query_class = CheckQuery
    scopes = {"list": Scope.READ, "retrieve": Scope.READ}

    def get_queryset(self) -> QuerySet[DialCheck]:
        query: dict[str, Any] = getattr(self, "query", {})
        checks: QuerySet[DialCheck] = DialCheck.objects.for_account(self.account)
        if "call_id" in query:
            checks = checks.filter(call__public_id=query["call_id"])
        if "to_number" in query:
            checks = checks.filter(to_number=query["to_number"])
        return checks.select_related("call", "agent_version__agent").order_by("-pk")
