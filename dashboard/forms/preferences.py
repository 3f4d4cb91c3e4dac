from __future__ import annotations

import zoneinfo

from django import forms
from django.utils.translation import gettext_lazy as _


def _zones() -> list[tuple[str, object]]:
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    return [("", _("As the browser has it")), ("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class TimeZoneForm(forms.Form):
    time_zone = forms.ChoiceField(
        label=_("Time zone"), required=False, choices=_zones, help_text=_("Times are shown in it, and in UTC on hover.")
    )
