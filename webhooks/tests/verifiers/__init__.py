"""The published verifiers, run as customers run them."""

from __future__ import annotations
