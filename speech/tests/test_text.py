# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time

import pytest

from speech.text import readable


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Dr. Lee met Mrs. Ray.", "Doctor Lee met Missis Ray."),
        ("It costs $42.50.", "It costs 42 dollars and 50 cents."),
        ("It costs $1, not $1,250.", "It costs 1 dollar, not 1250 dollars."),
        ("Only $0.05!", "Only 5 cents!"),
        ("A prize of $3.5 million.", "A prize of 3.5 million dollars."),
        ("Call (415) 555-0100.", "Call 4 1 5, 5 5 5, 0 1 0 0."),
        ("Call +14155550100.", "Call plus 1 4 1 5 5 5 5 0 1 0 0."),
        ("Call +44 20 7946 0018.", "Call plus 4 4, 2 0, 7 9 4 6, 0 0 1 8."),
        ("Open 9-5.", "Open 9 to 5."),
        ("Open 9:30-11:30.", "Open 9:30 to 11:30."),
        ("[[ hello ]]", "[ hello ]"),
    ],
)
def test_reads_as_people_do(written, read):
    assert readable(written) == read


@pytest.mark.parametrize(
    "text", ["On 2024-01-15, version 1.2.3.", "Order 12 34.", "1,234,567 people.", "50% of them.", "Mon-Fri"]
)
def test_leaves_the_rest_alone(text):
    assert readable(text) == text


@pytest.mark.parametrize("text", ["+1" * 1000, "+1 22" * 400, "1" * 2000, "$1," * 666, "12-" * 666, "(123) " * 333])
def test_is_quick_with_any_text(text):
    start = time.perf_counter()

    readable(text)

    assert time.perf_counter() - start < 0.1
