"""Whom an agent may transfer calls to: a row each, as `agents.transfers` keeps them. Works without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from agents import transfers

# Rows that are offered beyond those that are filled in.
EMPTY_ROWS: Final = 2
# How a call is handed over, as one choice: mode and way.
HANDINGS: Final = (
    ("cold", _("Put through at once")),
    ("warm", _("The agent speaks with them first")),
    ("refer", _("The trunk puts it through (REFER)")),
)
_PARTS: Final = ("name", "to", "when", "announcement")


class TransfersWidget(forms.Widget):
    """Fields named after the row: `transfers_0_name`."""

    template_name = "dashboard/_agents_transfers.html"
    use_fieldset = True

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        shown = [_shown(one) for one in value or []]
        empty = [_shown({}) for _ in range(min(EMPTY_ROWS, transfers.MOST - len(shown)))]
        is_disabled = bool((attrs or {}).get("disabled"))
        rows = shown if is_disabled else [*shown, *empty]
        context["rows"] = [{**row, "prefix": f"{name}_{place}", "place": place + 1} for place, row in enumerate(rows)]
        context["handings"] = HANDINGS
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        """What was typed; a row without name and address is none."""
        found = []
        for place in range(transfers.MOST):
            prefix = f"{name}_{place}"
            row: dict[str, Any] = {part: data.get(f"{prefix}_{part}", "").strip() for part in _PARTS}
            if not row["name"] and not row["to"]:
                continue
            handing = data.get(f"{prefix}_handing", "cold")
            row["mode"] = "warm" if handing == "warm" else "cold"
            row["via"] = "refer" if handing == "refer" else "bridge"
            row["record"] = f"{prefix}_record" in data
            found.append(row)
        return found

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}_0_name" not in data

    def id_for_label(self, id_: str) -> str:
        return ""


class TransfersField(forms.Field):
    widget = TransfersWidget

    def clean(self, value: Any) -> Any:
        try:
            return [one.as_json() for one in transfers.read(value or [])]
        except transfers.BadTransfers as error:
            raise forms.ValidationError(str(error)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(initial != data)


def in_words(value: Sequence[Mapping[str, Any]]) -> str:
    """Destinations as people read them, in one line."""
    handings = dict(HANDINGS)
    return "; ".join(f"{one['name']} ({one['to']}): {handings[_handing(one)]}" for one in value)


def _shown(one: Mapping[str, Any]) -> dict[str, Any]:
    parts = {part: one.get(part) or "" for part in _PARTS}
    return {**parts, "handing": _handing(one), "record": one.get("record", True)}


def _handing(one: Mapping[str, Any]) -> str:
    return "refer" if one.get("via") == "refer" else str(one.get("mode", "cold"))
