"""What the tests share: a client of the stack that `make test-sdks` has started, and one of answers made up here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Iterator, List, Union

import httpx
import pytest

from vaniagent import VaniAgent, retries
from vaniagent.models import Agent

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = ROOT.parent.parent
# It is busy: the call ends at once.
BUSY = "+15005550001"

Answer = Union[httpx.Response, Exception]


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(retries, "LONGEST_PAUSE", 0.2)


@pytest.fixture(scope="session")
def place() -> Place:
    """Where the stack is. Fails the test where none was started."""
    return Place()


class Place:
    def __init__(self) -> None:
        try:
            self.url = os.environ["VANIAGENT_TEST_URL"]
            self.key = os.environ["VANIAGENT_TEST_KEY"]
            self.test_key = os.environ["VANIAGENT_TEST_TEST_KEY"]
        except KeyError:
            pytest.fail("These tests need a stack: make test-sdks ARGS=python")
        self.port = httpx.URL(self.url).port or 80

    @property
    def environment(self) -> dict[str, str]:
        """For a program that shall work on the stack."""
        ours = {"VANIAGENT_API_KEY": self.key, "VANIAGENT_BASE_URL": self.url}
        return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONUNBUFFERED": "1", **ours}


@pytest.fixture(scope="session")
def client(place: Place) -> Iterator[VaniAgent]:
    with VaniAgent(api_key=place.key, base_url=place.url) as client:
        yield client


@pytest.fixture(scope="session")
def agent(client: VaniAgent) -> Agent:
    return client.agents.create(name="Front desk", voice="en-US-Neural2-F", first_message="Hello.")


class Scripted:
    """Answers requests from a list, the last one for ever, and remembers them."""

    def __init__(self, answers: List[Answer]) -> None:
        self._answers = answers
        self.requests: List[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def scripted() -> Callable[..., tuple[VaniAgent, Scripted]]:
    def make(*answers: Answer, **options: object) -> tuple[VaniAgent, Scripted]:
        script = Scripted(list(answers))
        http = httpx.Client(transport=httpx.MockTransport(script))
        return VaniAgent(api_key="va_test_key", http_client=http, **options), script  # type: ignore[arg-type]

    return make


def refused(status: int, code: str = "invalid_request", **headers: str) -> httpx.Response:
    error = {"code": code, "message": "No.", "param": "to_number", "type": "validation_error"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json={"error": error}, headers={"X-Request-Id": "req_1", **named})
