"""kamailio with our configuration, in front of whatever listens where the gateway would."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from calls.telephony.front import control
from calls.telephony.front.config import FrontSettings, Listener, Place, files_of
from calls.telephony.front.folder import FrontFolder
from calls.telephony.front.tables import FrontLine, digest, tables_of
from ops.sipfront import arguments
from tests.phone.sipp import LOOPBACK, START_SECONDS, free_port

USER = "acme"
PASSWORD = 'it\'s "$var(x)" \\ of ours'
NUMBER = "+14155550100"
# Where the trunk that is known by its address calls from.
TRUNK = "127.0.0.2"

# The same carrier's other machine.
SECOND = "127.0.0.14"

BY_ADDRESS = FrontLine("line_address", ["+14155550101"], [TRUNK, SECOND])
BY_PASSWORD = FrontLine("line_password", [NUMBER], [], USER, digest(USER, PASSWORD))


@dataclass(frozen=True)
class Front:
    port: int
    tls_port: int
    inside: Place
    folder: FrontFolder
    process: subprocess.Popen[bytes]

    def learn(self, lines: Sequence[FrontLine]) -> None:
        """These are the lines now."""
        self.folder.write_tables(tables_of(lines))
        self.folder.tell()


@contextlib.contextmanager
def a_front(
    directory: Path,
    *,
    gateways: Sequence[int],
    lines: Sequence[FrontLine] = (BY_ADDRESS, BY_PASSWORD),
    public_host: str = "",
) -> Iterator[Front]:
    """UDP and TCP at one port, TLS at another, gateways at these."""
    port, tls_port = a_port(), a_port()
    place = Place(LOOPBACK, port)
    certificate, key = a_certificate(directory)
    its = FrontSettings(
        listeners=[Listener("udp", place), Listener("tcp", place), Listener("tls", Place(LOOPBACK, tls_port))],
        directory=directory,
        inside=Place(LOOPBACK, free_port()),
        gateways=[Place(LOOPBACK, gateway) for gateway in gateways],
        secret="of the tests",
        public_host=public_host,
        certificate=certificate,
        key=key,
    )
    folder = FrontFolder(directory)
    folder.write(files_of(its))
    folder.write_tables(tables_of(lines))
    with (directory / "kamailio.log").open("wb") as log:
        process = subprocess.Popen(
            # Another account could not reach a test's directory.
            arguments("kamailio", directory, stays_root=True),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    front = Front(port, tls_port, its.inside, folder, process)
    try:
        _wait_until_it_answers(front)
        folder.tell()
        yield front
    finally:
        process.terminate()
        process.wait(10)


def a_port() -> int:
    """One that is free for datagrams and for streams."""
    while True:
        port = free_port()
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port


def a_certificate(directory: Path) -> tuple[str, str]:
    """Files of a certificate that nobody vouches for, and of its key."""
    directory.mkdir(exist_ok=True)
    certificate, key = directory / "certificate.pem", directory / "certificate.key"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
            ),
            *("-subj", "/CN=front", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return str(certificate), str(key)


def _wait_until_it_answers(front: Front) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            control.ask(front.folder.directory, "core.version")
        except control.FrontAway:
            if time.monotonic() > until or front.process.poll() is not None:
                raise
            time.sleep(0.05)
        else:
            return
