"""Who is in a call beside its two sides: those who listen in, and one who may speak in the agent's place.

They cost the call nothing: a listener gets a copy of what passes, or misses it. Nobody stays by keeping silent about it:
a listener says each second that it is there, and an operator's microphone sends frames.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from calls import bus
from calls.audio.framing import frame_bytes

# Not heard of for so long: gone.
LEASE_SECONDS: Final = 3.0
# Processes that a leg's sound is copied to; each lets all its own listeners hear.
MOST_LISTENERS: Final = 8
# An operator's frames: so many are waited for, so that uneven ones do not stutter, and no more are kept.
AHEAD_FRAMES: Final = 3
MOST_AHEAD: Final = 12


@dataclass(slots=True)
class _Operator:
    name: str
    line: str
    address: str
    until: float
    frames: deque[bytes] = field(default_factory=lambda: deque(maxlen=MOST_AHEAD))
    is_flowing: bool = False


class Guests:
    def __init__(self, call: str, *, send: Callable[[str, bus.Item], None]) -> None:
        self._call = call
        self._send = send
        # Until when each listens.
        self._listeners: dict[str, float] = {}
        self._operator: _Operator | None = None

    @property
    def are_listening(self) -> bool:
        return bool(self._listeners)

    @property
    def is_operated(self) -> bool:
        """Whether somebody speaks in the agent's place."""
        return self._operator is not None

    def take(self, sender: str, item: bus.Item, *, now: float, may_operate: bool) -> None:
        match item:
            case bus.Listen():
                self._listen(sender, is_on=item.is_on, now=now)
            case bus.Operate(is_on=True):
                self._take_over(sender, item, now=now, may_operate=may_operate)
            case bus.Operate():
                if self._operator is not None and self._operator.line == item.line:
                    self._hand_back()
            case bus.OperatorSpeech():
                if self._operator is not None and self._operator.line == item.line:
                    self._operator.until = now + LEASE_SECONDS
                    self._operator.frames.append(item.pcm)

    def next_frame(self, rate: int) -> bytes | None:
        """What the operator says now; None where nothing has come."""
        operator = self._operator
        if operator is None:
            return None
        operator.is_flowing = bool(operator.frames) and (operator.is_flowing or len(operator.frames) >= AHEAD_FRAMES)
        if not operator.is_flowing:
            return None
        return operator.frames.popleft()[: frame_bytes(rate)].ljust(frame_bytes(rate), b"\0")

    def let_hear(self, *, rate: int, caller: bytes, agent: bytes) -> None:
        for listener in self._listeners:
            self._send(listener, bus.Overheard(self._call, 0, rate, caller, agent))

    def expire(self, *, now: float) -> None:
        """Forget those who have not been heard of for too long."""
        for listener in [listener for listener, until in self._listeners.items() if now >= until]:
            del self._listeners[listener]
        if self._operator is not None and now >= self._operator.until:
            self._hand_back()

    def _listen(self, sender: str, *, is_on: bool, now: float) -> None:
        if not is_on:
            self._listeners.pop(sender, None)
        elif sender in self._listeners or len(self._listeners) < MOST_LISTENERS:
            self._listeners[sender] = now + LEASE_SECONDS

    def _take_over(self, sender: str, item: bus.Operate, *, now: float, may_operate: bool) -> None:
        had = self._operator
        may_operate = may_operate and (had is None or had.name == item.operator)
        if may_operate:
            self._operator = _Operator(item.operator, item.line, sender, now + LEASE_SECONDS)
            if had is not None and had.line != item.line:
                # The same person, at another socket.
                self._send(had.address, bus.Operating(self._call, 0, had.line, is_on=False))
        self._send(sender, bus.Operating(self._call, 0, item.line, is_on=may_operate))

    def _hand_back(self) -> None:
        had, self._operator = self._operator, None
        if had is not None:
            self._send(had.address, bus.Operating(self._call, 0, had.line, is_on=False))
