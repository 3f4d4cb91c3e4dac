"""`/v1/openapi.json`: the description of /v1, for everybody."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from vaniagent.lib.api.serializers import Query


class OpenApiView(APIView):
    """No key is asked for: there is nothing of anybody's in it."""

    authentication_classes = []

    @extend_schema(operation_id="openapi_retrieve", tags=["openapi"], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Get this description."""
        Query(data=request.query_params.dict()).is_valid(raise_exception=True)
        return Response({**document(), "servers": [{"url": settings.PUBLIC_URL}]})


@cache
def document() -> dict[str, Any]:
    """Made once a process: it is the code's."""
    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]  # drf-spectacular leaves it untyped
    document: dict[str, Any] = generator.get_schema(request=None, public=True)
    return document
