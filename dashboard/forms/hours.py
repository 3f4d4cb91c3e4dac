"""When an agent may call: a table of the week, as `agents.hours` keeps it. Works without JavaScript."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from agents import hours

ANY, SET = "any", "set"
# The buttons that copy Monday's times are sent under this name.
COPY_HOURS: Final = "copy_hours"
# A time field knows no 24:00: as an end, this is midnight.
MIDNIGHT: Final = "00:00"
# What the table shows until somebody says otherwise.
USUAL: Final[Mapping[str, Any]] = {
    "timezone": hours.CALLEE,
    "days": {day: [["09:00", "18:00"]] for day in hours.DAYS[:5]},
}
_PLACES: Final = range(hours.MOST_WINDOWS)


class HoursWidget(forms.Widget):
    """Fields named after the day and the window: `calling_hours_mon_0_from`."""

    template_name = "dashboard/_agents_hours.html"
    use_fieldset = True

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        shown = value or USUAL
        context |= {
            "is_any": value is None,
            "zone": shown["timezone"],
            "zones": [("callee", _("Of whoever is called, by their number")), *_zones()],
            "days": [_shown(name, day, label, shown["days"]) for day, label in zip(hours.DAYS, _labels(), strict=True)],
        }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """What was typed, complete or not; None where any time will do."""
        if data.get(f"{name}_mode", ANY) != SET:
            return None
        days = {day: [pair for place in _PLACES if any(pair := _typed(data, name, day, place))] for day in hours.DAYS}
        return {"timezone": data.get(f"{name}_zone", hours.CALLEE), "days": days}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}_mode" not in data

    def id_for_label(self, id_: str) -> str:
        return ""


class HoursField(forms.Field):
    widget = HoursWidget

    def clean(self, value: Any) -> Any:
        if value is None:
            return None
        days = {day: [[begin, _end(end)] for begin, end in pairs] for day, pairs in value["days"].items()}
        try:
            return hours.read({**value, "days": days}).as_json()
        except hours.BadHours as error:
            raise forms.ValidationError(str(error)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(initial != data)


def with_monday_copied(data: QueryDict, name: str) -> QueryDict:
    """What was sent, with Monday's times on every day, or every weekday, as the button says."""
    copied = data.copy()
    for day in hours.DAYS[1:] if data.get(COPY_HOURS) == "all" else hours.DAYS[1:5]:
        for place in _PLACES:
            for edge in ("from", "until"):
                copied[f"{name}_{day}_{place}_{edge}"] = data.get(f"{name}_mon_{place}_{edge}", "")
    return copied


def in_words(value: Mapping[str, Any] | None) -> str:
    """Hours as people read them, in one line."""
    if value is None:
        return str(_("At any time"))
    zone = str(_("by the clock of whoever is called")) if value["timezone"] == hours.CALLEE else value["timezone"]
    days = [
        f"{label} {', '.join('–'.join(pair) for pair in value['days'][day])}"
        for day, label in zip(hours.DAYS, WEEKDAYS_ABBR.values(), strict=True)
        if value["days"].get(day)
    ]
    return f"{'; '.join(days)} ({zone})"


def _typed(data: Any, name: str, day: str, place: int) -> list[str]:
    return [data.get(f"{name}_{day}_{place}_{edge}", "").strip()[:5] for edge in ("from", "until")]


def _end(text: str) -> str:
    return "24:00" if text == MIDNIGHT else text


def _shown(name: str, day: str, label: str, days: Mapping[str, Any]) -> dict[str, Any]:
    pairs = [*days.get(day, []), *([["", ""]] * hours.MOST_WINDOWS)][: hours.MOST_WINDOWS]
    windows = [
        {"name": f"{name}_{day}_{place}", "begin": begin, "end": MIDNIGHT if end == "24:00" else end}
        for place, (begin, end) in enumerate(pairs)
    ]
    return {"label": label, "windows": windows}


def _labels() -> list[str]:
    """Monday to Sunday, in the reader's language."""
    return [str(WEEKDAYS[number]) for number in range(7)]


def _zones() -> list[tuple[str, str]]:
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]
