"""What is said while nothing is recorded: the agent hears it, and the transcript does not hold it."""

from __future__ import annotations

from typing import Final

from calls.voice.session import EventSink, Notice, Speaker, Stages

# What stands for words that are not kept.
REDACTED: Final = "[not recorded]"


class OffRecord:
    """An EventSink before another, which learns no words of a span that is off the record. Times as the sink's."""

    def __init__(self, sink: EventSink, *, is_on: bool, since_ms: int = 0) -> None:
        self._sink = sink
        # From, and until; None: it lasts.
        self._spans: list[tuple[int, int | None]] = [(since_ms, None)] if is_on else []
        # Utterances of which a part was made off the record.
        self._hidden: set[int] = set()

    @property
    def is_on(self) -> bool:
        return bool(self._spans) and self._spans[-1][1] is None

    def turn(self, *, is_on: bool, at_ms: int) -> None:
        """From now on words are hidden, or told again."""
        if is_on == self.is_on:
            return
        if is_on:
            self._spans.append((at_ms, None))
        else:
            self._spans[-1] = (self._spans[-1][0], at_ms)

    def _told(self, text: str, start_ms: int, end_ms: int) -> str:
        hidden = any(start_ms < (until or end_ms + 1) and end_ms > since for since, until in self._spans)
        return REDACTED if hidden and text else text

    def interim(self, *, speaker: Speaker, text: str) -> None:
        if not self.is_on:
            self._sink.interim(speaker=speaker, text=text)

    def user_turn(self, *, text: str, start_ms: int, end_ms: int) -> None:
        self._sink.user_turn(text=self._told(text, start_ms, end_ms), start_ms=start_ms, end_ms=end_ms)

    def agent_turn_started(self, *, utterance: int, text: str, stages: Stages | None) -> None:
        if self.is_on:
            is_first = utterance not in self._hidden
            self._hidden.add(utterance)
            text = REDACTED if is_first else ""
        self._sink.agent_turn_started(utterance=utterance, text=text, stages=stages)

    def agent_turn_ended(self, *, utterance: int, text: str, start_ms: int, end_ms: int, was_interrupted: bool) -> None:
        told = REDACTED if text and utterance in self._hidden else self._told(text, start_ms, end_ms)
        self._sink.agent_turn_ended(
            utterance=utterance, text=told, start_ms=start_ms, end_ms=end_ms, was_interrupted=was_interrupted
        )

    def operator_turn(self, *, text: str, start_ms: int, end_ms: int) -> None:
        self._sink.operator_turn(text=self._told(text, start_ms, end_ms), start_ms=start_ms, end_ms=end_ms)

    def operator_gone(self) -> None:
        self._sink.operator_gone()

    def transfer(self, *, name: str) -> None:
        self._sink.transfer(name=name)

    def aside(self, *, is_on: bool) -> None:
        self._sink.aside(is_on=is_on)

    def digit(self, *, digit: str) -> None:
        if not self.is_on:
            self._sink.digit(digit=digit)

    def digits_sent(self, *, digits: str) -> None:
        if not self.is_on:
            self._sink.digits_sent(digits=digits)

    def heed(self, *, kind: Notice, detail: str = "") -> None:
        # That somebody opted out is kept with their words; off the record without.
        self._sink.heed(kind=kind, detail="" if kind == "opted_out" and self.is_on else detail)
