"""When a request is tried again, and after what pause."""

from __future__ import annotations

import random
import time
from email.utils import parsedate_to_datetime
from typing import Mapping, Optional

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
# A server that asks for more patience than this is not waited for: the program decides.
LONGEST_RETRY_AFTER = 60.0


def is_worth_retrying(status_code: int, headers: Mapping[str, str]) -> bool:
    """Whether the same request may succeed later."""
    if status_code == 409:
        # Still running; a key that was used for another request says nothing about later.
        return "retry-after" in headers
    return status_code in (408, 429) or status_code >= 500


def pause(attempt: int, headers: Optional[Mapping[str, str]] = None) -> Optional[float]:
    """Seconds to wait after this attempt (the first is 0); None: not worth waiting for."""
    told = retry_after(headers or {})
    # Jitter keeps clients that failed together from coming back together.
    jitter = random.uniform(0.5, 1.0)  # noqa: S311 - no secret
    if told is None:
        return float(min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)) * jitter
    return None if told > LONGEST_RETRY_AFTER else told + 0.1 * jitter


def retry_after(headers: Mapping[str, str]) -> Optional[float]:
    """The header in seconds, whether it was given in seconds or as a date; None where it is absent or nonsense."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
