"""Putting numbers on the do-not-call list, and finding them."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from calls.services.do_not_call import REASON_MAX


class NumberForm(forms.Form):
    number = forms.CharField(
        label=_("Number"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "placeholder": "+1 415 …", "autocomplete": "off"}),
    )
    reason = forms.CharField(label=_("Reason"), max_length=REASON_MAX, required=False)


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("A number a line, or with a heading: number and reason. Up to 200,000."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )
