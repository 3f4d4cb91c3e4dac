"""What we write, JavaScript would write again in the same bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vaniagent.lib import json_wire
from vaniagent.tests import node

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
AWKWARD_TEXTS = st.sampled_from(
    ["\u2028", "\u2029", "\x7f", "/", "</script>", "\\", '"', "\b\f\n\r\t\x1f", "é", "😀", "\ufeff"]
)
INDEX_LIKE_KEYS = st.one_of(
    st.integers(0, 2**33).map(str),
    st.sampled_from(["0", "01", "-1", "1.0", "1e3", "4294967294", "4294967295", "4294967296", "9007199254740993", ""]),
)
NUMBERS = st.one_of(
    st.integers(-json_wire.MAX_SAFE_INTEGER, json_wire.MAX_SAFE_INTEGER),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-330, 310).map(lambda exponent: float(f"1e{exponent}")).filter(math.isfinite),
    st.sampled_from(
        [-0.0, 5e-324, 1e16, 1e20, 1e21, 1e-5, 1e-6, 1e-7, 123456789012345680000.0, 1.7976931348623157e308]
    ),
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | AWKWARD_TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS | INDEX_LIKE_KEYS, inner, max_size=8),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def rewrite() -> Iterator[node.Rewriter]:
    with node.rewriter() as rewriter:
        yield rewriter


@settings(max_examples=400, deadline=None)
@given(value=VALUES)
def test_is_a_fixed_point_of_javascript(rewrite: node.Rewriter, value: Any) -> None:
    text = json_wire.dumps(value)

    assert rewrite(text) == text


@settings(max_examples=200, deadline=None)
@given(value=VALUES)
def test_says_what_it_was_given(value: Any) -> None:
    assert json.loads(json_wire.dumps(value), parse_int=float) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (1e-5, "0.00001"),
        (1e-7, "1e-7"),
        (1.5e-9, "1.5e-9"),
        (1e16, "10000000000000000"),
        (1e21, "1e+21"),
        (-123.456, "-123.456"),
        ("a/\x7f\u2028é\x01\n", '"a/\x7f\u2028é\\u0001\\n"'),
        ({"b": 1, "10": 2, "9": 3, "01": 4, "4294967295": 5}, '{"9":3,"10":2,"b":1,"01":4,"4294967295":5}'),
        ((True, None), "[true,null]"),
    ],
)
def test_writes_as_javascript_does(value: object, text: str) -> None:
    assert json_wire.dumps(value) == text


@pytest.mark.parametrize("value", [datetime(2024, 1, 15, tzinfo=UTC), b"bytes", {1: "a"}, {"a"}])
def test_raises_for_a_type_that_is_not_json(value: object) -> None:
    with pytest.raises(TypeError):
        json_wire.dumps(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53, "\ud800", {"\0": 1}])
def test_raises_for_a_value_that_would_not_survive(value: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        json_wire.dumps(value)
