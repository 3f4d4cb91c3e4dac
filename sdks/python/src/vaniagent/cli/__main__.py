"""`python -m vaniagent.cli`."""

from __future__ import annotations

from vaniagent.cli import main

main()
