"""The command line does all that the API does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Program
from vaniagent.cli import exits
from vaniagent.models import Agent

ROOT = Path(__file__).resolve().parents[2]
# Made by a loop over their names.
MOVES = {f"batches.{verb}" for verb in ("get", "start", "pause", "resume", "cancel")}


def test_there_is_a_command_for_every_operation() -> None:
    printed = subprocess.run(
        [sys.executable, "scripts/surface.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    sources = "".join(file.read_text() for file in (ROOT / "src/vaniagent/cli").glob("*.py"))
    methods = {operation["method"] for operation in json.loads(printed.stdout)["operations"].values()}

    assert methods - set(re.findall(r"client\.(\w+\.\w+)\(", sources)) - MOVES == set()


def test_the_do_not_call_list(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text("number,reason\n+4930123457,By mail\n12,\n", encoding="utf-8")

    made = program.json("do-not-call", "add", "+4930123456", "--reason", "Asked by mail")
    found = program.json("do-not-call", "check", "+49 (0)30/123456")
    part = program.run("do-not-call", "check", "+4930123")
    imported = program.json("do-not-call", "import", str(file))
    listed = program.json("do-not-call", "list", "--search", "3012345")
    exported = program.run("do-not-call", "export").stdout
    removed = [program.run("do-not-call", "remove", number).returncode for number in (made["id"], "+4930123457")]

    assert (made["number"], found["id"]) == ("+4930123456", made["id"])
    assert (part.returncode, part.stdout) == (exits.NOT_FOUND, "")
    assert "not on the list" in part.stderr
    assert (imported["added"], imported["refused"]) == (1, 1)
    assert listed["total"] == 2
    assert "+4930123457" in exported
    assert removed == [exits.OK, exits.OK]
    assert program.run("do-not-call", "remove", "+4930123457").returncode == exits.NOT_FOUND


def test_rules_and_their_proof(program: Program, agent: Agent) -> None:
    changed = program.json("dialing-rules", "update", "--set", "proof_days=30", "--set", "max_calls_per_day=null")
    call = program.json("calls", "create", "--agent", agent.id, "--to", "+15005550001", "--set", "ring_timeout=40")
    (check,) = program.json("dial-checks", "list", "--call", call["id"])["data"]

    assert (changed["proof_days"], changed["max_calls_per_day"]) == (30, None)
    assert program.json("dialing-rules", "get")["proof_days"] == 30
    assert program.json("dial-checks", "get", check["id"])["call_id"] == call["id"]


def test_the_account_and_its_credits(program: Program) -> None:
    changed = program.json("account", "update", "--low-balance", "12.5")

    assert program.json("account")["low_balance_credits"] == changed["low_balance_credits"] == "12.50"
    assert program.json("account", "transactions", "--limit", "1")["total"] >= 1
    assert program.run("account", "statement", "--month", "2026-01").stdout.count(",") >= 3
    assert "data" in program.json("account", "top-ups")
    assert program.run("account", "top-up", "nothing").returncode == exits.REFUSED
    assert len(program.json("voices", "--limit", "2")["data"]) == 2


def test_webhook_endpoints(program: Program) -> None:
    made = program.json("webhooks", "create", "http://127.0.0.1:9/hook", "--events", "call.started,call.failed")
    changed = program.json("webhooks", "update", made["id"], "--events", "call.failed")
    rotated = program.json("webhooks", "rotate-secret", made["id"])
    times = ("--since", "2026-01-01T00:00:00Z", "--until", "2026-01-02T00:00:00Z")
    replayed = program.json("webhooks", "replay", made["id"], *times)

    assert (made["events"], changed["events"]) == (["call.started", "call.failed"], ["call.failed"])
    assert rotated["secret"] != made["secret"]
    assert replayed == {"replayed": 0}
    assert program.run("webhooks", "delivery", "whd_unknown").returncode == exits.NOT_FOUND
    assert program.run("webhooks", "delete", made["id"]).returncode == exits.OK


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dialing-rules", "update", "--set", "proof_days"], "FIELD=JSON"),
        (["dialing-rules", "update", "--set", "sing=1"], "there is no field sing"),
        (["lines", "update", "line_abc123"], "Say what to change"),
        (["calls", "transfer", "call_abc123"], "--name or --to"),
        (["calls", "recording", "call_abc123"], "--out, --pause and --resume"),
        (["webhooks", "replay", "whe_abc123", "--since", "2026-01-01T00:00:00Z"], "--until"),
    ],
)
def test_what_is_not_said_is_asked_for(nowhere: Program, arguments: Any, words: str) -> None:
    done = nowhere.run(*arguments, VANIAGENT_API_KEY="va_live_" + "k" * 38)

    assert done.returncode == exits.USAGE
    assert words in done.stderr
