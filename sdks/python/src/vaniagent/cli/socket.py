"""The feed's socket for what is about no single call: webhooks and samples."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Optional

from vaniagent import errors, feed
from vaniagent.client import VaniAgent

# What a socket is closed with where another would be closed as well.
NOT_AUTHENTICATED = 4401
TOO_MUCH = 4429


class FeedSocket:
    """One socket, authenticated: frames as dicts. Lost connections raise what `feed.broken()` names."""

    def __init__(self, client: VaniAgent) -> None:
        from websockets.sync.client import connect

        # The types of its options differ between the versions of websockets.
        connect_any: Callable[..., Any] = connect
        self._socket = connect_any(client.settings.feed_url, **feed.options(client.feed_options))
        self.send({"type": "auth", "api_key": client.settings.api_key})

    def send(self, frame: Dict[str, Any]) -> None:
        self._socket.send(feed.dumped(frame))

    def receive(self, timeout: Optional[float] = None) -> Optional[Dict[str, Any]]:
        """The next frame; None where none came in time. Raises the typed error of a refusal."""
        try:
            message = json.loads(feed.text(self._socket.recv(timeout=timeout)))
        except TimeoutError:
            return None
        if not isinstance(message, dict):
            return {}
        if message.get("type") == "error":
            raise errors.from_feed(message.get("error") or {})
        return message

    def wait_for(self, kind: str) -> Dict[str, Any]:
        """The next frame of this type."""
        while True:
            message = self.receive(timeout=feed.CONNECT_WITHIN)
            if message is None:
                raise errors.APITimeoutError("The feed did not answer in time")
            if message.get("type") == kind:
                return message

    def is_alive(self, within: float = 10.0) -> bool:
        """Whether the server still answers."""
        return bool(self._socket.ping().wait(within))

    def close(self) -> None:
        try:
            self._socket.close()
        except feed.broken():
            pass


def raise_if_final(fault: BaseException) -> None:
    """Raise the typed error of a fault that another connection would not mend."""
    code = getattr(getattr(fault, "rcvd", None), "code", None)
    if code == NOT_AUTHENTICATED:
        raise errors.AuthenticationError("The API key is not valid, or not any more", status_code=401) from fault
    if code == TOO_MUCH:
        raise errors.RateLimitError(
            "The feed was closed: too many sockets, or too much was sent", status_code=429
        ) from fault
    status = getattr(getattr(fault, "response", None), "status_code", None)
    if isinstance(status, int) and 400 <= status < 500 and status != 429:
        raise errors.from_answer(status, None, {}) from fault
