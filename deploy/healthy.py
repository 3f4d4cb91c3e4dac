"""Whether what listens at an address answers, for the health checks of compose.yaml: an http address, or the path of a socket."""

from __future__ import annotations

import socket
import sys
import urllib.request

SECONDS = 5.0


def main(address: str) -> int:
    try:
        if address.startswith("/"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
                probe.connect(address)
        else:
            # The header stands for the proxy: without it plain HTTP is redirected to https.
            asked = urllib.request.Request(address, headers={"X-Forwarded-Proto": "https"})  # noqa: S310 - http, from a file of ours
            with urllib.request.urlopen(asked, timeout=SECONDS):  # noqa: S310
                pass
    except OSError as error:
        sys.stderr.write(f"{address}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
