from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from calls.analysis.summary import LlmSummarizer, SaidTurn, SummaryError, extract

TURNS = [
    SaidTurn("agent", "Hello, this is Bright Smile Dental."),
    SaidTurn("user", "Hello."),
    SaidTurn("agent", "How can I help?"),
    SaidTurn("user", "How much is a cleaning?"),
    SaidTurn("agent", "A cleaning is 90 dollars."),
    SaidTurn("user", "Thank you, goodbye."),
]


def test_an_extract_holds_what_was_asked_and_answered():
    text = extract(TURNS, agent_name="Ava", ended_reason="user_hangup")

    assert text == (
        "The caller asked: “How much is a cleaning?” Ava answered: “A cleaning is 90 dollars.” The caller hung up."
    )


def test_a_caller_who_says_nothing():
    text = extract(TURNS[:1], agent_name="Ava", ended_reason="silence_timeout")

    assert text == "Ava spoke, and the caller said nothing. The caller fell silent and the agent ended the call."


def test_nobody_spoke():
    assert extract([], agent_name="Ava", ended_reason="something_new") == "The call ended."


class _Llm(BaseHTTPRequestHandler):
    answer = "The caller asked for the price of a cleaning and was told 90 dollars."
    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(
            {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": [
                    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": self.answer}}
                ],
            }
        ).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def llm():
    handler = type("Handler", (_Llm,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield handler, LlmSummarizer(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="", model="m")
    server.shutdown()
    server.server_close()


def test_a_language_model_summarizes_where_one_is_configured(llm):
    handler, summarizer = llm

    assert summarizer.summarize(TURNS) == handler.answer


@pytest.mark.parametrize(("status", "answer"), [(400, "no"), (200, "  ")])
def test_a_model_that_gives_nothing_is_said_so(llm, status, answer):
    handler, summarizer = llm
    handler.status, handler.answer = status, answer

    with pytest.raises(SummaryError):
        summarizer.summarize(TURNS)
