from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from calls.models import TalkLink
from calls.services import talk_links
from vaniagent.lib import errors

_ORIGINS_LONGEST: Final = 10_000


def _number(name: str, label: Any, help_text: Any) -> forms.IntegerField:
    """A limit with the bounds that its column has."""
    column: Any = TalkLink._meta.get_field(name)
    validators = column.validators
    least = next(one.limit_value for one in validators if isinstance(one, MinValueValidator))
    most = next(
        one.limit_value for one in validators if isinstance(one, MaxValueValidator) and one.limit_value < 2**31 - 1
    )
    return forms.IntegerField(label=label, help_text=help_text, min_value=least, max_value=most)


class TalkLinkForm(forms.Form):
    """What a public link allows."""

    minutes_per_day = _number(
        "minutes_per_day", _("Minutes a day"), _("Of all talks together; a day by UTC. At most 1440.")
    )
    max_duration = _number("max_duration", _("Longest talk"), _("In seconds, from 30 to 3600."))
    calls_per_hour = _number("calls_per_hour", _("Talks an hour"), _("Of all visitors."))
    calls_per_visitor_hour = _number(
        "calls_per_visitor_hour", _("Talks an hour of one visitor"), _("From one address.")
    )
    allowed_origins = forms.CharField(
        label=_("Pages that may show it"),
        required=False,
        max_length=_ORIGINS_LONGEST,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_(
            "One a line, such as https://example.com. For the widget on your own pages; the link itself needs none."
        ),
    )

    def clean_allowed_origins(self) -> list[str]:
        try:
            return talk_links.clean_origins(self.cleaned_data["allowed_origins"].split())
        except errors.ServiceError as error:
            raise forms.ValidationError(error.message.removeprefix("'allowed_origins': ")) from error

    def limits(self) -> dict[str, int]:
        return {name: self.cleaned_data[name] for name in talk_links.LIMITS}


def limits_of(link: TalkLink) -> dict[str, Any]:
    """A link as the form shows it; one that is not stored shows what it would begin with."""
    return {
        **{name: getattr(link, name) for name in talk_links.LIMITS},
        "allowed_origins": "\n".join(link.allowed_origins),
    }
