from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class FirstWorkspaceForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the workspace"), max_length=100, help_text=_("Your company or team. You can change it later.")
    )


class WorkspaceNameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Your company or team, as members see it."))
