from __future__ import annotations

import json
import select
import socket
from contextlib import suppress
from threading import Thread
from typing import Any, Iterator, List

import pytest

from cli.conftest import Hook, Program
from vaniagent import webhooks


class Cut:
    """A way to the server that can be cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: List[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        """Break every connection that there is."""
        open_now, self._open = self._open, []
        for each in open_now:
            # Most have been closed by their own ends.
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._door.close()

    def _serve(self) -> None:
        while True:
            try:
                here, _ = self._door.accept()
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", self._port))
            self._open += [here, there]
            Thread(target=self._carry, args=(here, there), daemon=True).start()

    def _carry(self, here: socket.socket, there: socket.socket) -> None:
        with here, there:
            while True:
                try:
                    ready, _, _ = select.select([here, there], [], [])
                    for each in ready:
                        data = each.recv(65536)
                        if not data:
                            return
                        (there if each is here else here).sendall(data)
                except (OSError, ValueError):
                    return


@pytest.fixture
def way(place: Any) -> Iterator[Cut]:
    made = Cut(place.port)
    yield made
    made.close()


def test_passes_on_what_an_endpoint_would_get(program: Program, hook: Hook) -> None:
    hook.answers = [500]
    listening = program.start("listen", "--forward-to", hook.url, "--events", "call.failed,call.completed")
    secret = listening.line_with("Signing secret").split(": ")[1].strip()
    listening.line_with("Passing on")

    for event in ("call.started", "call.failed", "call.completed"):
        program.run("webhooks", "trigger", event)
    shown = [listening.line(), listening.line()]
    listening.interrupt()

    assert listening.end() == (130, "")
    assert "call.failed" in shown[0]
    assert "→ 500" in shown[0]
    assert "→ 200" in shown[1]
    told = [webhooks.unwrap(body, headers, secret) for body, headers in hook.received]
    assert [event.event for event in told] == ["call.failed", "call.completed"]
    # Nobody listens any more: the session has ended with the program.
    assert program.run("webhooks", "trigger", "call.failed").returncode == 1


def test_goes_on_after_a_broken_connection_with_the_same_secret(program: Program, hook: Hook, way: Cut) -> None:
    listening = program.start(
        *("listen", "--forward-to", hook.url, "--count", "3", "--json"),
        VANIAGENT_BASE_URL=f"http://127.0.0.1:{way.port}/v1",
    )
    secret = json.loads(listening.line())["secret"]
    for _ in range(3):
        way.cut()
        program.run("webhooks", "trigger", "call.completed")
    code, _ = listening.end()

    assert code == 0
    assert [webhooks.unwrap(body, headers, secret).event for body, headers in hook.received] == ["call.completed"] * 3
    assert len({headers["webhook-id"] for _, headers in hook.received}) == 3


def test_what_was_passed_on_is_not_passed_on_again(program: Program, hook: Hook, way: Cut) -> None:
    listening = program.start(
        *("listen", "--forward-to", hook.url, "--count", "2", "--json"),
        VANIAGENT_BASE_URL=f"http://127.0.0.1:{way.port}/v1",
    )
    listening.line()
    # Nobody hears what is answered to the first.
    hook.meanwhile = [way.cut]
    for _ in range(2):
        program.run("webhooks", "trigger", "call.completed")
    code, _ = listening.end()

    assert code == 0
    assert len({headers["webhook-id"] for _, headers in hook.received}) == len(hook.received) == 2


def test_a_program_that_is_not_there_is_no_end(program: Program) -> None:
    listening = program.start("listen", "--forward-to", "127.0.0.1:9", "--count", "1", "--json")
    listening.line()
    program.run("webhooks", "trigger", "call.completed")
    told = json.loads(listening.line())

    assert (told["type"], told["status"]) == ("webhook", None)
    assert told["error"]
    assert listening.end()[0] == 0


def test_a_key_that_may_not(program: Program) -> None:
    done = program.run("listen", VANIAGENT_API_KEY="va_live_" + "0" * 38)

    assert done.returncode == 3


def test_samples_and_the_log_of_an_endpoint(program: Program, client: Any) -> None:
    endpoint = client.webhook_endpoints.create(url="https://example.com/hook", events=["call.failed", "call.completed"])
    sent = program.json("webhooks", "trigger", "call.completed", "--endpoint", endpoint.id)
    client.webhook_endpoints.update(endpoint.id, status="disabled")

    assert sent["event"] == "call.completed"
    assert program.json("webhooks", "deliveries", endpoint.id)["data"][0]["id"] == sent["id"]
    assert endpoint.id in program.run("webhooks", "endpoints").stdout
    assert program.json("webhooks", "endpoints", endpoint.id)["status"] == "disabled"
    assert program.run("webhooks", "replay", sent["id"]).returncode == 6
    client.webhook_endpoints.delete(endpoint.id)
