from __future__ import annotations

import pytest

from calls.voice.providers.stt import without_quotes


@pytest.mark.parametrize(
    ("recognized", "text"),
    [
        ("\"'Are you open on Sunday?'", "Are you open on Sunday?"),
        ("Don't call the Millers' office, it's mine.", "Don't call the Millers office, it's mine."),
        ("“Hello.”", "Hello."),
        ("'", ""),
    ],
)
def test_quotation_marks_are_not_speech(recognized, text):
    assert without_quotes(recognized) == text
