"""SIPp as the far end of a call."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

LOOPBACK: Final = "127.0.0.1"
START_SECONDS: Final = 10.0
# SIPp takes no variable that is not used.
USED: Final = '<Reference variables="1,2"/>'

_ANSWER: Final = """
  <send{more}><![CDATA[
      SIP/2.0 {status}
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]SIPpTag01[call_number]
      [last_Call-ID:]
      [last_CSeq:]
      Contact: <sip:[local_ip]:[local_port];transport=[transport]>
      {body}
  ]]></send>
"""
_SDP: Final = """Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=user1 53655765 2353687637 IN IP[local_ip_type] [local_ip]
      s=-
      c=IN IP[media_ip_type] [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP {codecs}
      a=rtpmap:0 PCMU/8000
      a=rtpmap:8 PCMA/8000
      a=rtpmap:101 telephone-event/8000
"""
_OK: Final = """
  <send><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

  ]]></send>
"""


_REQUEST: Final = """
  <send retrans="500"><![CDATA[
      {method} [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From:[$1]
      To:[$2]
      [last_Call-ID:]
      CSeq: 10 {method}
      Max-Forwards: 70
      {body}
  ]]></send>
"""


def says(status: str, *, sdp: str = "", retrans: bool = False) -> str:
    """One answer, such as `180 Ringing`; `sdp`: the codecs that its description offers."""
    body = _SDP.format(codecs=sdp) if sdp else "Content-Length: 0\n"
    return _ANSWER.format(status=status, body=body, more=' retrans="500"' if retrans else "")


def sends(method: str, *, body: str = "", content_type: str = "") -> str:
    """A request within the call that it was called by."""
    described = f"Content-Type: {content_type}\n      " if body else ""
    lines = "\n      ".join(body.splitlines())
    return _REQUEST.format(method=method, body=f"{described}Content-Length: [len]\n\n      {lines}\n")


def hears(status: int) -> str:
    return f'  <recv response="{status}" timeout="5000"></recv>\n'


def confirms() -> str:
    return _OK


def pause(seconds: float) -> str:
    return f'  <pause milliseconds="{int(seconds * 1000)}"/>\n'


def receives(request: str, *, seconds: float = 30.0) -> str:
    timeout = int(seconds * 1000)
    if request != "ACK":
        return f'  <recv request="{request}" timeout="{timeout}" rrs="true"></recv>\n'
    # Whom a request of its own will be to and from: the other way round.
    kept = "".join(
        f'<ereg regexp=".*" search_in="hdr" header="{header}:" check_it="true" assign_to="{number}"/>'
        for header, number in (("To", 1), ("From", 2))
    )
    return f'  <recv request="ACK" timeout="{timeout}" rrs="true"><action>{kept}</action></recv>\n'


def refuses(status: str) -> str:
    return receives("INVITE") + says("100 Trying") + says(status, retrans=True) + receives("ACK")


def answers(*, ringing: tuple[str, ...] = ("180 Ringing",), codecs: str = "0 8 101") -> str:
    """Rings, answers, and waits to be hung up on."""
    before = "".join(says(status) for status in ringing)
    return (
        receives("INVITE") + before + says("200 OK", sdp=codecs, retrans=True) + receives("ACK") + receives("BYE") + _OK
    )


def rings_on() -> str:
    """Rings until the caller gives up."""
    gives_up = _OK + says("487 Request Terminated", retrans=True) + receives("ACK")
    return receives("INVITE") + says("180 Ringing") + receives("CANCEL") + gives_up


# Below those that the kernel gives out: what was free a moment ago is then nobody's source port, nor a neighbour's sound.
_FIRST, _LAST, _APART = 12_000, 19_990, 10
_ALL: Final = [*range(_FIRST, _LAST, _APART)]
_ports = itertools.islice(itertools.cycle(_ALL), os.getpid() % len(_ALL), None)


def free_port() -> int:
    """One that nobody has, with the nine after it. Two calls never give the same, nor near it."""
    for port in itertools.islice(_ports, len(_ALL)):
        if not any(_is_bound(port + above, transport) for above in (0, 1, 2) for transport in ("u1", "t1")):
            return port
    raise OSError("no port is free")


@contextlib.asynccontextmanager
async def sipp(
    folder: Path, scenario: str, *, transport: str = "u1", echoes: bool = False, calls: int = 1
) -> AsyncIterator[int]:
    """A SIPp that takes so many calls by this scenario, and counts an OPTIONS as one that failed. Gives its port."""
    port = free_port()
    used = USED if "assign_to" in scenario else ""
    script = folder / f"scenario-{port}.xml"
    script.write_text(
        f'<?xml version="1.0" encoding="us-ascii"?>\n<scenario name="peer">\n{scenario}{used}</scenario>\n'
    )
    words = [
        "-sf",
        str(script),
        "-i",
        LOOPBACK,
        "-p",
        str(port),
        "-mp",
        str(free_port()),
        "-m",
        str(calls),
        "-t",
        transport,
    ]
    process = await asyncio.create_subprocess_exec(
        "sipp",
        *words,
        "-nostdin",
        *(["-rtp_echo"] if echoes else []),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await asyncio.to_thread(wait_until_bound, port, transport)
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def wait_until_bound(port: int, transport: str) -> None:
    until = time.monotonic() + START_SECONDS
    while not _is_bound(port, transport):
        if time.monotonic() > until:
            raise TimeoutError("SIPp does not listen")
        time.sleep(0.05)


def _is_bound(port: int, transport: str) -> bool:
    """As the kernel lists them: to try the port would take it from whoever is about to."""
    kind = "udp" if transport.startswith("u") else "tcp"
    tables = (Path(f"/proc/net/{kind}{version}") for version in ("", "6"))
    sockets = (line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:])
    # Of TCP only who listens: a port of a connection that has ended may be bound again.
    return any(one[1].endswith(f":{port:04X}") and (kind == "udp" or one[3] == "0A") for one in sockets)
