"""The examples, run as they are against the real stack."""

from __future__ import annotations

import csv
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from conftest import BUSY, ROOT

from vaniagent import VaniAgent

EXAMPLES = ROOT / "examples"


def run(place, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        env=place.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def test_appointment_reminders(place, tmp_path):
    source, target = EXAMPLES / "appointments.csv", tmp_path / "outcomes.csv"
    rows = source.read_text() + "Cy Example,nobody,Friday\n"
    (tmp_path / "appointments.csv").write_text(rows)

    done = run(place, "appointment_reminders.py", str(tmp_path / "appointments.csv"), str(target))

    assert done.returncode == 0, done.stderr
    with target.open(newline="") as file:
        outcomes = [(row["name"], row["status"], row["reason"]) for row in csv.DictReader(file)]
    assert outcomes[:2] == [("Ada Example", "failed", "busy"), ("Ben Example", "failed", "no_answer")]
    assert outcomes[2][:2] == ("Cy Example", "not called")


def test_call_and_wait(place):
    # It hangs up in the middle of the agent's sentence.
    done = run(place, "call_and_wait.py", "+15005550006")

    assert done.returncode == 0, done.stderr
    assert re.match(r"completed: user_hangup, \d+ s", done.stdout)


def test_live_transcript(place, client: VaniAgent, agent):
    call = client.calls.create(agent_id=agent.id, to_number="+15005550006")

    done = run(place, "live_transcript.py", call.id)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("call.completed: user_hangup")
    assert run(place, "live_transcript.py", "call_nobody").stdout == "There is no such call.\n"


@pytest.mark.parametrize("framework", ["flask", "fastapi"])
def test_webhook_receivers(place, client: VaniAgent, agent, framework, tmp_path):
    port = free_port()
    endpoint = client.webhook_endpoints.create(
        url=f"http://127.0.0.1:{port}/webhooks", events=["call.started", "call.failed"]
    )
    with receiver(place, framework, port, endpoint.secret, tmp_path / "log"):
        call = client.calls.create(agent_id=agent.id, to_number=BUSY)
        log = wait_for(lambda: (tmp_path / "log").read_text(), f"call.failed {call.id}: busy")
        forged = httpx.post(endpoint.url, content=b"{}", headers={"X-Vaniagent-Signature": "00"})
        deliveries = wait_for(
            lambda: [each.status for each in client.webhook_endpoints.list_deliveries(endpoint.id)],
            ["succeeded", "succeeded"],
        )
    client.webhook_endpoints.delete(endpoint.id)

    assert f"call.failed {call.id}: busy" in log
    assert deliveries == ["succeeded", "succeeded"]
    assert forged.status_code == 400


def wait_for(look, expected, within: float = 60.0):
    give_up_at = time.monotonic() + within
    while time.monotonic() < give_up_at:
        found = look()
        if found == expected or (isinstance(expected, str) and expected in found):
            return found
        time.sleep(0.2)
    return look()


@contextmanager
def receiver(place, framework: str, port: int, secret: str, log: Path):
    programs = {
        "flask": ["flask", "--app", "webhook_flask", "run", "--port", str(port)],
        "fastapi": ["uvicorn", "webhook_fastapi:app", "--port", str(port)],
    }
    env = {**place.environment, "VANIAGENT_WEBHOOK_SECRET": secret}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *programs[framework]], cwd=EXAMPLES, env=env, stdout=output, stderr=output
        )
    try:
        assert wait_for(lambda: answers(port), True), log.read_text()
        yield
    finally:
        process.terminate()
        process.wait(10)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
