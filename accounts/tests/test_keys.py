"""API keys as text."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import keys


@pytest.mark.parametrize("mode", ["live", "test"])
def test_form(mode: Any) -> None:
    key = keys.generate(mode=mode)

    assert re.fullmatch(rf"va_{mode}_[0-9A-Za-z]{{38}}", key)
    assert keys.is_well_formed(key)


def test_known_checksum() -> None:
    # The CRC-32 of this text is 0xCBF43926: every implementation's check value, here in base62.
    assert keys._checksum("123456789") == "3jZRME"


@given(position=st.integers(0, 45), character=st.sampled_from("0Aaz_-é\n "))
def test_a_typo_is_seen(position: Any, character: Any) -> None:
    key = keys.generate(mode="live")
    typo = key[:position] + character + key[position + 1 :]

    assert keys.is_well_formed(typo) is (typo == key)


@pytest.mark.parametrize("text", ["", "va_live_", "va_prod_" + "0" * 38, "sk_live_" + "0" * 38])
def test_other_texts(text: Any) -> None:
    assert not keys.is_well_formed(text)


def test_digest() -> None:
    assert keys.digest("va_live_x") == "6fcd28076aaf4a09431d46488b43a4ed3a9c7a40b356165b7b76d5ed88e940cb"
