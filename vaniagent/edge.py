"""Daphne's reading of a request, before any of our code sees it.

Twisted reads forms by itself, on the event loop: one that it cannot read gets an answer that is not ours, and a large one
holds every other request up. And it keeps bodies of any size on disk until they are complete. A WebSocket message above its
limit (1 MiB) gets no word at all.
"""

from __future__ import annotations

from typing import Any, Final

from daphne import http_protocol, ws_protocol

# More than anything of ours takes, so that what was cut off is refused as too large.
MOST_BODY_BYTES: Final = 4 * 1024 * 1024
# The close code of the live feed for abuse.
MESSAGE_TOO_LARGE: Final = 4429
# Seconds that a client has to end its message and answer the code.
TIME_TO_READ_THE_CODE: Final = 10


class EdgeRequest(http_protocol.WebRequest):  # type: ignore[misc]  # daphne has no types
    """A request whose body nobody reads before us, and of which no more is kept than it takes to refuse it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "parsePOSTFormSubmission": False})
        self._kept_bytes = 0

    def handleContentChunk(self, data: bytes) -> None:
        kept = data[: MOST_BODY_BYTES - self._kept_bytes]
        self._kept_bytes += len(kept)
        super().handleContentChunk(kept)


class EdgeSocket(ws_protocol.WebSocketProtocol):  # type: ignore[misc]  # daphne has no types
    """A WebSocket that tells a client why it is closed, also where a message is too large to be read at all.

    Autobahn would drop the connection. Here what the client still sends is read and kept nowhere until it has read
    the code, or its time is over.
    """

    def _max_message_size_exceeded(self, size: int, most: int, reason: str) -> None:
        # Nothing more of the message is kept.
        self.failedByMe = True
        self.closeHandshakeTimeout = TIME_TO_READ_THE_CODE
        self.sendClose(code=MESSAGE_TOO_LARGE)


def install() -> None:
    """Have Daphne make its requests and sockets here; it offers no setting for it."""
    http_protocol.WebRequest = EdgeRequest
    ws_protocol.WebSocketFactory.protocol = EdgeSocket
