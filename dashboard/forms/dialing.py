"""What an account asks of all its outbound calls. The limits are those of /v1, whose body has the last word."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from calls.api.dialing import DialingRulesBody
from calls.models import DialingRules
from dashboard.forms.hours import HoursField

_BODY: Final[Any] = DialingRulesBody().fields


def _number(name: str, label: Any, help_text: Any) -> forms.IntegerField:
    most = _BODY[name].max_value
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=most, help_text=help_text)


class DialingRulesForm(forms.Form):
    """The rules. `changes` is what the service takes, once the form is valid."""

    calling_hours = HoursField(
        label=_("When anybody may be called"),
        required=False,
        help_text=_("Beside the hours that an agent has of its own: a call is made when both allow it."),
    )
    max_calls_per_day = _number(
        "max_calls_per_day", _("Most calls to one number within 24 hours"), _("Answered or not. Empty: any number.")
    )
    max_calls_per_week = _number(
        "max_calls_per_week", _("Most calls to one number within seven days"), _("Answered or not. Empty: any number.")
    )
    pre_dial_url = forms.CharField(
        label=_("Ask a server of yours before each call"),
        max_length=_BODY["pre_dial_url"].max_length,
        required=False,
        widget=forms.TextInput(
            attrs={"inputmode": "url", "placeholder": "https://…", "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text=_(
            "Where we POST to, signed. Without a clear yes within five seconds there is no call. Empty: nobody is asked."
        ),
    )
    proof_days = _number(
        "proof_days",
        _("Keep what was checked before calls, in days"),
        _("Empty: it is kept for as long as the workspace."),
    )

    @classmethod
    def of(cls, rules: DialingRules) -> DialingRulesForm:
        """The form as it shows these rules."""
        return cls(
            initial={
                "calling_hours": rules.calling_hours,
                "max_calls_per_day": rules.max_per_day,
                "max_calls_per_week": rules.max_per_week,
                "pre_dial_url": rules.pre_dial_url,
                "proof_days": rules.proof_days,
            }
        )

    def disable(self) -> None:
        """For reading alone."""
        for field in self.fields.values():
            field.disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned = {**self.cleaned_data}
        # What was not sent at all is left as it is.
        given = {name: value for name, value in cleaned.items() if not self._is_left_out(name)}
        if given.get("pre_dial_url") == "":
            given["pre_dial_url"] = None
        body = DialingRulesBody(data=given, partial=True)
        if body.is_valid():
            self.changes: dict[str, Any] = dict(body.validated_data)
        for name, problems in body.errors.items():
            self.add_error(name, [str(problem) for problem in problems])
        return cleaned

    def _is_left_out(self, name: str) -> bool:
        return bool(self.fields[name].widget.value_omitted_from_data(self.data, self.files, name))
