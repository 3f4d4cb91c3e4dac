"""`/v1/phone_lines`."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiViewSet
from accounts.models import Scope
from calls import inbound_limits
from calls.api.serializers import AgentField, PhoneNumberField
from calls.inbound_limits import InboundLimits
from calls.models import PhoneLine
from calls.services import line_checks, lines
from vaniagent.lib.api.fields import BoolField, IdField, TextField, WholeNumberField
from vaniagent.lib.api.serializers import Input, Nothing

MOST_NUMBERS: Final = 1_000
_NAME: Final = r"([0-9A-Za-z]([0-9A-Za-z-]{0,42}[0-9A-Za-z])?\.){1,5}[A-Za-z]{2,24}"
IS_DOMAIN: Final = RegexValidator(r"^[0-9A-Za-z.-]{1,253}\Z", "Give a host name or an IPv4 address.")
_SID: Final = "AC[0-9a-f]{32}"
IS_SID: Final = RegexValidator(rf"^{_SID}\Z", "Give Twilio's Account SID: 'AC' and 32 digits from 0 to f.")
# Passwords are quoted where the SIP stack reads them, and nothing there unquotes them.
_PLAIN: Final = r"[!#-\[\]-~]([ !#-\[\]-~]*[!#-\[\]-~])?"
IS_PLAIN: Final = RegexValidator(rf"^{_PLAIN}\Z", 'Give printable ASCII characters, and neither " nor \\.')
# A user name stands in SIP addresses.
_USER: Final = r"[0-9A-Za-z+._*~-]([0-9A-Za-z+._*~@-]*[0-9A-Za-z+._*~-])?"
# Of callers: a whole number, or at least the country and a digit more.
_CALLER: Final = r"^\+[0-9]{2,15}(\*|[0-9])$"
IS_CALLER: Final = RegexValidator(_CALLER.replace("$", r"\Z"), "Give '+' and digits, perhaps with a '*' at the end.")
_AMOUNT: Final = r"^[0-9]{1,6}(\.[0-9]{1,2})?$"
IS_AMOUNT: Final = RegexValidator(_AMOUNT.replace("$", r"\Z"), "Give credits as text, such as '2.50'.")
IS_USER: Final = RegexValidator(rf"^{_USER}\Z", "Give letters, digits and any of + . _ * ~ - @.")


@extend_schema_field({"type": "string", "pattern": f"^{_NAME}$", "maxLength": 253})
class DomainField(TextField):
    """Where a trunk is. Whether it may be reached is the service's word."""


@extend_schema_field({"type": "string", "pattern": f"^{_SID}$"})
class SidField(TextField):
    """Twilio's name of an account."""


@extend_schema_field({"type": "string", "pattern": f"^{_PLAIN}$", "maxLength": 200})
class PasswordField(TextField):
    """A secret, shown in no answer."""


@extend_schema_field({"type": ["string", "null"], "pattern": f"^{_PLAIN}$", "maxLength": 200})
class SipPasswordField(TextField):
    """Likewise; null for none."""


@extend_schema_field({"type": ["string", "null"], "pattern": f"^{_USER}$", "maxLength": 100})
class UserField(TextField):
    """What answers a trunk's challenge; null for none."""


@extend_schema_field({"type": ["string", "null"], "pattern": _AMOUNT})
class AmountField(TextField):
    """Credits as decimal text; null for no limit."""


@extend_schema_field({"type": "string", "pattern": _CALLER})
class CallerField(TextField):
    """A number, or the beginning of numbers with a `*` at the end."""


class InboundLimitsBody(Input):
    """What callers may do on a line. What is left out stays as it is."""

    calls_per_hour = WholeNumberField(min_value=1, max_value=inbound_limits.MOST_CALLS, allow_null=True, required=False)
    calls_per_day = WholeNumberField(min_value=1, max_value=inbound_limits.MOST_CALLS, allow_null=True, required=False)
    cost_per_day = AmountField(max_length=10, validators=[IS_AMOUNT], allow_null=True, required=False)
    silent_after = WholeNumberField(
        min_value=inbound_limits.LEAST_SILENCE, max_value=inbound_limits.MOST_SILENCE, required=False
    )
    blocks_hidden = BoolField(required=False)
    blocked = serializers.ListField(
        child=CallerField(max_length=17, validators=[IS_CALLER]), max_length=inbound_limits.MOST_BLOCKED, required=False
    )


class InboundLimitsSerializer(serializers.Serializer[InboundLimits]):
    calls_per_hour = serializers.IntegerField(allow_null=True)
    calls_per_day = serializers.IntegerField(allow_null=True)
    cost_per_day = serializers.CharField(allow_null=True, help_text="Credits, decimal text")
    silent_after = serializers.IntegerField(help_text="Seconds")
    blocks_hidden = serializers.BooleanField()
    blocked = serializers.ListField(child=serializers.CharField())


class LineChanges(Input):
    """What changes a phone line. A line of one kind has no fields of another, and keeps its kind."""

    name = TextField(max_length=100)
    numbers: Any = serializers.ListField(child=PhoneNumberField(), min_length=1, max_length=MOST_NUMBERS)
    domain = DomainField(max_length=253, validators=[IS_DOMAIN], required=False)
    port = WholeNumberField(min_value=1, max_value=65535, allow_null=True, required=False)
    transport = serializers.ChoiceField(choices=PhoneLine.Transport.choices, required=False)
    username = UserField(max_length=100, trim_whitespace=False, validators=[IS_USER], allow_null=True, required=False)
    password = SipPasswordField(
        max_length=200, trim_whitespace=False, validators=[IS_PLAIN], allow_null=True, required=False
    )
    srtp = serializers.ChoiceField(choices=PhoneLine.Srtp.choices, required=False)
    register = BoolField(required=False)
    account_sid = SidField(max_length=34, validators=[IS_SID], required=False)
    auth_token = PasswordField(max_length=200, trim_whitespace=False, validators=[IS_PLAIN], required=False)
    inbound_agent_id = AgentField(source="inbound_agent", allow_null=True, required=False)
    max_live_calls = WholeNumberField(min_value=1, max_value=10_000, required=False)
    calls_per_second = WholeNumberField(min_value=1, max_value=100, required=False)
    is_default = BoolField(required=False)
    inbound_limits = InboundLimitsBody(required=False)


class LineBody(LineChanges):
    """What makes a phone line."""

    kind = serializers.ChoiceField(choices=PhoneLine.Kind.choices)

    rules: ClassVar[dict[str, Any]] = {
        "oneOf": [
            {
                "required": [required, *more],
                "properties": {"kind": {"const": kind}, **{name: {"not": {}} for name in others}},
            }
            for kind, others, required, more in (
                ("sip", lines.FIELDS_OF["twilio"], "domain", []),
                ("twilio", lines.FIELDS_OF["sip"], "account_sid", ["auth_token"]),
            )
        ]
    }


class LineSerializer(serializers.ModelSerializer[PhoneLine]):
    """A line without its secret. What its kind does not have is null."""

    id = IdField("line", source="public_id")
    domain = serializers.SerializerMethodField(allow_null=True)
    port = serializers.IntegerField(allow_null=True, read_only=True)
    transport = serializers.SerializerMethodField(allow_null=True)
    username = serializers.SerializerMethodField(allow_null=True)
    srtp = serializers.SerializerMethodField(allow_null=True)
    register = serializers.SerializerMethodField(allow_null=True)
    account_sid = serializers.SerializerMethodField(allow_null=True)
    numbers = serializers.SerializerMethodField()
    inbound_agent_id = serializers.SerializerMethodField(allow_null=True)
    inbound_limits = serializers.SerializerMethodField()

    class Meta:
        model = PhoneLine
        fields = [
            "id",
            "kind",
            "name",
            "domain",
            "port",
            "transport",
            "username",
            "srtp",
            "register",
            "account_sid",
            "numbers",
            "inbound_agent_id",
            "max_live_calls",
            "calls_per_second",
            "is_default",
            "inbound_limits",
            "status",
            "status_detail",
            "checked_at",
            "created_at",
        ]
        read_only_fields = fields

    def get_domain(self, line: PhoneLine) -> str | None:
        return line.domain or None

    def get_transport(self, line: PhoneLine) -> str | None:
        return line.transport if line.kind == PhoneLine.Kind.SIP else None

    def get_username(self, line: PhoneLine) -> str | None:
        return line.username or None

    def get_srtp(self, line: PhoneLine) -> str | None:
        return line.srtp if line.kind == PhoneLine.Kind.SIP else None

    def get_register(self, line: PhoneLine) -> bool | None:
        return line.register if line.kind == PhoneLine.Kind.SIP else None

    def get_account_sid(self, line: PhoneLine) -> str | None:
        return line.account_sid or None

    def get_numbers(self, line: PhoneLine) -> list[str]:
        return [number.number for number in line.line_numbers.all()]

    def get_inbound_agent_id(self, line: PhoneLine) -> str | None:
        return line.inbound_agent.public_id if line.inbound_agent is not None else None

    @extend_schema_field(InboundLimitsSerializer)
    def get_inbound_limits(self, line: PhoneLine) -> dict[str, Any]:
        return inbound_limits.read(line.inbound_limits).as_json()


class LineViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet[PhoneLine]):
    serializer_class = LineSerializer
    asks_others = frozenset({"check"})
    scopes = {
        "list": Scope.READ,
        "retrieve": Scope.READ,
        "create": Scope.ADMIN,
        "partial_update": Scope.ADMIN,
        "destroy": Scope.ADMIN,
        "check": Scope.ADMIN,
    }

    def get_queryset(self) -> QuerySet[PhoneLine]:
        return lines.list_lines(account=self.account)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "account": self.account}

    @extend_schema(request=LineBody, responses={201: LineSerializer, 404: None})
    def create(self, request: Request) -> Response:
        """Add a phone line. It is tried at once; `status` tells a moment later what came of it."""
        line = lines.create_line(account=self.account, **self.read(LineBody), at=timezone.now(), by=self.actor)
        return Response(self.get_serializer(line).data, status.HTTP_201_CREATED)

    @extend_schema(request=LineChanges)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a phone line. Calls that are under way go on as they began."""
        changes = self.read(LineChanges, partial=True)
        line = lines.update_line(line=self.get_object(), **changes, at=timezone.now(), by=self.actor)
        return Response(self.get_serializer(line).data)

    def destroy(self, request: Request, id: str) -> Response:
        """Remove a phone line. Its numbers are free again, and its calls still name it."""
        lines.delete_line(line=self.get_object(), at=timezone.now(), by=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=Nothing)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, id: str) -> Response:
        """Try a phone line now."""
        self.read(Nothing)
        line = line_checks.check_line(line=self.get_object(), at=timezone.now())
        return Response(self.get_serializer(line).data)
