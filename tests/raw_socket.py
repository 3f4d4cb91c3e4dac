"""A WebSocket client that reads only when it is told to, which no library's does."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
from collections.abc import Iterator
from typing import Any

from ops.processes import LOOPBACK


class RawSocket:
    def __init__(self, port: int, *, receive_buffer: int = 0) -> None:
        self.close_code: int | None = None
        self._socket = socket.socket()
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(20)
        self._socket.connect((LOOPBACK, port))
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET /v1/ws HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self._rest = b""
        while b"\r\n\r\n" not in self._rest:
            self._rest += self._socket.recv(1024)
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head

    def send(self, **frame: Any) -> None:
        self._send(0x1, json.dumps(frame).encode())

    def receive(self) -> dict[str, Any]:
        return next(self.messages())

    def messages(self) -> Iterator[dict[str, Any]]:
        """What the server sends, until it closes; `close_code` then says how, None where it just broke off."""
        while True:
            head = self._take(2)
            if not head:
                return
            opcode, length = head[0] & 0xF, head[1] & 0x7F
            if length > 125:
                length = int.from_bytes(self._take(2 if length == 126 else 8), "big")
            body = self._take(length)
            if opcode == 0x8:
                self.close_code = struct.unpack("!H", body[:2])[0]
                return
            if opcode == 0x9:
                self._send(0xA, body)
            elif len(body) == length and body:
                yield json.loads(body)

    def close(self) -> None:
        self._socket.close()

    def _send(self, opcode: int, body: bytes) -> None:
        length = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + struct.pack("!H", len(body))
        # Masked with zeros: the body stays as it is.
        self._socket.sendall(bytes([0x80 | opcode]) + length + b"\0\0\0\0" + body)

    def _take(self, number: int) -> bytes:
        while len(self._rest) < number:
            try:
                more = self._socket.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                self._rest = b""
                return b""
            self._rest += more
        taken, self._rest = self._rest[:number], self._rest[number:]
        return taken
