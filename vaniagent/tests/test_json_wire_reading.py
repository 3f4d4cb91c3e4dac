"""Bodies are read strictly, and a refusal says where the fault is."""

from __future__ import annotations

import pytest

from vaniagent.lib import json_wire


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"metadata":{"a":NaN}}', "metadata.a"),
        (b"[-Infinity]", "0"),
        (b'{"a":[1,1e400]}', "a.1"),
        (b'{"a":9007199254740992}', "a"),
        (b'{"a":-9007199254740993.0}', "a"),
        (b'{"a":1e300}', "a"),
        (b'{"a":' + b"9" * 10_000 + b"}", "a"),
        (b'{"a":{"b":"\\ud800"}}', "a.b"),
        (b'{"a":{"\\udc00":1}}', "a"),
        (b'{"a":"x\\u0000"}', "a"),
        (b'{"a":{"\\u0000":1}}', "a"),
        (b'"\xff"', ""),
        (b'"\xed\xa0\x80"', ""),
        (b"\xef\xbb\xbf{}", ""),
        ('{"a":1}'.encode("utf-16"), ""),
        (b"[" * 100_000, ""),
        (b"[" * 100_000 + b"]" * 100_000, ""),
        (b'{"a":' * 65 + b"1" + b"}" * 65, ""),
        (b'"\\"' * 300_000, ""),
        (b'"\x01"', ""),
        (b"", ""),
        (b"{", ""),
        (b'{"a":1,}', ""),
        (b"[01]", ""),
    ],
)
def test_refuses_what_cannot_be_kept(body: bytes, path: str) -> None:
    with pytest.raises(json_wire.WireError) as refused:
        json_wire.loads(body)

    assert refused.value.path == path
    assert refused.value.status == 400
    assert refused.value.code == "invalid_request"
    assert refused.value.param == (path or None)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b' {"a": 1, "b": 2, "a": 3} ', {"a": 3, "b": 2}),
        (b"[9007199254740991, -9007199254740991, -0, 1.0]", [9007199254740991, -9007199254740991, 0, 1.0]),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"[[[[{{{{\\"]]"', '[[[[{{{{"]]'),
        (b"[" * 64 + b"]" * 64, None),
        (b'{"a":NaN,"a":1}', {"a": 1}),
    ],
)
def test_reads_what_json_allows(body: bytes, value: object) -> None:
    read = json_wire.loads(body)

    if value is not None:
        assert read == value


@pytest.mark.parametrize(
    ("metadata", "path"),
    [
        ([], "metadata"),
        ("text", "metadata"),
        ({"a": {"__proto__": {}}}, "metadata.a"),
        ({"a": [{"constructor": {"prototype": 1}}]}, "metadata.a.0"),
        ({"1": {"2": {"3": {"4": {"5": {"6": {"7": {"8": {}}}}}}}}}, "metadata.1.2.3.4.5.6.7.8"),
        ({"a": "é" * 8190}, "metadata"),
    ],
)
def test_refuses_metadata_that_receivers_would_not_survive(metadata: object, path: str) -> None:
    with pytest.raises(json_wire.WireError) as refused:
        json_wire.check_metadata(metadata)

    assert refused.value.path == path


def test_takes_metadata_up_to_the_limits() -> None:
    json_wire.check_metadata({"1": {"2": {"3": {"4": {"5": {"6": {"7": {}}}}}}}, "constructor": {"name": 1}})
    json_wire.check_metadata({"a": "x" * (16 * 1024 - 8)})
