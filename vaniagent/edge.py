"""Daphne's reading of a request, before any of our code sees it.

Twisted reads forms by itself, on the event loop: one that it cannot read gets an answer that is not ours, and a large one
holds every other request up. And it keeps bodies of any size on disk until they are complete.
"""

from __future__ import annotations

from typing import Any, Final

from daphne import http_protocol

# More than anything of ours takes, so that what was cut off is refused as too large.
MOST_BODY_BYTES: Final = 4 * 1024 * 1024


class EdgeRequest(http_protocol.WebRequest):  # type: ignore[misc]  # daphne has no types
    """A request whose body nobody reads before us, and of which no more is kept than it takes to refuse it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "parsePOSTFormSubmission": False})
        self._kept_bytes = 0

    def handleContentChunk(self, data: bytes) -> None:
        kept = data[: MOST_BODY_BYTES - self._kept_bytes]
        self._kept_bytes += len(kept)
        super().handleContentChunk(kept)


def install() -> None:
    """Have Daphne make its requests here; it offers no setting for it."""
    http_protocol.WebRequest = EdgeRequest
