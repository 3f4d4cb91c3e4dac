"""Making an API key."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey, Scope

MODES: Final = (
    (ApiKey.Mode.LIVE, _("Live: uses your phone lines and credits")),
    (ApiKey.Mode.TEST, _("Test: calls go to the sandbox and are free")),
)
SCOPES: Final = (
    (Scope.READ, _("Read: agents, calls, recordings and the live feed")),
    (Scope.CALLS, _("Calls: place them, speak into them, end them")),
    (Scope.ADMIN, _("Everything: the other two, and changing agents and webhooks")),
)
NEVER: Final = "never"
LIFETIMES: Final[tuple[tuple[str, str | Promise], ...]] = (
    (NEVER, _("Never")),
    ("7", _("In 7 days")),
    ("30", _("In 30 days")),
    ("90", _("In 90 days")),
    ("365", _("In a year")),
)


class KeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("The program that will use it: one key each, so that one can be ended without the others."),
    )
    mode = forms.ChoiceField(label=_("Kind"), choices=MODES, widget=forms.RadioSelect, initial=ApiKey.Mode.LIVE)
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=SCOPES,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ, Scope.CALLS],
    )
    expires = forms.ChoiceField(label=_("Expires"), choices=LIFETIMES, initial=NEVER)

    def __init__(self, data: Any = None, *, allowed: Collection[str]) -> None:
        """`allowed`: the scopes that whoever makes the key may give."""
        super().__init__(data)
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)  # noqa: S101 - declared so above
        scopes.choices = [choice for choice in SCOPES if choice[0] in allowed]
        if len(scopes.choices) < len(SCOPES):
            scopes.help_text = _("A key for everything is an admin's to make.")

    def expires_at(self, now: datetime) -> datetime | None:
        chosen = self.cleaned_data["expires"]
        return None if chosen == NEVER else now + timedelta(days=int(chosen))
