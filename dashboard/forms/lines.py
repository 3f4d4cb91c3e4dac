"""A phone line of each kind."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.models import Agent
from calls import inbound_limits
from calls.api.phone_lines import IS_CALLER, IS_DOMAIN, IS_PLAIN, IS_SID, IS_USER
from calls.inbound_limits import InboundLimits
from calls.models import PhoneLine
from dashboard.forms.place_call import PhoneNumberField

# What is shown in a secret's place, and means that it stays.
KEPT: Final = "••••••••"
LIMITS: Final = tuple(field.name for field in fields(InboundLimits))
_OFF: Final = {"autocomplete": "off", "spellcheck": "false"}


def _is_plain(secret: str) -> None:
    if secret != KEPT:
        IS_PLAIN(secret)


def _secret(label: Any, **options: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True)
    return forms.CharField(label=label, max_length=200, strip=False, widget=widget, validators=[_is_plain], **options)


class _LineForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    numbers = forms.CharField(
        label=gettext_lazy("Numbers"),
        widget=forms.Textarea(attrs={"rows": "3", "placeholder": "+14155550100", **_OFF}),
        help_text=gettext_lazy(
            "One a line, with + and the country’s code. Calls go out with them, and come in on them."
        ),
    )
    inbound_agent = forms.ChoiceField(label=gettext_lazy("Who answers calls that come in"), required=False)
    max_live_calls = forms.IntegerField(
        label=gettext_lazy("Calls at once"),
        min_value=1,
        max_value=10_000,
        initial=10,
        help_text=gettext_lazy("The line’s channels."),
    )
    calls_per_second = forms.IntegerField(
        label=gettext_lazy("Calls a second"),
        min_value=1,
        max_value=100,
        initial=5,
        help_text=gettext_lazy("What is more is dialled a moment later."),
    )

    calls_per_hour = forms.IntegerField(
        label=gettext_lazy("Calls of one caller an hour"),
        min_value=1,
        max_value=inbound_limits.MOST_CALLS,
        initial=InboundLimits.calls_per_hour,
        required=False,
        help_text=gettext_lazy("More are turned away; who hides the number counts as one caller. Empty: no limit."),
    )
    calls_per_day = forms.IntegerField(
        label=gettext_lazy("Calls of one caller a day"),
        min_value=1,
        max_value=inbound_limits.MOST_CALLS,
        initial=InboundLimits.calls_per_day,
        required=False,
    )
    cost_per_day = forms.DecimalField(
        label=gettext_lazy("Credits that one caller may cost a day"),
        min_value=Decimal("0.01"),
        max_digits=8,
        decimal_places=2,
        required=False,
        help_text=gettext_lazy("Empty: no limit."),
    )
    silent_after = forms.IntegerField(
        label=gettext_lazy("Hang up on who says nothing after"),
        min_value=inbound_limits.LEAST_SILENCE,
        max_value=inbound_limits.MOST_SILENCE,
        initial=InboundLimits.silent_after,
        help_text=gettext_lazy("Seconds, for callers who have not said a word."),
    )
    blocks_hidden = forms.BooleanField(label=gettext_lazy("Turn away who hides the number"), required=False)
    blocked = forms.CharField(
        label=gettext_lazy("Blocked callers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": "3", "placeholder": "+14155550123", **_OFF}),
        help_text=gettext_lazy("One a line; a * at the end stands for any digits: +1900*."),
    )

    def __init__(self, *args: Any, agents: Iterable[Agent], **options: Any) -> None:
        super().__init__(*args, **options)
        self._agents = {agent.public_id: agent for agent in agents}
        field = self.fields["inbound_agent"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared so above
        names = [(key, agent.current.name if agent.current else key) for key, agent in self._agents.items()]
        field.choices = [("", _("Nobody")), *names]

    def clean_inbound_agent(self) -> Agent | None:
        return self._agents.get(self.cleaned_data["inbound_agent"])

    def clean_blocked(self) -> list[str]:
        entries = [entry.strip() for entry in re.split(r"[\n,;]", self.cleaned_data["blocked"]) if entry.strip()]
        if len(entries) > inbound_limits.MOST_BLOCKED:
            raise forms.ValidationError(_("At most %(most)d.") % {"most": inbound_limits.MOST_BLOCKED})
        for entry in entries:
            IS_CALLER(entry)
        return entries

    def fields_for_service(self, *, keeps_secret: bool) -> dict[str, Any]:
        """What the service is given. A secret that was not changed is left out."""
        found = dict(self.cleaned_data)
        found["inbound_limits"] = {name: found.pop(name) for name in LIMITS}
        cost = found["inbound_limits"]["cost_per_day"]
        found["inbound_limits"]["cost_per_day"] = None if cost is None else str(cost)
        return found

    def clean_numbers(self) -> list[str]:
        lines = [line for line in re.split(r"[\n,;]", self.cleaned_data["numbers"]) if line.strip()]
        return [PhoneNumberField().clean(line) for line in lines]


class SipLineForm(_LineForm):
    domain = forms.CharField(
        label=gettext_lazy("Trunk"),
        max_length=253,
        validators=[IS_DOMAIN],
        widget=forms.TextInput(attrs={"placeholder": "sip.carrier.example", **_OFF}),
    )
    port = forms.IntegerField(
        label=gettext_lazy("Port"),
        min_value=1,
        max_value=65535,
        required=False,
        help_text=gettext_lazy("Empty: the usual one."),
    )
    transport = forms.ChoiceField(label=gettext_lazy("Transport"), choices=PhoneLine.Transport.choices)
    srtp = forms.ChoiceField(
        label=gettext_lazy("Sound"),
        choices=[("off", gettext_lazy("Not encrypted")), ("required", gettext_lazy("Encrypted (SRTP)"))],
    )
    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=100,
        required=False,
        validators=[IS_USER],
        widget=forms.TextInput(attrs=_OFF),
    )
    password = _secret(gettext_lazy("Password"), required=False)
    register = forms.BooleanField(
        label=gettext_lazy("Register there"),
        required=False,
        help_text=gettext_lazy("Where the carrier asks for it; most trunks do not."),
    )
    field_order = ("name", "domain", "port", "transport", "srtp", "username", "password", "register", "numbers")

    def fields_for_service(self, *, keeps_secret: bool) -> dict[str, Any]:
        found = super().fields_for_service(keeps_secret=keeps_secret)
        found["username"] = found["username"] or None
        if keeps_secret and found["password"] == KEPT:
            del found["password"]
        return found


class TwilioLineForm(_LineForm):
    account_sid = forms.CharField(
        label=gettext_lazy("Account SID"),
        max_length=34,
        validators=[IS_SID],
        widget=forms.TextInput(attrs={"placeholder": "AC…", **_OFF}),
    )
    auth_token = _secret(gettext_lazy("Auth token"))
    field_order = ("name", "account_sid", "auth_token", "numbers")

    def fields_for_service(self, *, keeps_secret: bool) -> dict[str, Any]:
        found = super().fields_for_service(keeps_secret=keeps_secret)
        if keeps_secret and found["auth_token"] == KEPT:
            del found["auth_token"]
        return found
