"""Daphne's reading of a request, before any of our code sees it.

Twisted reads forms by itself, on the event loop: one that it cannot read gets an answer that is not ours, and a large one
holds every other request up. And it keeps bodies of any size on disk until they are complete. A WebSocket message above its
limit (1 MiB) gets no word at all. What is no HTTP, or not such as it reads, gets an answer with nothing in it.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any, Final

from daphne import http_protocol, ws_protocol

from vaniagent.lib import errors, ids

log = logging.getLogger(__name__)

# More than anything of ours takes, so that what was cut off is refused as too large.
MOST_BODY_BYTES: Final = 4 * 1024 * 1024
# The close code of the live feed for abuse.
MESSAGE_TOO_LARGE: Final = 4429
# `GET http://host/v1/calls`, which proxies send, and every server must take (RFC 9112, 3.2.2).
_ABSOLUTE: Final = re.compile(rb"https?://([^/?]*)([^?]*)(.*)", re.IGNORECASE | re.DOTALL)
# Seconds that a client has to end its message and answer the code.
TIME_TO_READ_THE_CODE: Final = 10


class EdgeRequest(http_protocol.WebRequest):  # type: ignore[misc]  # daphne has no types
    """A request whose body nobody reads before us, and of which no more is kept than it takes to refuse it."""

    path: bytes
    uri: bytes

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "parsePOSTFormSubmission": False})
        self._kept_bytes = 0

    def process(self) -> Any:
        # Daphne believes whoever sends this: links in pages and mails would begin with what a client wrote.
        self.requestHeaders.removeHeader(b"Daphne-Root-Path")
        if absolute := _ABSOLUTE.fullmatch(self.uri):
            authority, path, query = absolute.groups()
            self.path = path or b"/"
            self.uri = self.path + query
            self.requestHeaders.setRawHeaders(b"Host", [authority])
        return super().process()

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """Daphne's own refusals."""
        content, headers = _envelope(errors.InvalidRequest(f"{body}.") if status < 500 else None)
        self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": content})

    def handleContentChunk(self, data: bytes) -> None:
        kept = data[: MOST_BODY_BYTES - self._kept_bytes]
        self._kept_bytes += len(kept)
        super().handleContentChunk(kept)


class EdgeChannel(http_protocol.http.HTTPChannel):  # type: ignore[misc]  # daphne has no types
    """A connection that says in the form of /v1 what it cannot read. Whose address was meant is not known by then."""

    def _respondToBadRequestAndDisconnect(self) -> None:
        most = self.totalHeadersSize
        if self._receivedHeaderSize > most or self._receivedHeaderCount > self.maxHeaders:
            self._refuse(b"431 Request Header Fields Too Large", f"More than {most // 1024} KiB or 500 headers.")
        else:
            self._refuse(b"400 Bad Request", "The request cannot be read.")

    def lineLengthExceeded(self, line: bytes) -> None:
        self._refuse(b"431 Request Header Fields Too Large", f"More than {self.MAX_LENGTH // 1024} KiB in one line.")

    def _refuse(self, status: bytes, message: str) -> None:
        content, headers = _envelope(errors.InvalidRequest(message))
        lines = [b"HTTP/1.1 " + status, *(b": ".join(header) for header in headers), b"Connection: close", b"", content]
        self.transport.write(b"\r\n".join(lines))
        self.loseConnection()


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
    """Have Daphne make its connections, requests and sockets here; it offers no setting for it."""
    http_protocol.http.HTTPChannel = EdgeChannel
    http_protocol.WebRequest = EdgeRequest
    ws_protocol.WebSocketFactory.protocol = EdgeSocket


def _envelope(error: errors.ServiceError | None) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """The contract's form of what goes wrong; without an error, of a fault of ours. Django is not asked here."""
    request_id = ids.new("req")
    if error is None:
        log.error("A request failed before it was read", extra={"request_id": request_id})
        error = errors.ServiceError(f"Something went wrong on our side. Tell support this request id: {request_id}.")
    told = {"code": error.code, "message": error.message, "param": error.param, "type": error.type}
    content = json.dumps({"error": told}).encode()
    headers = [
        (b"Content-Type", b"application/json"),
        (b"Content-Length", b"%d" % len(content)),
        (b"X-Request-Id", request_id.encode()),
        (b"Access-Control-Allow-Origin", b"*"),
    ]
    return content, headers
