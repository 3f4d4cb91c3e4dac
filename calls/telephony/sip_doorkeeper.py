"""INVITEs that the SIP stack cannot take, refused before it sees them.

It keeps an INVITE that names no way back (`Contact`, `Record-Route`) as a call for ever, and gives what belongs to it back
twice when it ends. Everything here runs on the stack's thread.
"""

from __future__ import annotations

import ctypes
import logging
from typing import Any, Final

logger = logging.getLogger(__name__)

BAD_REQUEST: Final = (400, "Bad Request")
_POINTER: Final = ctypes.sizeof(ctypes.c_void_p)
# Of the library's header, and of its listener, which begins with its place in a list: before, after, the list, itself.
_AT_NAME: Final = 8 * _POINTER
_AT_VALUE: Final = 10 * _POINTER
_AT_LIST: Final = 2 * _POINTER
_AT_ITSELF: Final = 3 * _POINTER
_MOST_OF_A_VALUE: Final = 64

_Handler: Final = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)

FUNCTIONS: Final[tuple[tuple[str, Any, list[Any]], ...]] = (
    ("sip_listen", ctypes.c_int, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_bool, _Handler, ctypes.c_void_p]),
    ("sip_msg_xhdr", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p]),
    ("sip_dialog_accept", ctypes.c_int, [ctypes.c_void_p, ctypes.c_void_p]),
    ("uag_sipsess_sock", ctypes.c_void_p, []),
    ("sipsess_find", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_void_p]),
    ("sip_reply", ctypes.c_int, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint16, ctypes.c_char_p]),
    ("mem_deref", ctypes.c_void_p, [ctypes.c_void_p]),
    ("list_unlink", None, [ctypes.c_void_p]),
    ("list_prepend", None, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]),
)


class Doorkeeper:
    """Sees each request first. To be kept for as long as the stack runs."""

    def __init__(self, library: Any, sip: int) -> None:
        self._library = library
        self._sip = sip
        self._handler = _Handler(self._see)
        self._listener = ctypes.c_void_p()

    def begin(self) -> bool:
        """False where the library is another than this knows."""
        failed = self._library.sip_listen(ctypes.byref(self._listener), self._sip, True, self._handler, None)
        place = self._listener.value
        if failed or place is None or _pointer(place + _AT_ITSELF) != place:
            return False
        # The stack's own come before, since they began before.
        everybody = _pointer(place + _AT_LIST)
        self._library.list_unlink(place)
        self._library.list_prepend(everybody, place, place)
        return True

    def _see(self, message: int, _: object) -> bool:
        """Whether it is dealt with."""
        if not self._is_invite(message) or self._is_answerable(message) or self._is_within_a_call(message):
            return False
        status, reason = BAD_REQUEST
        self._library.sip_reply(self._sip, message, status, reason.encode())
        return True

    def _is_invite(self, message: int) -> bool:
        return self._text(message, b"CSeq").split()[-1:] == [b"INVITE"]

    def _is_within_a_call(self, message: int) -> bool:
        """Whether the way back is known already."""
        return bool(self._library.sipsess_find(self._library.uag_sipsess_sock(), message))

    def _is_answerable(self, message: int) -> bool:
        """Whether the stack can make of it what it makes of a call that it takes."""
        dialog = ctypes.c_void_p()
        failed = self._library.sip_dialog_accept(ctypes.byref(dialog), message)
        self._library.mem_deref(dialog)
        return not failed

    def _text(self, message: int, name: bytes) -> bytes:
        """The beginning of a header's value; empty where there is none."""
        header = self._library.sip_msg_xhdr(message, name)
        if not header or _string(header + _AT_NAME).lower() != name.lower():
            return b""
        return _string(header + _AT_VALUE)


def _pointer(address: int) -> int | None:
    return ctypes.c_void_p.from_address(address).value


def _string(address: int) -> bytes:
    """A text of the library's: where it is, and how long."""
    begin, length = _pointer(address), ctypes.c_size_t.from_address(address + _POINTER).value
    return ctypes.string_at(begin, min(length, _MOST_OF_A_VALUE)) if begin else b""
