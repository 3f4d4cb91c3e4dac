from __future__ import annotations

import pytest
from django import forms

from dashboard.forms.keypad import KeypadField, KeypadWidget, in_words


def typed(**parts: str) -> object:
    sent = {f"keypad_{part}": value for part, value in parts.items()}
    return KeypadField().clean(KeypadWidget().value_from_datadict(sent, {}, "keypad"))


def test_a_menu_is_typed_line_by_line() -> None:
    kept = typed(
        menu="1 = opening hours\r\n2=prices\r\n", terminator="*", digit_timeout="2,5", may_press="on", wanted="sales"
    )

    assert kept == {
        "menu": [{"digit": "1", "meaning": "opening hours"}, {"digit": "2", "meaning": "prices"}],
        "terminator": "*",
        "digit_timeout": 2.5,
        "may_press": True,
        "wanted": "sales",
    }
    assert in_words(kept) == "1 = opening hours; 2 = prices; presses keys: sales"


def test_a_form_that_says_nothing_of_keys_changes_nothing() -> None:
    assert typed() == {}
    assert typed(menu="", terminator="#", digit_timeout="3.0", wanted="") == {}


@pytest.mark.parametrize(
    "menu", ["opening hours", "11 = twice", "1 = <press 9>", "\n".join(f"{n % 10} = x" for n in range(13))]
)
def test_nonsense_is_refused(menu: str) -> None:
    with pytest.raises(forms.ValidationError):
        typed(menu=menu)
