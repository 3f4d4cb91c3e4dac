"""JSON as it travels: read strictly, written as JavaScript would write it again.

`loads` reads every body that customers send. What it accepts can be stored by PostgreSQL and survives a customer's
`JSON.parse`. `dumps` writes what we sign: its text is a fixed point of `JSON.stringify(JSON.parse(text))`, because one
published verifier recomputes the signature over exactly that.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from json.encoder import encode_basestring

from vaniagent.lib import errors

MAX_DEPTH = 64
MAX_SAFE_INTEGER = 2**53 - 1
METADATA_MAX_DEPTH = 8
METADATA_MAX_BYTES = 16 * 1024

# A whole string (or what is left of the text, if it is never closed), or a bracket. Possessive, so that no text makes it
# look at a character twice.
_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
# What PostgreSQL cannot store.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# The only way for it into a text that is valid UTF-8 and JSON.
_ESCAPED_UNSTORABLE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
# JavaScript's array indices, 0 to 2**32 - 2: as keys they come first, in numeric order.
_ARRAY_INDEX = re.compile(r"(?:0|[1-9][0-9]{0,9})\Z")
_MAX_ARRAY_INDEX = 2**32 - 2
_MAX_PATH = 200


class WireError(errors.InvalidRequest):
    """This is not JSON that we take. `path` leads to the fault, such as `metadata.tags.0`; empty: the body itself."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message, param=path[:_MAX_PATH] or None)
        self.path = path[:_MAX_PATH]


class _Refused:
    """Stands where a number was that we do not take, until its path is known."""

    def __init__(self, message: str) -> None:
        self.message = message


class _Numbers:
    """Reads the numbers of one body, and remembers whether it refused one."""

    INEXACT = f"An integer beyond ±{MAX_SAFE_INTEGER} loses digits in JavaScript; send it as a string"

    def __init__(self) -> None:
        self.refused = False

    def read_integer(self, digits: str) -> int | _Refused:
        # Seventeen characters hold every integer we take; Python itself refuses to read very long ones.
        if len(digits) > 17 or abs(int(digits)) > MAX_SAFE_INTEGER:
            return self._refuse(self.INEXACT)
        return int(digits)

    def read_float(self, digits: str) -> float | _Refused:
        value = float(digits)
        if math.isinf(value):
            return self._refuse("The number is too large; send it as a string")
        if value.is_integer() and abs(value) > MAX_SAFE_INTEGER:
            return self._refuse(self.INEXACT)
        return value

    def read_constant(self, name: str) -> _Refused:
        return self._refuse(f"{name} is not JSON; send it as a string")

    def _refuse(self, message: str) -> _Refused:
        self.refused = True
        return _Refused(message)


def loads(body: bytes) -> object:
    """The value that a body holds. Raises WireError."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise WireError("The body is not valid UTF-8") from None
    if text.startswith("\ufeff"):
        raise WireError("The body begins with a byte-order mark; send UTF-8 without one")
    if _depth(text) > MAX_DEPTH:
        raise WireError(f"The body is nested deeper than {MAX_DEPTH} levels")
    numbers = _Numbers()
    try:
        value: object = json.loads(
            text, parse_int=numbers.read_integer, parse_float=numbers.read_float, parse_constant=numbers.read_constant
        )
    except json.JSONDecodeError as error:
        raise WireError(
            f"The body is not valid JSON: {error.msg} at line {error.lineno} column {error.colno}"
        ) from None
    if numbers.refused or _ESCAPED_UNSTORABLE.search(text):
        _raise_first_fault(value)
    return value


def check_metadata(value: object) -> None:
    """Refuse metadata that a webhook could not carry unharmed to every receiver. Raises WireError.

    For values as `loads` returns them: it has already refused what neither PostgreSQL nor JavaScript can hold.
    """
    if not isinstance(value, dict):
        raise WireError("The 'metadata' field must be an object", "metadata")
    for path, item in _walk(value, "metadata", max_depth=METADATA_MAX_DEPTH):
        if not isinstance(item, dict):
            continue
        if "__proto__" in item:
            raise WireError("A key named '__proto__' is not taken", path)
        constructor = item.get("constructor")
        if isinstance(constructor, dict) and "prototype" in constructor:
            raise WireError("A key 'constructor' that holds 'prototype' is not taken", path)
    if len(dumps(value).encode()) > METADATA_MAX_BYTES:
        raise WireError("The 'metadata' field is larger than 16 KiB", "metadata")


def dumps(value: object) -> str:
    """The one text of a value. Raises TypeError or ValueError for what no body of ours may hold."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int):
        if abs(value) > MAX_SAFE_INTEGER:
            raise ValueError(f"{value} is not exact in JavaScript")
        return str(int(value))
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        members = (f"{_string(key)}:{dumps(value[key])}" for key in _in_javascript_order(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(dumps, value)) + "]"
    raise TypeError(f"{type(value).__name__} has no place in a JSON body")


def _depth(text: str) -> int:
    depth = deepest = 0
    for found in _STRUCTURE.finditer(text):
        match found[0]:
            case "[" | "{":
                depth += 1
                deepest = max(deepest, depth)
            case "]" | "}":
                depth -= 1
    return deepest


def _raise_first_fault(value: object) -> None:
    for path, item in _walk(value):
        if isinstance(item, _Refused):
            raise WireError(item.message, path)
        _check_text(item, path)


def _walk(value: object, path: str = "", *, max_depth: int = MAX_DEPTH) -> Iterator[tuple[str, object]]:
    """Each value with its path, an object's before those in it, so that no path names a key not yet seen."""
    waiting: list[tuple[str, object, int]] = [(path, value, 1)]
    while waiting:
        path, item, depth = waiting.pop()
        yield path, item
        if not isinstance(item, (dict, list)):
            continue
        if depth > max_depth:
            raise WireError(f"Nested deeper than {max_depth} levels", path)
        members = list(item.items()) if isinstance(item, dict) else list(enumerate(item))
        for key, member in reversed(members):
            waiting.append((f"{path}.{key}" if path else f"{key}", member, depth + 1))


def _check_text(item: object, path: str) -> None:
    texts: list[str] = [item] if isinstance(item, str) else list(item) if isinstance(item, dict) else []
    for text in texts:
        if found := _UNSTORABLE.search(text):
            what = "the character U+0000" if found[0] == "\x00" else "half of a surrogate pair"
            raise WireError(f"A text holds {what}, which cannot be stored", path)


def _string(text: object) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{type(text).__name__} cannot be a key of a JSON object")
    if _UNSTORABLE.search(text):
        raise ValueError("A text of a JSON body holds U+0000 or half of a surrogate pair")
    escaped: str = encode_basestring(text)
    return escaped


def _number(value: float) -> str:
    """ECMAScript's Number::toString. Python's repr has the same digits; only the layout differs."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is not JSON")
    if value == 0:
        return "0"
    sign, figures, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, figures))
    assert isinstance(exponent, int)  # noqa: S101  # only NaN and infinities have letters there
    point = len(digits) + exponent
    if 0 < point <= 21:
        whole, places = digits[:point].ljust(point, "0"), digits[point:]
        text = f"{whole}.{places}" if places else whole
    elif -6 < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        places = digits[1:]
        text = f"{digits[0]}{'.' if places else ''}{places}e{point - 1:+d}"
    return f"-{text}" if sign else text


def _in_javascript_order(members: Mapping[object, object]) -> list[object]:
    indices = [key for key in members if isinstance(key, str) and _is_array_index(key)]
    if not indices:
        return list(members)
    first = set(indices)
    return [*sorted(indices, key=int), *(key for key in members if key not in first)]


def _is_array_index(key: str) -> bool:
    return _ARRAY_INDEX.match(key) is not None and int(key) <= _MAX_ARRAY_INDEX
