"""A language model that knows its lines: an endpoint of OpenAI's chat protocol, for agents that a test has told it of."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

# What to say to a person's last words.
Part = Callable[[str], str]


class Model:
    """It refuses to speak for all others, whose replies are then the embedded engine's."""

    def __init__(self) -> None:
        # By words of the agent's prompt.
        self.parts: dict[str, Part] = {}
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                words = model._words_for(body)
                self.send_response(200 if words else 404)
                self.send_header("Content-Type", "text/event-stream" if words else "application/json")
                self.end_headers()
                self.wfile.write(_streamed(words) if words else b'{"error": {"message": "unknown agent"}}')

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _words_for(self, body: dict[str, Any]) -> str:
        first, *_, last = body["messages"]
        parts = [part for words, part in self.parts.items() if words in first["content"]]
        return parts[0](last["content"]) if parts and body.get("stream") else ""


def _streamed(words: str) -> bytes:
    choice = {"index": 0, "delta": {"role": "assistant", "content": words}, "finish_reason": None}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\ndata: [DONE]\n\n"
