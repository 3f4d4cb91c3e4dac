"""Serializer fields that take a JSON value of their own type, and nothing that could be turned into one."""

from __future__ import annotations

import re
from typing import Any, Final

from rest_framework import serializers

# What a client may send as text, as patterns that ECMAScript and Python read alike.
TEXT: Final = r"^[^\x00]*$"
TEXT_WITH_WORDS: Final = r"^[^\x00]*[^\s\x00][^\x00]*$"

# Path, query and fragment, by RFC 3986.
_REST_OF_URL: Final = "".join(
    rf"({begin}([0-9A-Za-z\-._~!$&'()*+,;=:@{more}]|%[0-9A-Fa-f]{{2}})*)?"
    for begin, more in (("/", "/"), (r"\?", "/?"), ("#", "/?"))
)
# Short enough for a name, however it is put together; what is longer may be taken all the same.
HTTPS_URL: Final = (
    r"^https://([0-9A-Za-z]([0-9A-Za-z-]{0,42}[0-9A-Za-z])?\.){1,5}[A-Za-z]{2,24}\.?"
    r"(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
    rf"{_REST_OF_URL}$"
)
_AFTER_SCHEME: Final = re.compile(rf"[^/?#]*{_REST_OF_URL}")
_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})", re.IGNORECASE
)
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")


class IdField(serializers.CharField):
    """The public id of a thing of one kind, such as `call_…`, as answers show it."""

    def __init__(self, kind: str, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def schema(self) -> dict[str, Any]:
        """What OpenAPI says of it."""
        return {"type": "string", "pattern": f"^{self.kind}_[0-9A-Za-z]+$"}


class TextField(serializers.CharField):
    """A JSON string."""

    def schema(self) -> dict[str, Any]:
        """What OpenAPI says of it: white space alone is blank, and U+0000 cannot be stored."""
        has_words = self.trim_whitespace and not self.allow_blank
        schema: dict[str, Any] = {"type": "string", "pattern": TEXT_WITH_WORDS if has_words else TEXT}
        if not self.allow_blank:
            schema["minLength"] = 1
        if self.max_length is not None:
            schema["maxLength"] = self.max_length
        return schema

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class UrlField(TextField):
    """An address on the web. Whether it is one that may be used is the service's word, or a validator's."""

    default_error_messages = {"unreadable": "This is not a URL: percent-encode special characters."}

    def to_internal_value(self, data: Any) -> str:
        url = super().to_internal_value(data)
        if _AFTER_SCHEME.fullmatch(url.partition("://")[2]) is None:
            self.fail("unreadable")
        return url

    def schema(self) -> dict[str, Any]:
        """What is promised to be taken: https, and a name. The service may take more."""
        return {**super().schema(), "format": "uri", "pattern": HTTPS_URL}


class TimeField(serializers.DateTimeField):
    """A JSON string with a time and its offset, by RFC 3339."""

    default_error_messages = {"invalid": "Send a time such as '2024-01-15T10:30:00Z'."}

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str) or _TIME.fullmatch(value) is None:
            self.fail("invalid")
        try:
            return super().to_internal_value(value)
        except OverflowError:
            self.fail("invalid")


class WholeNumberField(serializers.IntegerField):
    """A JSON number without a fraction."""

    def to_internal_value(self, data: Any) -> int:
        is_whole = isinstance(data, int) or (isinstance(data, float) and data.is_integer())
        if isinstance(data, bool) or not is_whole:
            self.fail("invalid")
        return int(data)


class NumberField(serializers.FloatField):
    """A JSON number."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, (int, float)):
            self.fail("invalid")
        return super().to_internal_value(data)


class BoolField(serializers.BooleanField):
    """`true` or `false`."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class QueryNumberField(serializers.IntegerField):
    """A whole number in a query, in plain digits."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str) or _INTEGER.fullmatch(data) is None:
            self.fail("invalid")
        return int(data)
