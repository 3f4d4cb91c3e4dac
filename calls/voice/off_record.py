"""What is said while nothing is recorded: the agent hears it, and the transcript does not hold it. And who may turn that on and off."""

from __future__ import annotations

from collections.abc import Callable
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


class Recording:
    """Whether the conversation is recorded, as the conversation itself decides it.

    `tell` lets the leg's holder know, True: nothing is recorded; `now_ms` is the recording's clock; `is_paused` where another
    worker's agent has paused it.
    """

    def __init__(
        self, record: OffRecord, *, tell: Callable[[bool], None], now_ms: Callable[[], int], is_paused: bool = False
    ) -> None:
        self._record = record
        self._tell = tell
        self._now_ms = now_ms
        # By the agent, who may go on with it after these words.
        self._is_paused = is_paused
        self._resumes_after: str | None = None
        self._is_refused = False

    @property
    def may_be_objected_to(self) -> bool:
        return not self._is_refused

    def was_turned(self, *, is_off: bool) -> None:
        """Somebody else has decided, and the agent's own pause is no more.

        The holder has been told, maybe before it was told otherwise from here: where the two differ it hears it again.
        """
        self._is_paused, self._resumes_after = False, None
        if self._is_refused and not is_off:
            # That was allowed before anybody could know.
            self._announce(is_off=True)
        else:
            self._turn(is_off=is_off)

    def begin(self) -> None:
        """The person has agreed."""
        self._turn(is_off=False)

    def end(self) -> None:
        """The person has objected: the agent cannot go on with it."""
        self._is_paused, self._resumes_after, self._is_refused = False, None, True
        self._turn(is_off=True)

    def pause(self) -> None:
        """The agent pauses it; a pause that is somebody else's stays theirs."""
        if not self._record.is_on:
            self._is_paused = True
            self._turn(is_off=True)

    def resume(self, *, after: str) -> None:
        """The agent goes on with what it has paused, once the reply that ends with these words is said."""
        if self._is_paused:
            self._resumes_after = " ".join(after.split())
            self.said("")

    def said(self, text: str) -> None:
        """The agent has said this."""
        last = " ".join(text.split())
        waits_for = self._resumes_after
        if waits_for is not None and (not waits_for or (last and waits_for.endswith(last))):
            self._is_paused, self._resumes_after = False, None
            self._turn(is_off=False)

    def _turn(self, *, is_off: bool) -> None:
        if self._record.is_on == is_off:
            return
        self._record.turn(is_on=is_off, at_ms=self._now_ms())
        self._announce(is_off=is_off)

    def _announce(self, *, is_off: bool) -> None:
        self._tell(is_off)
        self._record.heed(kind="recording_paused" if is_off else "recording_resumed")
