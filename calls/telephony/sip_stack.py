"""What baresip can do and its Python face does not offer, done on its own thread.

It answers a call that it refuses with 486 alone, listens either on loopback or on the way out, and takes INVITEs that do
it harm. What is needed instead are functions of the library that the package is built from. They are called by name, on the
stack's thread, where nothing else of it runs meanwhile. A build without these names refuses with 486, listens on the way
out, and has no doorkeeper.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import logging
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from typing import Any, Final

from baresip import _native
from baresip._events import set_sink
from baresip._native import lib  # type: ignore[import-not-found]  # compiled
from baresip.runtime import Runtime

from calls.telephony import sip_doorkeeper
from calls.telephony.sip_doorkeeper import Doorkeeper

logger = logging.getLogger(__name__)

UDP: Final = 0
TCP: Final = 1
TLS: Final = 2
# As large as any address of the library's, and more.
_ADDRESS_BYTES: Final = 1024
_RUN_SECONDS: Final = 5.0


class NotInThisBuild(Exception):
    """The package was built from another library."""


class StackThread:
    """The thread of a runtime that has started."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._jobs: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._doorkeeper: Doorkeeper | None = None
        self._pass_on: Callable[[int, int, bytes | None], None] = set_sink(  # type: ignore[no-untyped-call]  # has none
            self._hear
        )

    async def listen(self, host: str, port: int) -> bool:
        """Take calls at this address too, over UDP and TCP, and have one there to call from. False where the port is
        taken. Raises NotInThisBuild and OSError."""
        failed: int = await self._run(lambda: _listen(host, port))
        if failed == errno.EADDRINUSE:
            return False
        if failed:
            raise OSError(failed, os.strerror(failed))
        return True

    async def keep_the_door(self) -> None:
        """Turn away what would do the stack harm, from now on. Raises NotInThisBuild."""
        self._doorkeeper = await self._run(_doorkeeper)

    async def refuse(self, sip_call_id: str, status: int, reason: str) -> bool:
        """Refuse a call that rings here. False where there is none. Raises NotInThisBuild."""
        return bool(await self._run(lambda: _refuse(sip_call_id, status, reason)))

    async def _run(self, function: Callable[[], Any]) -> Any:
        done: Future[Any] = Future()
        self._jobs.append((function, done))
        await self._runtime.cmd(lib.BP_CMD_PING)
        return await asyncio.wait_for(asyncio.wrap_future(done), _RUN_SECONDS)

    def _hear(self, event: int, handle: int, payload: bytes | None) -> None:
        """On the stack's thread. It answers a ping when it is at nothing else."""
        while event == lib.BP_EV_PONG and self._jobs:
            function, done = self._jobs.popleft()
            try:
                done.set_result(function())
            except Exception as error:
                done.set_exception(error)
        self._pass_on(event, handle, payload)


@cache
def _library() -> Any:
    """The functions by name. Raises NotInThisBuild."""
    try:
        library = ctypes.CDLL(_native.__file__)
        for name, result, arguments in (
            ("baresip_network", ctypes.c_void_p, []),
            ("uag_sip", ctypes.c_void_p, []),
            ("uag_tls", ctypes.c_void_p, []),
            ("uag_call_find", ctypes.c_void_p, [ctypes.c_char_p]),
            ("call_get_ua", ctypes.c_void_p, [ctypes.c_void_p]),
            ("sa_set_str", ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint16]),
            ("net_add_address", ctypes.c_int, [ctypes.c_void_p, ctypes.c_void_p]),
            ("ua_hangup", None, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint16, ctypes.c_char_p]),
            ("sip_transp_add", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]),
            *sip_doorkeeper.FUNCTIONS,
        ):
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise NotInThisBuild(str(error)) from None
    return library


def _listen(host: str, port: int) -> int:
    """The error number of UDP, or 0. What fails of TCP alone is logged."""
    library = _library()
    address, anywhere = ctypes.create_string_buffer(_ADDRESS_BYTES), ctypes.create_string_buffer(_ADDRESS_BYTES)
    library.sa_set_str(address, host.encode(), port)
    library.sa_set_str(anywhere, host.encode(), 0)
    failed: int = library.sip_transp_add(library.uag_sip(), UDP, address, None)
    if failed:
        return failed
    library.net_add_address(library.baresip_network(), anywhere)
    # Calls go out over TLS from there; none comes in.
    tls = library.uag_tls()
    for transport, place, context in ((TCP, address, None), (TLS, anywhere, tls)):
        if (transport != TLS or tls) and library.sip_transp_add(library.uag_sip(), transport, place, context):
            logger.warning("SIP over streams is not listened for", extra={"host": host, "port": port})
    return failed


def _doorkeeper() -> Doorkeeper:
    library = _library()
    doorkeeper = Doorkeeper(library, library.uag_sip())
    if not doorkeeper.begin():
        raise NotInThisBuild("requests are kept otherwise")
    return doorkeeper


def _refuse(sip_call_id: str, status: int, reason: str) -> bool:
    library = _library()
    call = library.uag_call_find(sip_call_id.encode())
    if not call:
        return False
    library.ua_hangup(library.call_get_ua(call), call, status, reason.encode())
    return True
