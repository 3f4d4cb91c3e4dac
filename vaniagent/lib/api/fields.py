"""Serializer fields that take a JSON value of their own type, and nothing that could be turned into one."""

from __future__ import annotations

import re
from typing import Any, Final

from rest_framework import serializers

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

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


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
