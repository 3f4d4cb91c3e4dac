"""What is known of a request under /v1 before any view sees it."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest

from vaniagent.lib import ids

_ID: Final = "vaniagent.request_id"


def is_api(request: HttpRequest) -> bool:
    """Whether the contract of /v1 holds for this address."""
    return request.path_info == "/v1" or request.path_info.startswith("/v1/")


def id_of(request: HttpRequest) -> str:
    """The request's id, which customers quote and logs name."""
    found: str = request.META.setdefault(_ID, "") or ids.new("req")
    request.META[_ID] = found
    return found
