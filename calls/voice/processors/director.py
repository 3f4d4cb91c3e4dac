"""Between the caller's turns and the replies: tells the conversation what happens, and asks it whether to reply."""

from __future__ import annotations

from typing import Protocol

from pipecat.frames.frames import (
    Frame,
    LLMContextFrame,
    LLMContextUserTurnFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor


class Direction(Protocol):
    """Who is told, and decides. Called on the loop."""

    def turn_began(self) -> None: ...

    def turn_ended(self) -> None: ...

    def user_said(self, text: str) -> None: ...

    def wants_reply(self) -> bool: ...


class Director(FrameProcessor):
    def __init__(self, direction: Direction) -> None:
        super().__init__()
        self._conversation = direction

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if direction is FrameDirection.DOWNSTREAM:
            if isinstance(frame, UserStartedSpeakingFrame):
                self._conversation.turn_began()
            elif isinstance(frame, UserStoppedSpeakingFrame):
                self._conversation.turn_ended()
            elif isinstance(frame, LLMContextUserTurnFrame):
                self._conversation.user_said(frame.text)
            elif isinstance(frame, LLMContextFrame) and not self._conversation.wants_reply():
                return
        await self.push_frame(frame, direction)
