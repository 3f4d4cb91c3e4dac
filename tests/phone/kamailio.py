"""kamailio as a trunk that asks for a password, and passes on to a SIPp whoever has it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from tests.phone.sipp import LOOPBACK, START_SECONDS, free_port

USER: Final = "acme"
PASSWORD: Final = "s3cret of ours"

_CONFIG: Final = """
debug=0
log_stderror=yes
children=1
disable_tcp=yes
listen=udp:{host}:{port}
mpath="{modules}"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "maxfwd.so"
loadmodule "auth.so"

request_route {{
    if (is_method("OPTIONS|REGISTER")) {{
        if (!pv_www_authenticate("trunk", "{password}", "0")) {{
            www_challenge("trunk", "1");
            exit;
        }}
        sl_send_reply("200", "OK");
        exit;
    }}
    if (is_method("INVITE") && !has_totag()) {{
        if (!pv_proxy_authenticate("trunk", "{password}", "0")) {{
            proxy_challenge("trunk", "1");
            exit;
        }}
        consume_credentials();
        remove_hf("Route");
        record_route();
    }} else {{
        loose_route();
    }}
    $du = "sip:{host}:{behind}";
    t_relay();
}}
"""


@contextlib.asynccontextmanager
async def kamailio(folder: Path, *, behind: int = 9) -> AsyncIterator[int]:
    """Gives its port; `behind` is where calls go on to."""
    port = free_port()
    config = folder / "kamailio.cfg"
    config.write_text(_CONFIG.format(host=LOOPBACK, port=port, modules=modules(), password=PASSWORD, behind=behind))
    process = await asyncio.create_subprocess_exec(
        *("kamailio", "-f", str(config), "-DD", "-E", "-Y", str(folder), "-w", str(folder), "-m", "16", "-M", "4"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=(folder / "kamailio.log").open("wb"),
    )
    try:
        await asyncio.to_thread(wait_until_it_answers, port)
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def wait_until_it_answers(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    request = (
        "OPTIONS sip:t SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKx\r\nFrom: <sip:t@t>;tag=1\r\n"
        "To: <sip:t>\r\nCall-ID: up\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 5\r\nContent-Length: 0\r\n\r\n"
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.2)
        probe.connect((LOOPBACK, port))
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                probe.send(request.encode())
                probe.recv(4096)
                return
            time.sleep(0.05)
    raise TimeoutError("kamailio does not answer")


def modules() -> Path:
    return next(Path("/usr/lib").glob("*/kamailio/modules"))
