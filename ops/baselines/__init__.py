"""What the benches compare the product with, in the same run: the same work, with nothing around it."""

from __future__ import annotations
