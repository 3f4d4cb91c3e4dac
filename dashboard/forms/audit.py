"""The filters of the audit log."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.audit import ACTIONS


class AuditFilterForm(forms.Form):
    """What makes no sense narrows nothing."""

    action = forms.ChoiceField(
        label=_("What was done"), required=False, choices=[("", _("Anything")), *ACTIONS.items()]
    )
    actor = forms.CharField(
        label=_("By whom"),
        required=False,
        max_length=254,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("E-mail, or id of a key"), "spellcheck": "false"}
        ),
    )

    def lookups(self) -> dict[str, str]:
        self.is_valid()
        names = {"action": "action", "actor": "actor__iexact"}
        wanted = {lookup: self.cleaned_data.get(name, "").strip() for name, lookup in names.items()}
        return {lookup: value for lookup, value in wanted.items() if value}
