"""JSON in and out of /v1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, Final

import orjson
from django.utils.http import parse_header_parameters
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from vaniagent.lib import json_wire

# UTC, whole seconds, `Z`.
_TIMES: Final = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS
_ENCODER: Final = JSONEncoder()
# JSON is UTF-8; another charset would be read as something that was not meant.
_CHARSETS: Final = ("utf-8", "utf8", "us-ascii")


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

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        if data is None:
            return b""
        try:
            return orjson.dumps(data, default=_ENCODER.default, option=_TIMES)
        except TypeError:
            # Integers of more than 64 bits, and keys that are no texts.
            written: bytes = super().render(data, accepted_media_type, renderer_context)
            return written


class OnlyJson(BaseContentNegotiation):
    """There is one parser and one renderer to choose from."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        content_type, parameters = parse_header_parameters(request.content_type or "")
        if parameters.get("charset", "utf-8").lower() not in _CHARSETS:
            return None
        return next((parser for parser in parsers if parser.media_type == content_type.strip().lower()), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        renderer: BaseRenderer = renderers[0]
        return renderer, renderer.media_type
