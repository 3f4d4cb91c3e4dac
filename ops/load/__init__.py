"""Programs of the benches: each makes one kind of load, in a process of its own, and answers questions about it."""

from __future__ import annotations
