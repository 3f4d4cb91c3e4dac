"""What makes an agent. The limits are those of /v1: each field takes them from its body, which has the last word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agents import compliance, keypad, voices
from agents.api.serializers import AgentBody
from agents.models import AgentVersion
from agents.services import HOUSE_PROMPT, SETTINGS
from dashboard.forms.compliance import ComplianceField
from dashboard.forms.hours import HoursField
from dashboard.forms.keypad import KeypadField
from dashboard.forms.transfers import TransfersField

VoicemailAction = AgentVersion.VoicemailAction
Patience = AgentVersion.Patience

_BODY: Final[Any] = AgentBody().fields
_SPEECH: Final[Any] = _BODY["speech"].fields
# Kept in more than one shape: these say what is meant.
_READ: Final[Mapping[str, Callable[[Any], Any]]] = {"compliance": compliance.read, "keypad": keypad.read}
# Offered while typing; any language tag will do.
LANGUAGES: Final = (
    ("en-US", _("English, United States")),
    ("en-GB", _("English, United Kingdom")),
    ("en-AU", _("English, Australia")),
    ("de-DE", _("German")),
    ("es-ES", _("Spanish")),
    ("fr-FR", _("French")),
    ("it-IT", _("Italian")),
    ("nl-NL", _("Dutch")),
    ("pt-BR", _("Portuguese, Brazil")),
)
_REGIONS: Final = {"en-US": _("American English"), "en-GB": _("British English"), "en-AU": _("Australian English")}
_GENDERS: Final = {"female": _("female"), "male": _("male")}


class VoiceSelect(forms.Select):
    """Each voice knows where it is heard, and who speaks it here."""

    def create_option(self, name: str, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **options)
        voice = voices.find(str(value))
        if voice is not None:
            speaker = voices.spoken_by(voice)
            option["attrs"]["data-sample"] = reverse("voice_preview", args=[voice.id])
            if speaker != voice:
                option["attrs"]["data-speaker"] = speaker.name
        return option


class Text(forms.CharField):
    """Text with the line ends that /v1 keeps; browsers send others."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class AgentForm(forms.Form):
    """All settings of an agent. `settings()` is what a service takes."""

    name = forms.CharField(label=_("Name"), max_length=_BODY["name"].max_length)
    prompt = Text(
        label=_("Prompt"),
        max_length=_BODY["prompt"].max_length,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 18, "class": "agent-prompt"}),
        help_text=_(
            "Who the agent is, what it knows, what it asks and what it must not do. Plain sentences work best."
        ),
    )
    first_message = Text(
        label=_("First message"),
        max_length=_BODY["first_message"].max_length,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Said when the call is answered. Left empty, it is made from the prompt."),
    )
    voice = forms.ChoiceField(
        label=_("Voice"), widget=VoiceSelect(attrs={"data-voice": ""}), choices=lambda: _voice_choices()
    )
    language = forms.CharField(
        label=_("Language"),
        max_length=_BODY["language"].max_length,
        widget=forms.TextInput(attrs={"list": "languages", "autocapitalize": "off", "spellcheck": "false"}),
        help_text=_("A language tag such as en-US."),
    )
    temperature = forms.FloatField(
        label=_("Temperature"),
        min_value=_BODY["temperature"].min_value,
        max_value=_BODY["temperature"].max_value,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
        help_text=_(
            "From 0, always the same words, to 2, the most varied. For language models; our own engine has none."
        ),
    )
    interruptible = forms.TypedChoiceField(
        label=_("When the caller speaks over it"),
        coerce=lambda value: value == "True",
        choices=[("True", _("It stops and listens")), ("False", _("It finishes first, then answers"))],
        widget=forms.RadioSelect,
    )
    patience = forms.ChoiceField(
        label=_("When the caller pauses"),
        choices=[
            (Patience.QUICK.value, _("Answer quickly")),
            (Patience.NORMAL.value, _("Wait a moment, as people do")),
            (Patience.PATIENT.value, _("Wait longer: for callers who think, or read numbers out")),
        ],
        widget=forms.RadioSelect,
    )
    speed = forms.FloatField(
        label=_("Speed"),
        min_value=_SPEECH["speed"].min_value,
        max_value=_SPEECH["speed"].max_value,
        widget=forms.NumberInput(attrs={"step": "0.05", "inputmode": "decimal"}),
        help_text=_("Of the voice: from 0.7, slow, to 1.3, fast. 1 is how it was made."),
    )
    calling_hours = HoursField(label=_("Hours for calls it places"), required=False)
    compliance = ComplianceField(label=_("Recording, consent and calls to one number"), required=False)
    transfers = TransfersField(label=_("Whom it may transfer calls to"), required=False)
    max_duration = forms.IntegerField(
        label=_("Longest call"),
        min_value=_BODY["max_duration"].min_value,
        max_value=_BODY["max_duration"].max_value,
        help_text=_("In seconds, from 10 to 7200."),
    )
    silence_timeout = forms.IntegerField(
        label=_("Hang up after silence"),
        min_value=_BODY["silence_timeout"].min_value,
        max_value=_BODY["silence_timeout"].max_value,
        help_text=_("In seconds, from 5 to 120. It asks first whether somebody is there."),
    )
    voicemail_action = forms.ChoiceField(
        label=_("When voicemail answers"),
        choices=[
            (VoicemailAction.LEAVE_MESSAGE.value, _("Leave a message")),
            (VoicemailAction.HANG_UP.value, _("Hang up")),
            (VoicemailAction.OFF.value, _("Talk to it as to a person")),
        ],
        widget=forms.RadioSelect,
    )
    voicemail_message = Text(
        label=_("Message for voicemail"),
        max_length=_BODY["voicemail_message"].max_length,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Left empty, it is made from the prompt."),
    )

    screening_message = Text(
        label=_("When a phone's assistant asks who is calling"),
        max_length=_BODY["screening_message"].max_length,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Who calls and why, in one sentence. Left empty, it is made from the first message."),
    )
    keypad = KeypadField(label=_("Keys"), required=False)

    def disable(self) -> None:
        """For reading alone. What is no field of it, such as a voice's sample, still works."""
        for field in self.fields.values():
            field.disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned = {**self.cleaned_data}
        for name in ("first_message", "voicemail_message", "screening_message"):
            cleaned[name] = cleaned.get(name) or None
        given: dict[str, Any] = {
            name: cleaned[name] for name in SETTINGS if name in cleaned and name not in self.errors
        }
        given["speech"] = {name: given.pop(name) for name in _SPEECH if name in given}
        body = AgentBody(data=given, partial=True)
        if not body.is_valid():
            wrong = {**body.errors, **body.errors.get("speech", {})}
            wrong.pop("speech", None)
            for name, problems in wrong.items():
                self.add_error(name, [str(problem) for problem in problems])
        return cleaned

    def settings(self) -> dict[str, Any]:
        """What the form holds, once it is valid. What was not sent at all is left as it is."""
        return {name: self.cleaned_data[name] for name in SETTINGS if not self._is_left_out(name)}

    def changes_to(self, version: AgentVersion) -> dict[str, Any]:
        """What of it differs from a version. Line ends alone are no difference."""
        return {
            name: value for name, value in self.settings().items() if not _same(name, value, getattr(version, name))
        }

    def _is_left_out(self, name: str) -> bool:
        return bool(self.fields[name].widget.value_omitted_from_data(self.data, self.files, name))


def labels_of(names: Iterable[str]) -> list[str]:
    """What people call these settings."""
    fields = AgentForm.base_fields
    return [str(fields[name].label) for name in names]


def settings_of(version: AgentVersion) -> dict[str, Any]:
    """A version as the form shows it."""
    return {name: getattr(version, name) for name in SETTINGS}


def settings_of_new(starter: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a new agent is until its maker says otherwise."""
    voice = voices.CATALOGUE[0]
    fields: Any = AgentVersion._meta
    defaults = {
        name: fields.get_field(name).get_default()
        for name in (
            "temperature",
            "max_duration",
            "voicemail_action",
            "silence_timeout",
            *_SPEECH,
            "calling_hours",
            "transfers",
            "compliance",
            "keypad",
        )
    }
    plain = {"name": "", "prompt": HOUSE_PROMPT, "voice": voice.id, "language": voice.language}
    return {**defaults, **plain, **(starter or {})}


def _same(name: str, new: Any, old: Any) -> bool:
    if name in _READ:
        return bool(_READ[name](new) == _READ[name](old))
    return bool(new == (old.replace("\r\n", "\n") if isinstance(old, str) else old))


def _voice_choices() -> list[tuple[Any, Any]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for voice in voices.CATALOGUE:
        region = str(_REGIONS.get(voice.language, voice.language))
        groups.setdefault(region, []).append((voice.id, f"{voice.name}, {_GENDERS.get(voice.gender, voice.gender)}"))
    return list(groups.items())
