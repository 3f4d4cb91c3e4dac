"""A call followed live: the feed's socket, made anew whenever it breaks."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, ContextManager, Iterator, Optional, Type, cast

from vaniagent import feed
from vaniagent.errors import APIConnectionError
from vaniagent.models.call import Call
from vaniagent.models.feed import FeedEvent

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

    from vaniagent.client import VaniAgent

__all__ = ["CallStream"]

# The server pings a quiet socket every 20 seconds, which this side does not see: it asks by itself.
QUIET = 30.0
PONG_WITHIN = 10.0


class CallStream:
    """The events of a call, and words into it: iterate, and use `say`, `note`, `dtmf`, `hangup` as it goes.

        with client.calls.stream(call.id) as stream:
            for event in stream:
                ...

    Iterating ends with the call. One thread iterates; others may speak.
    """

    def __init__(self, client: VaniAgent, call_id: str, *, after: int = 0) -> None:
        self._client = client
        self._position = feed.Position(call_id, after=after, max_retries=client.settings.max_retries)
        self._socket: Optional[ClientConnection] = None
        self._sockets = ExitStack()
        self._connecting = threading.Lock()
        self._closed = False

    @property
    def call_id(self) -> str:
        return self._position.call_id

    @property
    def last_seq(self) -> int:
        """The last event told; `stream(call_id, after=last_seq)` goes on from there."""
        return self._position.seq

    def __enter__(self) -> CallStream:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[FeedEvent]:
        return self

    def __next__(self) -> FeedEvent:
        """The next event. Raises the typed error of a frame that was refused; iterating can go on after it."""
        while not self._is_over():
            try:
                event = self._position.heard(self._receive())
            except feed.broken() as fault:
                self._drop()
                if not self._is_over():
                    time.sleep(self._position.broke(fault))
            else:
                if event is not None:
                    return event
        self.close()
        raise StopIteration

    def say(self, text: str) -> None:
        """Have the agent say this now."""
        self._send({"type": "say", "call_id": self.call_id, "text": text})

    def note(self, text: str) -> None:
        """Tell the agent something to heed from its next turn on."""
        self._send({"type": "note", "call_id": self.call_id, "text": text})

    def dtmf(self, digits: str) -> None:
        """Press keys: 1 to 32 of `0`-`9`, `A`-`D`, `*`, `#`."""
        self._send({"type": "dtmf", "call_id": self.call_id, "digits": digits})

    def hangup(self) -> Call:
        """End the call."""
        return self._client.plain.calls.hangup(self.call_id)

    def close(self) -> None:
        """Stop following. The call goes on."""
        self._closed = True
        self._drop()

    def _is_over(self) -> bool:
        return self._closed or self._position.has_ended

    def _receive(self) -> str:
        socket = self._connected()
        try:
            return feed.text(socket.recv(timeout=QUIET))
        except TimeoutError:
            pong = socket.ping()
        if not pong.wait(PONG_WITHIN):
            raise ConnectionError("The server does not answer")
        return feed.NOTHING

    def _send(self, frame: Any) -> None:
        """Once: whether a frame arrived that broke off is not known, and saying it again would be heard twice."""
        try:
            self._connected().send(feed.dumped(frame))
        except feed.broken() as fault:
            raise APIConnectionError(f"It may not have been sent: {type(fault).__name__}") from fault

    def _connected(self) -> ClientConnection:
        with self._connecting:
            if self._closed:
                raise ConnectionError("The stream is closed")
            if self._socket is None:
                self._socket = self._connect()
            return self._socket

    def _connect(self) -> ClientConnection:
        from websockets.sync.client import connect

        # The types of its options differ between the versions of websockets.
        connect_any = cast("Callable[..., ContextManager[ClientConnection]]", connect)
        connecting = connect_any(self._client.settings.feed_url, **feed.options(self._client.feed_options))
        socket = self._sockets.enter_context(connecting)
        for frame in self._position.greeting(self._client.settings.api_key):
            socket.send(frame)
        return socket

    def _drop(self) -> None:
        # Without the lock: whoever holds it may be waiting for the network.
        self._socket = None
        with suppress(*feed.broken()):
            self._sockets.close()
