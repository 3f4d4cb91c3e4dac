"""Keeps the voice framework's log lines out of ours: they quote what was said.

Of a warning or an error only its place passes on, never its text.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from loguru import logger as framework_logger

if TYPE_CHECKING:
    from loguru import Message

logger = logging.getLogger(__name__)


# Warns in every call that its built-in latencies are of another pause; ours are measured with ours.
OF_NO_INTEREST = "pipecat.turns.user_stop.turn_analyzer_user_turn_stop_strategy"


def quiet_framework() -> None:
    """Route the framework's logger. Safe to repeat."""
    framework_logger.remove()
    framework_logger.add(_pass_on, level="WARNING")


def _pass_on(message: Message) -> None:
    record = message.record
    if record["name"] == OF_NO_INTEREST:
        return
    exception = record["exception"]
    logger.log(
        record["level"].no,
        "the voice framework complained",
        extra={
            "place": f"{record['name']}:{record['line']}",
            "error": exception.type.__name__ if exception and exception.type else "",
        },
    )
