"""The filters of the list of calls, as a form. What they mean is `calls.finding.CallFilter`'s."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from agents.models import Agent
from calls.finding import CallFilter
from calls.models import Call
from dashboard.end_reasons import WORDS

STATUSES: Final = (
    (Call.Status.SCHEDULED, _("Scheduled")),
    (Call.Status.INITIATED, _("Ringing")),
    (Call.Status.IN_PROGRESS, _("In progress")),
    (Call.Status.COMPLETED, _("Completed")),
    (Call.Status.FAILED, _("Not reached")),
)
SENTIMENTS: Final = (
    (Call.Sentiment.POSITIVE, _("Positive")),
    (Call.Sentiment.NEUTRAL, _("Neutral")),
    (Call.Sentiment.NEGATIVE, _("Negative")),
)
DIRECTIONS: Final = ((Call.Direction.OUTBOUND, _("Outgoing")), (Call.Direction.INBOUND, _("Incoming")))
# What is in sight without opening the rest.
FIRST: Final = ("text", "status")


class _Day(forms.DateInput):
    input_type = "date"


class CallFilterForm(forms.Form):
    """Shows a filter; nothing is validated here, since what makes no sense narrows nothing."""

    text = forms.CharField(
        label=_("Search what was said"),
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Words or a “phrase”")}),
    )
    status = forms.ChoiceField(label=_("Status"))
    ended_reason = forms.ChoiceField(label=_("How it ended"))
    agent = forms.ChoiceField(label=_("Agent"))
    direction = forms.ChoiceField(label=_("Direction"))
    number = forms.CharField(label=_("Number"), widget=forms.TextInput(attrs={"placeholder": "+1 415 …"}))
    since = forms.DateField(label=_("From day"), widget=_Day)
    until = forms.DateField(label=_("To day"), widget=_Day)
    min_seconds = forms.IntegerField(label=_("At least, seconds"), min_value=0)
    max_seconds = forms.IntegerField(label=_("At most, seconds"), min_value=0)
    sentiment = forms.ChoiceField(label=_("Sentiment"))
    metadata = forms.CharField(label=_("Metadata"), widget=forms.TextInput(attrs={"placeholder": _("key=value")}))

    def __init__(self, wanted: CallFilter, *, agents: Iterable[Agent]) -> None:
        super().__init__(initial={field.name: _shown(getattr(wanted, field.name)) for field in fields(wanted)})
        choices: dict[str, list[tuple[str, Any]]] = {
            "status": list(STATUSES),
            "ended_reason": [(reason, words.label) for reason, words in WORDS.items()],
            "agent": [(agent.public_id, agent.current.name if agent.current else "") for agent in agents],
            "direction": list(DIRECTIONS),
            "sentiment": list(SENTIMENTS),
        }
        for name, pairs in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared so above
            field.choices = [("", _("Any")), *pairs]
        for field in self.fields.values():
            field.required = False

    @property
    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in FIRST]

    @property
    def further(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in FIRST]


def _shown(value: Any) -> Any:
    return (value[0] if value else "") if isinstance(value, tuple) else value
