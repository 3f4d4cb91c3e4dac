"""Something on the way to the server that fails in every way that a network does."""

from __future__ import annotations

import http.client
import random
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Dict, List, Optional, Tuple

REFUSAL = b'{"error":{"code":"%s","message":"Made up.","param":null,"type":"%s"}}'
HTTP_FAULTS = ("drop", "lose", "half", "double", "twice", "late", "limit", "fail", "fail_after")


class Listener:
    """Accepts connections, each with a thread, until it is closed."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self._open: List[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):  # type: ignore[no-untyped-def]  # Self is not in 3.7
        return self

    def __exit__(self, *error: object) -> None:
        for each in (self._socket, *self._open):
            # Closing alone does not wake who waits for it.
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, http.client.HTTPException):
            self.serve(client)
        client.close()

    def serve(self, client: socket.socket) -> None:
        raise NotImplementedError


class FaultyServer(Listener):
    """HTTP: of all requests a part comes to grief, drawn from a seeded chance."""

    def __init__(self, upstream: int, *, seed: int, share: float, late: float) -> None:
        self._chance = random.Random(seed)
        self._share = share
        self._late = late
        self.happened: Counter[str] = Counter()
        super().__init__(upstream)

    def serve(self, client: socket.socket) -> None:
        file = client.makefile("rb")
        while True:
            request = read_request(file)
            if request is None:
                return
            fault = self._chance.choice(HTTP_FAULTS) if self._chance.random() < self._share else "none"
            self.happened[fault] += 1
            if not self._answer(client, request, fault):
                return

    def _answer(self, client: socket.socket, request: Tuple[str, str, Dict[str, str], bytes], fault: str) -> bool:
        """Whether the connection can go on."""
        if fault == "drop":
            return False
        if fault in ("limit", "fail"):
            client.sendall(refusal(429 if fault == "limit" else 500))
            return True
        answer = self._forward(request)
        if fault == "double":
            # The request reaches the server twice.
            answer = self._forward(request)
        if fault == "lose":
            return False
        if fault == "half":
            client.sendall(answer[: len(answer) - 1 - self._chance.randrange(len(answer) // 2)])
            return False
        if fault == "late":
            time.sleep(self._late)
        if fault == "fail_after":
            answer = refusal(500)
        client.sendall(answer * 2 if fault == "twice" else answer)
        return True

    def _forward(self, request: Tuple[str, str, Dict[str, str], bytes]) -> bytes:
        method, path, headers, body = request
        link = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=60)
        try:
            link.request(method, path, body=body or None, headers=headers)
            answer = link.getresponse()
            content = answer.read()
            head = f"HTTP/1.1 {answer.status} {answer.reason}\r\n"
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
            head += "".join(f"{name}: {value}\r\n" for name, value in kept)
            return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content
        finally:
            link.close()


class CuttingTunnel(Listener):
    """Passes bytes on, and cuts the connection after a random number of them."""

    def __init__(self, upstream: int, *, seed: int, most_bytes: int) -> None:
        self._chance = random.Random(seed)
        self._most_bytes = most_bytes
        self.cuts = 0
        super().__init__(upstream)

    def serve(self, client: socket.socket) -> None:
        left = self._chance.randrange(1, self._most_bytes)
        server = socket.create_connection(("127.0.0.1", self.upstream))
        self._open.append(server)
        threading.Thread(target=pump, args=(client, server), daemon=True).start()
        try:
            while left > 0:
                part = server.recv(min(4096, left))
                if not part:
                    return
                client.sendall(part)
                left -= len(part)
            self.cuts += 1
        finally:
            for each in (client, server):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            server.close()


HOP_BY_HOP = ("transfer-encoding", "content-length", "connection")


def read_request(file) -> Optional[Tuple[str, str, Dict[str, str], bytes]]:  # type: ignore[no-untyped-def]
    first = file.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers: Dict[str, str] = {}
    while True:
        line = file.readline().decode("latin-1").strip()
        if not line:
            break
        name, _, value = line.partition(":")
        headers[name.strip()] = value.strip()
    lower = {name.lower(): value for name, value in headers.items()}
    body = file.read(int(lower.get("content-length", 0)))
    kept = {name: value for name, value in headers.items() if name.lower() not in (*HOP_BY_HOP, "host")}
    return first[0], first[1], kept, body


def refusal(status: int) -> bytes:
    code, kind = ("rate_limit_exceeded", "rate_limit_error") if status == 429 else ("internal_error", "api_error")
    body = REFUSAL % (code.encode(), kind.encode())
    more = "Retry-After: 0\r\n" if status == 429 else ""
    head = f"HTTP/1.1 {status} No\r\nContent-Type: application/json\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while True:
            part = source.recv(4096)
            if not part:
                return
            target.sendall(part)
    except OSError:
        return
