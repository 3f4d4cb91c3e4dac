"""What an agent makes of keys: a line each of a menu, and a few choices, as `agents.keypad` keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _

from agents import keypad

_PARTS: Final = ("menu", "terminator", "digit_timeout", "wanted")


class KeypadWidget(forms.Widget):
    """Fields named after the part: `keypad_menu`."""

    template_name = "dashboard/_agents_keypad.html"
    use_fieldset = True

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        shown = {**keypad.NONE.as_json(), **(value or {})}
        menu = shown["menu"]
        shown["menu"] = menu if isinstance(menu, str) else _lines(menu)
        context.update(shown=shown, terminators=keypad.TERMINATORS)
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, Any]:
        """What was typed; a part that was not sent is as it is without a word."""
        found = {part: data[f"{name}_{part}"].strip() for part in _PARTS if f"{name}_{part}" in data}
        return {**found, "may_press": f"{name}_may_press" in data}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}_menu" not in data

    def id_for_label(self, id_: str) -> str:
        return ""


class KeypadField(forms.Field):
    widget = KeypadWidget

    def clean(self, value: Any) -> Any:
        """What `/v1` takes; nothing, where all is as it is without a word."""
        given = dict(value or {})
        if isinstance(given.get("menu"), str):
            given["menu"] = [_choice(line) for line in given["menu"].splitlines() if line.strip()]
        try:
            given["digit_timeout"] = float(
                str(given.get("digit_timeout") or keypad.NONE.digit_timeout).replace(",", ".")
            )
            kept = keypad.read(given)
        except keypad.BadKeypad as error:
            raise forms.ValidationError(str(error)) from error
        except ValueError:
            raise forms.ValidationError(_("The pause between two digits is 1 to 10 seconds.")) from None
        if len(kept.menu) > keypad.MOST_CHOICES:
            raise forms.ValidationError(_("A menu has at most 12 keys."))
        return {} if kept == keypad.NONE else kept.as_json()

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or {}) != data)


def in_words(value: Mapping[str, Any]) -> str:
    """Keys as people read them, in one line."""
    kept = keypad.read(value)
    told = [f"{digit} = {meaning}" for digit, meaning in kept.menu]
    if kept.may_press:
        told.append(_("presses keys: %(wanted)s") % {"wanted": kept.wanted or "…"})
    return "; ".join(told)


def _lines(menu: Any) -> str:
    return "\n".join(f"{choice['digit']} = {choice['meaning']}" for choice in menu)


def _choice(line: str) -> dict[str, str]:
    digit, _equals, meaning = line.partition("=")
    return {"digit": digit.strip(), "meaning": meaning.strip()}
