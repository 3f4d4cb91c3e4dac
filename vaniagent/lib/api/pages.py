"""The page shape of every list: `{"data", "total", "limit", "offset"}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response


class LimitOffsetPages(BasePagination):
    """Cuts a page out of a queryset by the `limit` and `offset` that the view has read (`view.query`)."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.limit: int = view.query["limit"]
        self.offset: int = view.query["offset"]
        self.total: int = queryset.count()
        return list(queryset[self.offset : self.offset + self.limit]) if self.offset < self.total else []

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        return Response({"data": data, "total": self.total, "limit": self.limit, "offset": self.offset})

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        number = {"type": "integer", "minimum": 0}
        properties = {"data": schema, "total": number, "limit": number, "offset": number}
        return {"type": "object", "properties": properties, "required": list(properties)}
