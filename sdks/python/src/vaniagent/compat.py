"""What Python 3.7 has in typing_extensions alone."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 8):
    from typing import Literal, Protocol, TypedDict
else:
    from typing_extensions import Literal, Protocol, TypedDict

__all__ = ["Literal", "Protocol", "TypedDict"]
