"""Calls as /v1 shows and takes them."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, ClassVar, Final
from zoneinfo import available_timezones

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agents import transfers as destinations
from agents.models import Agent
from calls import retry_rules
from calls.api.reading import agent_for_calls
from calls.models import Call, Turn
from calls.services.starting import RING_SECONDS, NoSuchAgent
from calls.telephony.base import EndedBy, EndReason
from calls.voice.session import Stages
from vaniagent.lib import json_wire
from vaniagent.lib.api.fields import IdField, TextField, TimeField, WholeNumberField
from vaniagent.lib.api.serializers import Input, PageQuery

SANDBOX_LINES_MAX: Final = 50
SANDBOX_LINE_MAX: Final = 300

# What is shown and asked for: a call that waits for its time is initiated, too.
STATUSES: Final = tuple(choice for choice in Call.Status.choices if choice[0] != Call.Status.SCHEDULED)

PHONE_NUMBER: Final = re.compile(r"\+[0-9]{7,15}")


@extend_schema_field({"type": "string", "pattern": f"^{PHONE_NUMBER.pattern}$"})
class PhoneNumberField(TextField):
    """`+` and 7 to 15 digits. Whether it can be dialled is the phone line's word."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        number = super().to_internal_value(data)
        if PHONE_NUMBER.fullmatch(number) is None:
            raise serializers.ValidationError("Send a phone number as '+' and 7 to 15 digits.")
        return number


@extend_schema_field({"$ref": "#/components/schemas/Metadata"})
class MetadataField(serializers.Field[dict[str, Any], Any, Any, Any]):
    """Any JSON object that webhooks can carry unharmed."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        json_wire.check_metadata(data)
        metadata: dict[str, Any] = data
        return metadata

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field(IdField("agent").schema())
class AgentField(serializers.Field[Agent, Any, Any, Any]):
    """The public id of an agent of the account that takes calls."""

    default_error_messages = {"invalid": "Not a valid string."}

    def to_internal_value(self, data: Any) -> Agent:
        if not isinstance(data, str):
            self.fail("invalid")
        agent = agent_for_calls(account=self.context["account"], agent_id=data)
        if agent is None:
            raise NoSuchAgent("There is no agent with this id.", param=self.field_name)
        return agent


class SandboxBody(Input):
    """What the person on the sandbox line will say."""

    lines = serializers.ListField(
        child=TextField(max_length=SANDBOX_LINE_MAX), max_length=SANDBOX_LINES_MAX, required=False
    )


_GAP: Final = {"type": "integer", "minimum": retry_rules.SHORTEST_GAP, "maximum": retry_rules.LONGEST_GAP}
_GAPS: Final = {"type": "array", "items": _GAP, "minItems": 1, "maxItems": retry_rules.MOST_ATTEMPTS}


@extend_schema_field({"oneOf": [_GAP, _GAPS]})
class GapsField(serializers.Field[Any, Any, Any, Any]):
    """Seconds between attempts: a number, or a list with one for each."""

    default_error_messages = {"invalid": "Send seconds, or a list with the seconds before each attempt."}

    def to_internal_value(self, data: Any) -> int | list[int]:
        gaps = data if isinstance(data, list) else [data]
        for gap in gaps:
            is_whole = isinstance(gap, int) or (isinstance(gap, float) and gap.is_integer())
            if isinstance(gap, bool) or not is_whole:
                self.fail("invalid")
        return [int(gap) for gap in data] if isinstance(data, list) else int(data)

    def to_representation(self, value: Any) -> Any:
        return value


class RetryBody(Input):
    """When a call that came to nothing is tried again."""

    outcomes = serializers.ListField(
        child=serializers.ChoiceField(choices=[str(outcome) for outcome in retry_rules.OUTCOMES]),
        min_length=1,
        required=False,
        help_text="After which ended reasons; `busy` and `no_answer`",
    )
    attempts = WholeNumberField(
        min_value=1, max_value=retry_rules.MOST_ATTEMPTS, required=False, help_text="Further calls at most"
    )
    every = GapsField(help_text="Seconds from an attempt's end to the next: one number, or one for each attempt")

    def validate(self, attrs: dict[str, Any]) -> retry_rules.RetryRule:
        try:
            return retry_rules.make(
                outcomes=attrs.get("outcomes"), attempts=attrs.get("attempts"), every=attrs["every"]
            )
        except retry_rules.BadRule as error:
            raise serializers.ValidationError({error.field: [str(error)]}) from error


class CallBody(Input):
    """What places a call."""

    agent_id = AgentField(source="agent")
    to_number = PhoneNumberField()
    from_number = PhoneNumberField(required=False, allow_null=True, default=None)
    metadata = MetadataField(default=dict)
    sandbox = SandboxBody(required=False)
    ring_timeout = WholeNumberField(
        min_value=5, max_value=120, required=False, default=int(RING_SECONDS), help_text="Seconds"
    )
    scheduled_at = TimeField(
        required=False, allow_null=True, help_text="When to begin, at most 90 days ahead; the past is now"
    )
    retry = RetryBody(required=False, allow_null=True)
    timezone = TextField(
        max_length=64,
        required=False,
        allow_null=True,
        help_text="Where the person is, such as `Europe/Berlin`; without it, what the number says",
    )

    def validate_timezone(self, name: str | None) -> str | None:
        if name is not None and name not in available_timezones():
            raise serializers.ValidationError("Send the name of a time zone, such as 'Europe/Berlin'.")
        return name


class TransferBody(Input):
    """Whom a call is transferred to: one of its agent's destinations, by name or by address."""

    name = TextField(max_length=destinations.NAME_MAX, required=False)
    to = TextField(max_length=destinations.ADDRESS_MAX, required=False)
    mode = serializers.ChoiceField(choices=destinations.MODES, required=False)

    rules: ClassVar[dict[str, Any]] = {
        "oneOf": [
            {"required": [one], "properties": {other: {"not": {}}}} for one, other in (("name", "to"), ("to", "name"))
        ]
    }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("name" in attrs) == ("to" in attrs):
            raise serializers.ValidationError({"name": "Send either 'name' or 'to'."})
        return attrs


class RecordingBody(Input):
    """What is to become of the recording."""

    state = serializers.ChoiceField(choices=["paused", "recording"])


class CallListQuery(PageQuery):
    """What narrows a list of calls."""

    agent_id = TextField(max_length=100, required=False)
    status = serializers.ChoiceField(choices=STATUSES, required=False)


@extend_schema_field(
    {
        "type": ["object", "null"],
        "properties": {
            "outcomes": {"type": "array", "items": {"type": "string"}},
            "attempts": {"type": "integer"},
            "every": {"oneOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]},
        },
        "required": ["outcomes", "attempts", "every"],
    }
)
class RetryField(serializers.JSONField):
    """A rule as it is shown."""


# These describe calls to OpenAPI; what is answered comes from `calls/api/reading.py`.
class CallSummarySerializer(serializers.ModelSerializer[Call]):
    """A call in a list."""

    id = IdField("call", source="public_id")
    agent_id = IdField("agent", source="agent.public_id")
    agent_version = serializers.IntegerField(source="agent_version.number")
    status = serializers.ChoiceField(choices=STATUSES, read_only=True)
    phone_line_id = serializers.CharField(allow_null=True, read_only=True)
    metadata = MetadataField()
    cost = serializers.CharField(allow_null=True, read_only=True)
    recording_url = serializers.CharField(allow_null=True, read_only=True)
    transcript_url = serializers.CharField(allow_null=True, read_only=True)
    attempt = serializers.IntegerField(read_only=True, help_text="From 1")
    retry = RetryField(allow_null=True, read_only=True)
    retry_of = serializers.CharField(allow_null=True, read_only=True, help_text="The call that was tried first")
    batch_id = serializers.CharField(allow_null=True, read_only=True)

    class Meta:
        model = Call
        fields = [
            "id",
            "agent_id",
            "agent_version",
            "status",
            "direction",
            "to_number",
            "from_number",
            "phone_line_id",
            "duration",
            "ended_reason",
            "ended_by",
            "metadata",
            "sentiment",
            "cost",
            "recording_url",
            "transcript_url",
            "scheduled_at",
            "attempt",
            "retry",
            "retry_of",
            "batch_id",
            "created_at",
            "answered_at",
            "completed_at",
        ]
        read_only_fields = fields
        # Texts, not choices: clients must accept new ones.
        extra_kwargs = {
            "ended_reason": {"help_text": f"Null until the end; more may come: {', '.join(EndReason)}"},
            "ended_by": {"help_text": f"Null until the end; more may come: {', '.join(EndedBy)}"},
        }


class LatencySerializer(serializers.Serializer[dict[str, int | None]]):
    """Milliseconds from the caller's last sound to the agent's first, measured on the recording."""

    heard_p50_ms = serializers.IntegerField(allow_null=True)
    heard_p95_ms = serializers.IntegerField(allow_null=True)
    turns = serializers.IntegerField()


class CallSerializer(CallSummarySerializer):
    """A call with what was said."""

    transcript = serializers.CharField(allow_null=True, read_only=True)
    latency = LatencySerializer(allow_null=True, read_only=True)

    class Meta(CallSummarySerializer.Meta):
        fields = [*CallSummarySerializer.Meta.fields, "transcript", "summary", "latency"]
        read_only_fields = fields


@extend_schema_field(
    {
        "type": ["object", "null"],
        "description": "Milliseconds of each stage of the agent's reply, from the caller's last word",
        "properties": {stage.name: {"type": ["integer", "null"]} for stage in dataclasses.fields(Stages)},
    }
)
class StagesField(serializers.JSONField):
    """What the conversation measured of a reply."""


class TurnSerializer(serializers.ModelSerializer[Turn]):
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field of this name hides the base's own attribute
        choices=["user", "agent", "operator", "colleague"],
        read_only=True,
        help_text="`operator`: a person in the agent's place; `colleague`: whom the call is being transferred to",
    )
    latency = StagesField()

    class Meta:
        model = Turn
        fields = [
            "number",
            "speaker",
            "source",
            "text",
            "start_ms",
            "end_ms",
            "was_interrupted",
            "latency",
            "created_at",
        ]
        read_only_fields = fields


class TranscriptSerializer(serializers.Serializer[dict[str, Any]]):
    call_id = IdField("call")
    turns = TurnSerializer(many=True)


class SipMessageSerializer(serializers.Serializer[dict[str, Any]]):
    at = serializers.DateTimeField()
    direction = serializers.ChoiceField(choices=["sent", "received"], help_text="As we see it")
    transport = serializers.CharField(help_text="`udp`, `tcp`, `tls`")
    peer = serializers.CharField(help_text="Address and port of the other side")
    title = serializers.CharField(help_text="`INVITE`, `180 Ringing`")
    text = serializers.CharField(help_text="The whole message, with credentials, keys and typed digits removed")


class SipTraceSerializer(serializers.Serializer[dict[str, Any]]):
    call_id = IdField("call")
    messages = SipMessageSerializer(many=True)
    is_cut = serializers.BooleanField(help_text="There were more than the 200 that are kept")
