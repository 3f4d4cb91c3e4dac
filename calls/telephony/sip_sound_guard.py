"""Sound is taken from whom the call is with.

The SIP stack plays whatever comes to the port of a call: a stranger who finds it can silence the caller, speak in their place
and press keys. So the kernel throws away what comes from elsewhere than the addresses that the far end described, and the
one that its SIP comes from; and what is larger than any packet of sound.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import re
import socket
import stat
import struct
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Final

from calls.telephony.sip_trace import LOGGER

logger = logging.getLogger(__name__)

# Of calls that are known; a filter stays with its port, whether the call is known or not.
MOST_CALLS: Final = 1_000
MOST_HOSTS: Final = 16
LARGEST_PACKET: Final = 2_048

_HEAD: Final = re.compile(r"\A(TX|RX) \S+ (\S+) -> (\S+)")
_CALL_ID: Final = re.compile(r"^(?:Call-ID|i)[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_HOST: Final = re.compile(r"^c=IN IP4 ([0-9.]{7,15})", re.MULTILINE)
_PORT: Final = re.compile(r"^m=audio ([0-9]{1,5}) ", re.MULTILINE)

_SO_ATTACH_FILTER: Final = 26
_UDP_HEADER: Final = 8
# Classic BPF: instructions of a code, two jumps and a number.
_LOAD_LENGTH: Final = (0x80, 0, 0, 0)
_LOAD_SOURCE: Final = (0x20, 0, 0, 0xFFF0_0000 + 12)
_IS_GREATER, _IS_EQUAL, _RETURN = 0x25, 0x15, 0x06
_ALL: Final = 0xFFFF_FFFF


@dataclass
class _Known:
    ports: set[int] = field(default_factory=set)
    hosts: OrderedDict[str, None] = field(default_factory=OrderedDict)
    # What their sockets were told last.
    told: tuple[frozenset[int], frozenset[str]] = (frozenset(), frozenset())


class SoundGuard(logging.Handler):
    """Reads the SIP messages that the stack logs. `emit` comes from a thread of the stack's."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._lock_of_calls = threading.Lock()
        self._calls: OrderedDict[str, _Known] = OrderedDict()

    def attach(self) -> None:
        logging.getLogger(LOGGER).addHandler(self)

    def detach(self) -> None:
        logging.getLogger(LOGGER).removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        head = _HEAD.match(text)
        call_id = _CALL_ID.search(text)
        if head is None or call_id is None or "\nm=audio " not in text:
            return
        is_sent, source, target = head[1] == "TX", head[2], head[3]
        with self._lock_of_calls:
            known = self._calls.setdefault(call_id[1], _Known())
            self._calls.move_to_end(call_id[1])
            if is_sent:
                known.ports = {int(port) for port in _PORT.findall(text)}
            for host in [*([] if is_sent else _HOST.findall(text)), (target if is_sent else source).partition(":")[0]]:
                if _is_host(host):
                    known.hosts[host] = None
                    known.hosts.move_to_end(host)
            while len(known.hosts) > MOST_HOSTS:
                known.hosts.popitem(last=False)
            while len(self._calls) > MOST_CALLS:
                self._calls.popitem(last=False)
            now = frozenset(known.ports), frozenset(known.hosts)
            is_new, known.told = now != known.told, now
        ports, hosts = now
        if ports and is_new:
            # Beside the sound goes the report of how it arrives.
            protect({*ports, *(port + 1 for port in ports)}, hosts)


def protect(ports: Iterable[int], hosts: Iterable[str]) -> None:
    """Let this process hear nobody but these hosts at its UDP sockets of these ports."""
    wanted = set(ports)
    program = _program(hosts)
    instructions = ctypes.create_string_buffer(program, len(program))
    option = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    for port, end in _sockets():
        if port in wanted:
            try:
                end.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, option)
            except OSError as error:
                logger.error("sound cannot be kept to whom a call is with: %s", error.strerror)


def _program(hosts: Iterable[str]) -> bytes:
    packed = [struct.unpack("!I", IPv4Address(host).packed)[0] for host in hosts]
    tests = [(_IS_EQUAL, len(packed) - number, 0, host) for number, host in enumerate(packed)]
    program = [
        _LOAD_LENGTH,
        (_IS_GREATER, len(packed) + 1, 0, LARGEST_PACKET + _UDP_HEADER),
        _LOAD_SOURCE,
        *tests,
        (_RETURN, 0, 0, 0),
        (_RETURN, 0, 0, _ALL),
    ]
    return b"".join(struct.pack("@HBBI", *instruction) for instruction in program)


def _sockets() -> Iterator[tuple[int, socket.socket]]:
    """This process's UDP sockets, and their ports. Each is open for its turn alone."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            if not stat.S_ISSOCK(Path(f"/proc/self/fd/{name}").stat().st_mode):
                continue
            with socket.socket(fileno=os.dup(int(name))) as end:
                if end.family == socket.AF_INET and end.type == socket.SOCK_DGRAM:
                    yield end.getsockname()[1], end


def _is_host(text: str) -> bool:
    try:
        return not IPv4Address(text).is_unspecified
    except AddressValueError:
        return False
