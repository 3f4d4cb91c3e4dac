"""Times where nothing else is said, as in the staff's lists: narrow, in order, to the second."""

from __future__ import annotations

DATETIME_FORMAT = "Y-m-d H:i:s"
DATE_FORMAT = "Y-m-d"
