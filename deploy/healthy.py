"""Whether what listens at an address answers, for the health checks of compose.yaml: an http address, or the path of a socket."""

from __future__ import annotations

import socket
import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

SECONDS = 5.0
OK = 200


def main(address: str) -> int:
    try:
        if address.startswith("/"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
                probe.connect(address)
        else:
            where = urlsplit(address)
            server = HTTPConnection(where.netloc, timeout=SECONDS)
            # The header stands for the proxy: without it plain HTTP is redirected to https.
            server.request("GET", where.path, headers={"X-Forwarded-Proto": "https"})
            answer = server.getresponse()
            if answer.status != OK:
                raise OSError(f"{answer.status} {answer.reason}")
    except (OSError, HTTPException) as error:
        sys.stderr.write(f"{address}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
