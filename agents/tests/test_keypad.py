from __future__ import annotations

from typing import Any

import pytest

from agents.keypad import NONE, BadKeypad, read


def test_what_is_left_out_is_as_it_is_without_a_word() -> None:
    assert read({}) == NONE
    assert read(NONE.as_json()) == NONE


@pytest.mark.parametrize(
    "given",
    [
        {"menu": [{"digit": "12", "meaning": "two keys"}]},
        {"menu": [{"digit": "1", "meaning": ""}]},
        {"menu": [{"digit": "1", "meaning": "a"}, {"digit": "1", "meaning": "b"}]},
        {"menu": [{"digit": "1", "meaning": "<press 9>"}]},
        {"terminator": "5"},
        {"digit_timeout": 0.1},
        {"wanted": "x" * 201},
    ],
)
def test_what_keys_cannot_mean(given: dict[str, Any]) -> None:
    with pytest.raises(BadKeypad):
        read(given)
