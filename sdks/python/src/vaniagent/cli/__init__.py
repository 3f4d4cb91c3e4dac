"""The command line: `vaniagent`. It comes with the extra `cli`."""

from __future__ import annotations

import sys


def main() -> None:
    """What the program `vaniagent` runs."""
    try:
        from vaniagent.cli.app import run
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("click", "rich"):
            raise
        sys.stderr.write("The command line needs more packages: pip install 'vaniagent[cli]'\n")
        sys.exit(1)
    sys.exit(run())
