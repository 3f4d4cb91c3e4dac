"""Commands to a running kamailio: JSON-RPC over a socket file beside its configuration."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
from pathlib import Path
from typing import Any, Final

SECONDS: Final = 3.0
MOST_BYTES: Final = 65_536


class FrontAway(Exception):
    """kamailio does not answer, or not as it should."""


def ask(directory: Path, method: str, *params: str) -> Any:
    """The result of a command. Raises FrontAway."""
    ours = directory / f"answer-{os.getpid()}-{secrets.token_hex(4)}"
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
            wire.settimeout(SECONDS)
            wire.bind(str(ours))
            # It may run under an account of its own.
            ours.chmod(0o666)
            wire.sendto(json.dumps(request).encode(), str(directory / "control"))
            answer = json.loads(wire.recv(MOST_BYTES))
    except (OSError, ValueError) as error:
        raise FrontAway(f"kamailio does not answer: {type(error).__name__}") from None
    finally:
        with contextlib.suppress(OSError):
            ours.unlink()
    if not isinstance(answer, dict) or "error" in answer:
        raise FrontAway(f"kamailio refuses {method}")
    return answer.get("result")
