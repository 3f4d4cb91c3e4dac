"""Placing a call, and calls from a file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.models import Agent
from calls import retry_rules
from calls.number_files import MOST_BYTES
from calls.retry_rules import RetryRule
from calls.services.batches import MOST_PER_MINUTE
from vaniagent.lib import errors, json_wire

_NUMBER: Final = re.compile(r"\+[0-9]{7,15}")
# What people write into numbers.
_ORNAMENT: Final = re.compile(r"[\s().\-/\u00a0\u2011]")
MOST_LINES: Final = 50
LONGEST_LINE: Final = 300


class PhoneNumberField(forms.CharField):
    """A number with its country's code; spaces and signs in it are taken away."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(
            attrs={"inputmode": "tel", "autocomplete": "off", "placeholder": "+14155550100"} | options.pop("attrs", {})
        )
        super().__init__(max_length=40, widget=widget, **options)

    def clean(self, value: Any) -> str:
        number = _ORNAMENT.sub("", super().clean(value))
        if number and _NUMBER.fullmatch(number) is None:
            raise forms.ValidationError(_("Write the number with + and the country’s code, such as +1 415 555 0100."))
        return number


class _WithAgent(forms.Form):
    agent = forms.ChoiceField(label=gettext_lazy("Agent"))

    def __init__(self, *args: Any, agents: Iterable[Agent], **options: Any) -> None:
        super().__init__(*args, **options)
        self._agents = {agent.public_id: agent for agent in agents}
        field = self.fields["agent"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared so above
        field.choices = [(key, agent.current.name if agent.current else key) for key, agent in self._agents.items()]

    def clean_agent(self) -> Agent:
        return self._agents[self.cleaned_data["agent"]]


class _WithTimes(forms.Form):
    """When to begin, by the reader's clock, and how often to try again."""

    scheduled_at = forms.DateTimeField(
        label=gettext_lazy("When"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("By your clock, at most 90 days ahead. Empty: now."),
    )
    retries = forms.IntegerField(
        label=gettext_lazy("Try again"),
        required=False,
        min_value=1,
        max_value=retry_rules.MOST_ATTEMPTS,
        help_text=gettext_lazy("How many times more, where it is busy or nobody answers. Empty: not at all."),
    )
    retry_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes between attempts"),
        required=False,
        min_value=retry_rules.SHORTEST_GAP // 60,
        max_value=retry_rules.LONGEST_GAP // 60,
        help_text=gettext_lazy("Empty: 60."),
    )

    @property
    def rule(self) -> RetryRule | None:
        """What the fields ask for, once they are valid."""
        attempts, minutes = self.cleaned_data["retries"], self.cleaned_data["retry_minutes"]
        if attempts is None:
            return None
        return retry_rules.make(outcomes=None, attempts=attempts, every=60 * (minutes or 60))


class PlaceCallForm(_WithTimes, _WithAgent):
    to_number = PhoneNumberField(label=gettext_lazy("Number to call"), attrs={"list": "sandbox-numbers"})
    from_number = PhoneNumberField(
        label=gettext_lazy("Number that is shown"),
        required=False,
        help_text=gettext_lazy("What the person called sees, where your phone line allows it."),
    )
    metadata = forms.CharField(
        label=gettext_lazy("Metadata"),
        required=False,
        max_length=json_wire.METADATA_MAX_BYTES,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "customer = c_1042"}),
        help_text=gettext_lazy(
            "One “key = value” a line, or JSON. It stands with the call and comes back in its webhooks."
        ),
    )
    lines = forms.CharField(
        label=gettext_lazy("What the sandbox says"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For calls on the sandbox: what the person called will say, one line a turn."),
    )

    field_order = ("agent", "to_number", "from_number", "scheduled_at", "retries", "retry_minutes")

    def clean_metadata(self) -> dict[str, Any]:
        text = self.cleaned_data["metadata"].strip()
        try:
            found = json_wire.loads(text.encode()) if text.startswith("{") else _pairs(text)
            json_wire.check_metadata(found)
        except errors.ServiceError as error:
            raise forms.ValidationError(error.message) from error
        assert isinstance(found, dict)  # noqa: S101 - or the check would have refused it
        return found

    def clean_lines(self) -> list[str] | None:
        lines = [line.strip() for line in self.cleaned_data["lines"].splitlines() if line.strip()]
        if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
            raise forms.ValidationError(
                _("At most %(lines)d lines of %(characters)d characters.")
                % {"lines": MOST_LINES, "characters": LONGEST_LINE}
            )
        return lines or None


class BatchForm(_WithTimes, _WithAgent):
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=gettext_lazy(
            "CSV with a heading. A column “number” holds whom to call, with + and the country’s code; all others become metadata."
        ),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False)
    from_number = PhoneNumberField(label=gettext_lazy("Number that is shown"), required=False)
    at_once = forms.IntegerField(
        label=gettext_lazy("Calls at once"),
        required=False,
        min_value=1,
        help_text=gettext_lazy("Empty: as many as your limit allows, less one for other calls."),
    )

    per_minute = forms.IntegerField(
        label=gettext_lazy("Calls a minute"),
        required=False,
        min_value=1,
        max_value=MOST_PER_MINUTE,
        help_text=gettext_lazy("Empty: as they come."),
    )

    field_order = ("file", "agent", "name", "at_once", "per_minute", "from_number", "scheduled_at")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than %(most)d MB.") % {"most": MOST_BYTES // 1_000_000})
        return file


def _pairs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        key, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not key:
            raise forms.ValidationError(_("“%(line)s” is no “key = value”.") % {"line": line[:60]})
        found[key] = value
    return found
