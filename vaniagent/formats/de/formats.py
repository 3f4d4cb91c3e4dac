"""Times in German where nothing else is said."""

from __future__ import annotations

DATETIME_FORMAT = "j. F Y, H:i"
DATE_FORMAT = "j. F Y"
