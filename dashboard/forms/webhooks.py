"""An endpoint, and what of its log is shown or sent again."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from vaniagent.lib.outbound import MAX_URL_LENGTH
from webhooks import event_types
from webhooks.models import Delivery

STATUSES: Final = (
    (Delivery.Status.SUCCEEDED, _("Delivered")),
    (Delivery.Status.PENDING, _("On its way")),
    (Delivery.Status.FAILED, _("Given up")),
)
ALL: Final = "all"
_EVENTS: Final = [(event.name, f"{event.name}: {event.description}") for event in event_types.ALL]


class _Moment(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class EndpointForm(forms.Form):
    url = forms.CharField(
        label=_("Address"),
        max_length=MAX_URL_LENGTH,
        widget=forms.TextInput(
            attrs={"inputmode": "url", "placeholder": "https://…", "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text=_("Where we POST to: https, and reachable from the internet."),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=_EVENTS,
        widget=forms.CheckboxSelectMultiple,
        initial=[name for name, _words in _EVENTS],
    )
    description = forms.CharField(
        label=_("Note"), max_length=200, required=False, help_text=_("For you and the others here.")
    )


class LogFilterForm(forms.Form):
    """Narrows a delivery log; what makes no sense narrows nothing."""

    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *STATUSES])
    event = forms.ChoiceField(
        label=_("Event"), required=False, choices=[("", _("All")), *((name, name) for name in event_types.NAMES)]
    )
    call = forms.CharField(
        label=_("Call"), required=False, max_length=40, widget=forms.TextInput(attrs={"placeholder": "call_…"})
    )

    def lookups(self) -> dict[str, str]:
        """What the log is filtered by."""
        self.is_valid()
        names = {"status": "status", "event": "event__type", "call": "subject"}
        wanted = {lookup: self.cleaned_data.get(name, "").strip() for name, lookup in names.items()}
        return {lookup: value for lookup, value in wanted.items() if value}


class ReplayForm(forms.Form):
    """Times are the reader's."""

    since = forms.DateTimeField(label=_("From"), widget=_Moment())
    until = forms.DateTimeField(label=_("Until"), widget=_Moment())
    status = forms.ChoiceField(
        label=_("Which"),
        initial=Delivery.Status.FAILED,
        choices=[
            (Delivery.Status.FAILED, _("Those given up")),
            (Delivery.Status.SUCCEEDED, _("Those delivered")),
            (ALL, _("All that ended")),
        ],
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if since and until and since >= until:
            self.add_error("until", _("This is not after the beginning."))
        return found
