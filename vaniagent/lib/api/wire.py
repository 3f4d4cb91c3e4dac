"""JSON in and out of /v1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from vaniagent.lib import json_wire


class JsonParser(BaseParser):
    """Reads a body by the rules that what is stored can be sent on in a webhook, byte for byte."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return json_wire.loads(stream.read())


class JsonRenderer(JSONRenderer):
    """Compact UTF-8, whatever the client says it accepts."""

    charset = None


class OnlyJson(BaseContentNegotiation):
    """There is one parser and one renderer to choose from."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        content_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == content_type), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        renderer: BaseRenderer = renderers[0]
        return renderer, renderer.media_type
