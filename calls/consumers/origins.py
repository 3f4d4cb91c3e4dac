"""Which pages may open a socket that is for ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings


def origin_of(scope: Mapping[str, Any]) -> str:
    """Empty for programs: they send none."""
    return _header(scope, b"origin").rstrip("/")


def is_own_page(scope: Mapping[str, Any]) -> bool:
    """Whether the page that opens the socket is ours. Programs are let in: the token is what they must have."""
    origin = origin_of(scope)
    return not origin or origin == settings.PUBLIC_URL or urlsplit(origin).netloc == _header(scope, b"host")


def _header(scope: Mapping[str, Any], name: bytes) -> str:
    return str(dict(scope["headers"]).get(name, b"").decode("latin-1"))
