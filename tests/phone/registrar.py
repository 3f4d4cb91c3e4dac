"""kamailio as a trunk that lines register with, and that passes on whatever is called to who is registered."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from tests.phone.kamailio import PASSWORD, USER, modules, wait_until_it_answers
from tests.phone.sipp import LOOPBACK, free_port

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
loadmodule "auth.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("registrar", "max_contacts", {contacts})

request_route {{
    if (is_method("OPTIONS")) {{
        sl_send_reply("200", "OK");
        exit;
    }}
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("trunk", "{password}", "0")) {{
            www_challenge("trunk", "1");
            exit;
        }}
        save("location");
        exit;
    }}
    if (is_method("INVITE") && !has_totag()) {{
        $ru = "sip:{user}@{host}";
        if (!lookup("location")) {{
            sl_send_reply("480", "Not Registered");
            exit;
        }}
    }}
    t_relay();
}}
"""


@contextlib.asynccontextmanager
async def registrar(folder: Path, *, contacts: int = 1) -> AsyncIterator[int]:
    """Gives its port. USER registers with PASSWORD, from so many addresses at once; all of them are called."""
    port = free_port()
    config = folder / "registrar.cfg"
    its = {"host": LOOPBACK, "port": port, "modules": modules(), "password": PASSWORD, "user": USER}
    config.write_text(_CONFIG.format(**its, contacts=contacts))
    process = await asyncio.create_subprocess_exec(
        *("kamailio", "-f", str(config), "-DD", "-E", "-Y", str(folder), "-w", str(folder), "-m", "16", "-M", "4"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=(folder / "registrar.log").open("wb"),
    )
    try:
        await asyncio.to_thread(wait_until_it_answers, port)
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
