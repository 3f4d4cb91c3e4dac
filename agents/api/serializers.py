"""Agents and voices as /v1 shows and takes them."""

from __future__ import annotations

import re
from typing import Any, Final

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agents import compliance, hours, keypad, previews, transfers, voices
from agents.models import Agent, AgentVersion
from vaniagent.lib.api.fields import BoolField, IdField, NumberField, TextField, WholeNumberField
from vaniagent.lib.api.serializers import Input, PageQuery

PROMPT_MAX: Final = 100_000
MESSAGE_MAX: Final = 2_000
LANGUAGE_MAX: Final = 35

IS_DIGIT: Final = RegexValidator(rf"^{keypad.DIGIT}\Z", "Give one key: a digit, * or #.")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[0-9A-Za-z]{1,8}){0,4}")


@extend_schema_field({"type": "string", "pattern": f"^{_LANGUAGE.pattern}$", "maxLength": LANGUAGE_MAX})
class LanguageField(TextField):
    """A language tag."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LANGUAGE_MAX, **options)

    def to_internal_value(self, data: Any) -> str:
        language = super().to_internal_value(data)
        if _LANGUAGE.fullmatch(language) is None:
            raise serializers.ValidationError("Send a language tag such as 'en-US'.")
        return language


@extend_schema_field({"type": "string", "enum": [voice.id for voice in voices.CATALOGUE]})
class VoiceField(TextField):
    """The id of a voice. Whether there is one is the service's word."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=100, **options)


class SpeechBody(Input):
    """How the agent takes turns, and how fast it talks."""

    interruptible = BoolField(required=False)
    patience = serializers.ChoiceField(choices=AgentVersion.Patience.choices, required=False)
    speed = NumberField(min_value=0.7, max_value=1.3, required=False)


class ClockField(TextField):
    """A time of day."""

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": hours.TIME}


class WindowsField(serializers.ListField):
    """The times of one day: from and until."""

    def __init__(self, **options: Any) -> None:
        pair = serializers.ListField(child=ClockField(), min_length=2, max_length=2)
        super().__init__(child=pair, max_length=hours.MOST_WINDOWS, required=False, **options)


class DaysBody(Input):
    """A day that is left out is closed."""

    mon = WindowsField()
    tue = WindowsField()
    wed = WindowsField()
    thu = WindowsField()
    fri = WindowsField()
    sat = WindowsField()
    sun = WindowsField()


class CallingHoursBody(Input):
    """When the agent may call somebody."""

    timezone = TextField(max_length=64, default=hours.CALLEE)
    days = DaysBody()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            return hours.read(attrs).as_json()
        except hours.BadHours as error:
            raise serializers.ValidationError(str(error)) from error


class DestinationBody(Input):
    """Somebody whom the agent may transfer a call to."""

    name = TextField(max_length=transfers.NAME_MAX)
    to = TextField(max_length=transfers.ADDRESS_MAX)
    mode = serializers.ChoiceField(choices=transfers.MODES, default="cold")
    via = serializers.ChoiceField(choices=transfers.WAYS, default="bridge")
    when = TextField(max_length=transfers.WHEN_MAX, default="", allow_blank=True)
    announcement = TextField(max_length=transfers.ANNOUNCEMENT_MAX, default=None, allow_null=True)
    record = BoolField(default=True)


class ConsentBody(Input):
    """A question before everything else, and what becomes of a no."""

    ask = TextField(max_length=compliance.TEXT_MAX)
    if_no = serializers.ChoiceField(choices=compliance.IF_NO, default="hang_up")
    record_from = serializers.ChoiceField(choices=compliance.RECORD_FROM, default="consent")


class ComplianceBody(Input):
    """What the agent owes whom it calls."""

    recording_announcement = TextField(max_length=compliance.TEXT_MAX, default=None, allow_null=True)
    consent = ConsentBody(default=None, allow_null=True)
    max_calls_per_day = WholeNumberField(
        min_value=1, max_value=compliance.MOST_CALLS, default=None, allow_null=True, help_text="To one number"
    )
    max_calls_per_week = WholeNumberField(
        min_value=1, max_value=compliance.MOST_CALLS, default=None, allow_null=True, help_text="In seven days"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            return compliance.read(attrs).as_json()
        except compliance.BadCompliance as error:
            raise serializers.ValidationError(str(error)) from error


class DigitField(TextField):
    """A key of a telephone."""

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{keypad.DIGIT}$"}


class KeypadChoiceBody(Input):
    """One key, and what it means to the agent."""

    digit = DigitField(max_length=1, trim_whitespace=False, validators=[IS_DIGIT])
    meaning = TextField(max_length=keypad.MEANING_MAX)


class KeypadBody(Input):
    """What the agent makes of a telephone's keys."""

    menu = serializers.ListField(child=KeypadChoiceBody(), max_length=keypad.MOST_CHOICES, required=False)
    terminator = serializers.ChoiceField(choices=keypad.TERMINATORS, default=keypad.NONE.terminator, allow_blank=True)
    digit_timeout = NumberField(
        min_value=keypad.SHORTEST_PAUSE,
        max_value=keypad.LONGEST_PAUSE,
        default=keypad.NONE.digit_timeout,
        help_text="Seconds",
    )
    may_press = BoolField(default=False)
    wanted = TextField(max_length=keypad.MEANING_MAX, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            return keypad.read(attrs).as_json()
        except keypad.BadKeypad as error:
            raise serializers.ValidationError(str(error)) from error


class AgentBody(Input):
    """What makes an agent, or changes one."""

    name = TextField(max_length=100)
    voice = VoiceField()
    prompt = TextField(max_length=PROMPT_MAX, required=False, trim_whitespace=False)
    language = LanguageField(required=False)
    temperature = NumberField(min_value=0, max_value=2, required=False)
    max_duration = WholeNumberField(min_value=10, max_value=7200, required=False)
    first_message = TextField(max_length=MESSAGE_MAX, required=False, allow_null=True)
    voicemail_action = serializers.ChoiceField(choices=AgentVersion.VoicemailAction.choices, required=False)
    voicemail_message = TextField(max_length=MESSAGE_MAX, required=False, allow_null=True)
    screening_message = TextField(max_length=MESSAGE_MAX, required=False, allow_null=True)
    silence_timeout = WholeNumberField(min_value=5, max_value=120, required=False)
    speech = SpeechBody(required=False)
    calling_hours = CallingHoursBody(required=False, allow_null=True)
    transfers = serializers.ListField(child=DestinationBody(), max_length=transfers.MOST, required=False)
    compliance = ComplianceBody(required=False)
    keypad = KeypadBody(required=False)

    def validate_transfers(self, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        try:
            return [destination.as_json() for destination in transfers.read(given)]
        except transfers.BadTransfers as error:
            raise serializers.ValidationError(str(error)) from error

    def to_internal_value(self, data: Any) -> Any:
        """What is said of speech are settings like all others."""
        settings = super().to_internal_value(data)
        speech = settings.pop("speech", {})
        return {**settings, **speech}


class AgentListQuery(PageQuery):
    """Archived agents are listed where they are asked for."""

    status = serializers.ChoiceField(choices=Agent.Status.choices, default=Agent.Status.ACTIVE)


class VoiceQuery(PageQuery):
    """A language narrows the catalogue."""

    language = TextField(max_length=LANGUAGE_MAX, default=None)


class SpeechSerializer(serializers.ModelSerializer[AgentVersion]):
    class Meta:
        model = AgentVersion
        fields = ["interruptible", "patience", "speed"]
        read_only_fields = fields


class CallingHoursSerializer(serializers.Serializer[Any]):
    timezone = serializers.CharField()
    days = serializers.DictField(
        child=serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    )


class DestinationSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    to = serializers.CharField()
    mode = serializers.ChoiceField(choices=transfers.MODES)
    via = serializers.ChoiceField(choices=transfers.WAYS)
    when = serializers.CharField(allow_blank=True)
    announcement = serializers.CharField(allow_null=True)
    record = serializers.BooleanField()


class ConsentSerializer(serializers.Serializer[Any]):
    ask = serializers.CharField()
    if_no = serializers.ChoiceField(choices=compliance.IF_NO)
    record_from = serializers.ChoiceField(choices=compliance.RECORD_FROM)


class ComplianceSerializer(serializers.Serializer[Any]):
    recording_announcement = serializers.CharField(allow_null=True)
    consent = ConsentSerializer(allow_null=True)
    max_calls_per_day = serializers.IntegerField(allow_null=True)
    max_calls_per_week = serializers.IntegerField(allow_null=True)


class KeypadChoiceSerializer(serializers.Serializer[Any]):
    digit = serializers.CharField()
    meaning = serializers.CharField()


class KeypadSerializer(serializers.Serializer[Any]):
    menu = KeypadChoiceSerializer(many=True)
    terminator = serializers.ChoiceField(choices=keypad.TERMINATORS, allow_blank=True)
    digit_timeout = serializers.FloatField()
    may_press = serializers.BooleanField()
    wanted = serializers.CharField(allow_blank=True)


class AgentSerializer(serializers.ModelSerializer[Agent]):
    id = IdField("agent", source="public_id")
    name = serializers.CharField(source="current.name")
    voice = serializers.CharField(source="current.voice")
    prompt = serializers.CharField(source="current.prompt")
    language = serializers.CharField(source="current.language")
    temperature = serializers.FloatField(source="current.temperature")
    max_duration = serializers.IntegerField(source="current.max_duration")
    first_message = serializers.CharField(source="current.first_message", allow_null=True)
    voicemail_action = serializers.ChoiceField(
        source="current.voicemail_action", choices=AgentVersion.VoicemailAction.choices
    )
    voicemail_message = serializers.CharField(source="current.voicemail_message", allow_null=True)
    screening_message = serializers.CharField(source="current.screening_message", allow_null=True)
    silence_timeout = serializers.IntegerField(source="current.silence_timeout")
    speech = SpeechSerializer(source="current")
    calling_hours = CallingHoursSerializer(source="current.calling_hours", allow_null=True)
    transfers = DestinationSerializer(source="current.transfers", many=True)
    compliance = serializers.SerializerMethodField()
    keypad = serializers.SerializerMethodField()
    version = serializers.IntegerField(source="current.number")

    class Meta:
        model = Agent
        fields = [
            "id",
            "name",
            "voice",
            "prompt",
            "language",
            "temperature",
            "max_duration",
            "first_message",
            "voicemail_action",
            "voicemail_message",
            "screening_message",
            "silence_timeout",
            "speech",
            "calling_hours",
            "transfers",
            "compliance",
            "keypad",
            "status",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    @extend_schema_field(ComplianceSerializer)
    def get_compliance(self, agent: Agent) -> dict[str, Any]:
        kept = agent.current.compliance if agent.current is not None else {}
        return compliance.read(kept).as_json()

    @extend_schema_field(KeypadSerializer)
    def get_keypad(self, agent: Agent) -> dict[str, Any]:
        kept = agent.current.keypad if agent.current is not None else {}
        return keypad.read(kept).as_json()


class VoiceSerializer(serializers.Serializer[voices.Voice]):
    id = serializers.CharField()
    name = serializers.CharField()
    language = serializers.CharField()
    gender = serializers.CharField()
    provider = serializers.CharField()
    preview_url = serializers.SerializerMethodField(help_text="A sample, as it sounds here: WAV, open to everybody")
    spoken_by = serializers.SerializerMethodField()

    def get_preview_url(self, voice: voices.Voice) -> str:
        return previews.url_of(voice)

    def get_spoken_by(self, voice: voices.Voice) -> str:
        return voices.spoken_by(voice).id


def voice_page(*, limit: int, offset: int, language: str | None) -> dict[str, Any]:
    """A page of the catalogue, in the shape of every list."""
    matching = [voice for voice in voices.CATALOGUE if language is None or voice.language == language]
    page: Any = matching[offset : offset + limit]
    data = VoiceSerializer(page, many=True).data
    return {"data": data, "total": len(matching), "limit": limit, "offset": offset}
