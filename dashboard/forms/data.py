"""How long calls are kept, and whose data go."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from calls.services.erasure import LONGEST_DAYS


def _days(label: Any, help_text: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=LONGEST_DAYS, help_text=help_text)


class RetentionForm(forms.Form):
    recordings_days = _days(_("Erase recordings after, in days"), _("Empty: they are kept."))
    transcripts_days = _days(
        _("Erase transcripts after, in days"),
        _("With the summary, and the words in the call’s log. Empty: they are kept."),
    )


class CallerForm(forms.Form):
    number = forms.CharField(
        label=_("The caller’s number"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "tel", "placeholder": "+1 415 …", "autocomplete": "off"}),
    )
