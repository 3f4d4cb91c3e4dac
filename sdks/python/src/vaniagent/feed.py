"""What following a call is made of, for both kinds of client: where one is, and what to make of frames and faults."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type, Union

from vaniagent import errors, retries
from vaniagent.models.base import as_object
from vaniagent.models.feed import ENDS, FeedEvent, feed_event

# A frame without an event.
NOTHING = "{}"
CONNECT_WITHIN = 10.0
# How often in a row connecting may fail at least: a server that is restarted is away for longer than a request's retries.
LEAST_RETRIES = 8


class Position:
    """Where in a call's events one is. Says what to send, and what a frame or a fault means."""

    def __init__(self, call_id: str, *, after: int, max_retries: int) -> None:
        self.call_id = call_id
        self.seq = after
        self.has_ended = False
        self._most_failures = max(max_retries, LEAST_RETRIES)
        self._failures = 0
        self._is_subscribed = False

    def greeting(self, api_key: str) -> List[str]:
        """What is sent on opening."""
        self._is_subscribed = False
        subscribe: Dict[str, Any] = {"type": "subscribe", "call_id": self.call_id}
        if self.seq:
            subscribe["after"] = self.seq
        return [dumped({"type": "auth", "api_key": api_key}), dumped(subscribe)]

    def heard(self, frame: str) -> Optional[FeedEvent]:
        """The event in it that was not told before. Raises the typed error of a refusal, ConnectionError for a gap."""
        message = _parsed(frame)
        kind = message.get("type")
        if kind == "error":
            raise self._refusal(message)
        if kind == "subscribed":
            self._is_subscribed = True
            self._failures = 0
        if message.get("call_id") != self.call_id or "timestamp" not in message:
            return None
        seq = message.get("seq")
        if seq is not None:
            if seq <= self.seq:
                return None
            if seq > self.seq + 1:
                raise ConnectionError(f"Event {self.seq + 1} is missing")
            self.seq = seq
        self._failures = 0
        self.has_ended = kind in ENDS
        return feed_event(message)

    def broke(self, fault: BaseException) -> float:
        """Seconds until it is tried again. Raises the typed error where that is in vain."""
        typed = _final(fault)
        if typed is not None:
            raise typed from fault
        if self._failures >= self._most_failures:
            raise errors.APIConnectionError(f"The live feed cannot be reached: {type(fault).__name__}") from fault
        self._failures += 1
        # The first time at once: the connection had worked.
        return 0.0 if self._failures == 1 else retries.pause(self._failures - 2) or 0.0

    def _refusal(self, message: Mapping[str, Any]) -> errors.APIStatusError:
        error = errors.from_feed(message.get("error") or {})
        if not self._is_subscribed:
            self.has_ended = True
        return error


def options(given: Mapping[str, Any]) -> Dict[str, Any]:
    """What the socket is opened with."""
    return {"open_timeout": CONNECT_WITHIN, "close_timeout": 1.0, "max_size": 2**20, **given}


def broken() -> Tuple[Type[BaseException], ...]:
    """What a lost connection raises."""
    import asyncio

    from websockets.exceptions import WebSocketException

    return (WebSocketException, OSError, EOFError, asyncio.TimeoutError)


def dumped(frame: Mapping[str, Any]) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def text(frame: Union[str, bytes]) -> str:
    return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")


def _parsed(frame: str) -> Dict[str, Any]:
    try:
        message = json.loads(frame)
    except ValueError:
        raise ConnectionError("A frame is not JSON") from None
    return as_object(message)


def _final(fault: BaseException) -> Optional[errors.APIError]:
    """The error of a fault that another try would not mend."""
    # The code that the server closed with; websockets has told it in different places.
    closing = getattr(fault, "rcvd", None)
    code = getattr(closing, "code", None)
    if code == 4401:
        return errors.AuthenticationError("The API key is not valid any more", status_code=401)
    if code == 4429:
        return errors.RateLimitError("The live feed was closed: too much was sent, or too many follow", status_code=429)
    answer = getattr(fault, "response", None)
    status: Any = getattr(fault, "status_code", getattr(answer, "status_code", None))
    if isinstance(status, int) and 400 <= status < 500 and status != 429:
        return errors.from_answer(status, None, {})
    return None
