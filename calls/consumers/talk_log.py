"""A call's log as the person who talks in it may see it: what was said, how quick the answers were, how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from calls.models import CallEvent, Turn

ENDS = ("call.completed", "call.failed")


@dataclass
class TalkLog:
    """One talk's log, read from where the last reading ended."""

    call_id: str
    # The newest event that was told, and the newest of the agent's turns whose latency was.
    seq: int = 0
    turn: int = 0
    is_over: bool = False

    def read(self) -> list[dict[str, Any]]:
        """What is new, as messages for the browser, in order."""
        events = CallEvent.objects.filter(call__public_id=self.call_id, seq__gt=self.seq).order_by("seq")
        return [message for event in events for message in self._tell(event)]

    def _tell(self, event: CallEvent) -> Iterator[dict[str, Any]]:
        self.seq = event.seq
        if event.type == "transcript.update" and not event.data.get("aside"):
            yield transcript(event.data)
            if event.data["speaker"] == Turn.Speaker.AGENT:
                yield from self._latencies()
        elif event.type == "call.resumed":
            yield {"type": "resumed"}
        elif event.type in ENDS:
            self.is_over = True
            yield {
                "type": "ended",
                "reason": event.data.get("ended_reason"),
                "duration": event.data.get("duration"),
            }

    def _latencies(self) -> Iterator[dict[str, Any]]:
        """Of the agent's answers that are said: milliseconds from the person's last sound to the agent's first."""
        turns = Turn.objects.filter(call__public_id=self.call_id, number__gte=self.turn, is_aside=False).order_by(
            "number"
        )
        before: Turn | None = None
        for turn in turns:
            if turn.speaker == Turn.Speaker.AGENT and turn.is_final and turn.number > self.turn:
                self.turn = turn.number
                heard_ms = _between(before, turn)
                if heard_ms is not None:
                    yield {"type": "latency", "turn": turn.number, "heard_ms": heard_ms, "stages": turn.latency}
            before = turn


def transcript(data: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the transcript, interim or final."""
    return {
        "type": "transcript",
        "speaker": data["speaker"],
        "text": data["text"],
        "is_final": data["is_final"],
        "was_interrupted": bool(data.get("was_interrupted")),
    }


def _between(user: Turn | None, agent: Turn) -> int | None:
    if user is None or user.speaker != Turn.Speaker.USER or user.end_ms is None or agent.start_ms is None:
        return None
    return max(0, agent.start_ms - user.end_ms)
