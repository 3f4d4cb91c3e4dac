"""Every route of /v1, from the URL map: a new one is covered as it is made."""

from __future__ import annotations

import re
from typing import Any, Final

from django.urls import URLPattern, URLResolver, get_resolver

METHODS: Final = ("get", "post", "patch", "delete")


def _found() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def walk(patterns: Any, prefix: str) -> None:
        for pattern in patterns:
            path = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, path)
            elif isinstance(pattern, URLPattern) and path.startswith("v1/"):
                # What has no actions is a document: no resource, and open to all.
                actions = getattr(pattern.callback, "actions", {})
                found.extend((method, "/" + path) for method in METHODS if method in actions)

    walk(get_resolver().url_patterns, "")
    return sorted(set(found))


ROUTES: Final = _found()
PATHS: Final = sorted({path for _, path in ROUTES})
GETS: Final = [path for method, path in ROUTES if method == "get"]
POSTS: Final = [path for method, path in ROUTES if method == "post"]
WITH_BODY: Final = [(method, path) for method, path in ROUTES if method in ("post", "patch")]


def address(path: str, ids: dict[str, str]) -> str:
    """The path with ids in the places of its parameters."""
    resource, _, rest = path.partition("/(?P<")
    if not rest:
        return path
    return f"{resource}/{ids[resource]}{re.sub(r'^[^)]*[)]', '', rest)}"
