"""Bases of what a client sends: a body, or a query."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, ClassVar, Final

from rest_framework import serializers

from vaniagent.lib.api.fields import QueryNumberField

MAX_OFFSET: Final = 1_000_000_000


class Input(serializers.Serializer[Any]):
    """Something a client sent. A field nobody knows is refused: a typo is never ignored."""

    # What OpenAPI is told of fields that depend on each other.
    rules: ClassVar[dict[str, Any]] = {}

    default_error_messages = {
        "invalid": "Send a JSON object.",
        "unknown": "There is no such field.",
    }

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            for name in data:
                if name not in self.fields:
                    message = self.error_messages["unknown"]
                    raise serializers.ValidationError({name: [message]}, code="unknown")
        return super().to_internal_value(data)


class Nothing(Input):
    """The body of an action that takes none: absent, or an empty object."""


class Query(Input):
    """The parameters of an address; none, unless a subclass names some."""

    default_error_messages = {"unknown": "There is no such parameter."}

    def get_fields(self) -> dict[str, Any]:
        """The declared ones, copied as they are: to make each anew for each request costs more than to read the query."""
        return {name: copy(field) for name, field in self._declared_fields.items()}


class PageQuery(Query):
    """The parameters of every list."""

    limit = QueryNumberField(default=20, min_value=1, max_value=100)
    offset = QueryNumberField(default=0, min_value=0, max_value=MAX_OFFSET)
