from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import wave
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Program
from vaniagent.cli import exits
from vaniagent.models import Agent

REPOSITORY = Path(__file__).resolve().parents[4]
BUSY = "+15005550001"


def test_the_life_of_an_agent(program: Program, tmp_path: Path) -> None:
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("Du bist die Zürcher Zahnarztpraxis.\n", encoding="utf-8")

    made = program.json("agents", "create", "--name", "Ada", "--voice", "en-US-Neural2-F", "--prompt-file", str(prompt))
    changed = program.json("agents", "update", made["id"], "--name", "Béa", "--temperature", "0.2")
    archived = program.run("agents", "archive", made["id"])

    assert made["prompt"] == "Du bist die Zürcher Zahnarztpraxis.\n"
    assert (changed["name"], changed["temperature"], changed["prompt"]) == ("Béa", 0.2, made["prompt"])
    assert archived.returncode == 0
    assert program.json("agents", "get", made["id"])["status"] == "archived"
    listed = program.json("agents", "list", "--status", "archived", "--limit", "100")
    assert made["id"] in [agent["id"] for agent in listed["data"]]


def test_a_call_from_its_placing_to_its_recording(program: Program, agent: Agent, tmp_path: Path) -> None:
    placed = program.run(
        *("calls", "create", "--agent", agent.id, "--to", "+14155550100"),
        *("--say", "Goodbye.", "--metadata", '{"customer_id": "cust_123"}', "--watch"),
    )
    assert placed.returncode == 0, placed.stderr
    call_id = re.findall(r"call_\w+", placed.stderr)[0]
    lines = placed.stdout.splitlines()
    assert lines[:2] == ["The call is placed.", "Somebody answered."]
    assert "Agent: Hello." in lines
    assert lines[-1].startswith("call.completed: ")
    assert "\x1b" not in placed.stdout

    call = program.json("calls", "get", call_id)
    assert call["metadata"] == {"customer_id": "cust_123"}
    assert "Agent: Hello." in program.run("calls", "transcript", call_id).stdout
    assert program.json("calls", "transcript", call_id)["turns"][0]["text"] == "Hello."
    assert program.json("calls", "list", "--agent", agent.id, "--status", "completed")["data"][0]["id"] == call_id
    file = tmp_path / "call.wav"
    assert program.run("calls", "recording", call_id, "-o", str(file)).returncode == 0
    with wave.open(str(file)) as recording:
        assert recording.getnchannels() == 2

    again = program.run("calls", "watch", call_id, "--json")
    events = [json.loads(line) for line in again.stdout.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["type"] == "call.completed"


def test_ctrl_c_stops_watching_and_not_the_call(program: Program, agent: Agent) -> None:
    call = program.json("calls", "create", "--agent", agent.id, "--to", "+15005550009")
    watching = program.start("calls", "watch", call["id"])
    watching.line_with("Somebody answered.")
    watching.interrupt()

    assert watching.end() == (exits.INTERRUPTED, "")
    assert program.json("calls", "get", call["id"])["status"] == "in_progress"
    assert program.json("calls", "hangup", call["id"])["id"] == call["id"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["agents", "get", "agent_unknown"], exits.NOT_FOUND, "There is no agent with this id"),
        (["agents", "create", "--name", "Ada", "--voice", "nobody"], exits.REFUSED, "field voice"),
        (["agents", "create", "--name", "Ada"], exits.USAGE, "--voice"),
        (["agents", "update", "agent_abc123"], exits.USAGE, "--name"),
        (["calls", "create", "--agent", "a", "--to", "+1", "--metadata", "[]"], exits.USAGE, "JSON object"),
        (["webhooks", "trigger", "call.answered"], exits.REFUSED, "Choose an event"),
        (["sing"], exits.USAGE, "No such command"),
    ],
)
def test_what_goes_wrong_is_said_in_words_and_by_the_code(
    program: Program, arguments: Any, code: int, words: str
) -> None:
    done = program.run(*arguments)

    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_call_that_came_to_nothing_has_a_code_of_its_own(program: Program, agent: Agent) -> None:
    for how in ("--watch", "--wait"):
        done = program.run("calls", "create", "--agent", agent.id, "--to", BUSY, how)
        assert done.returncode == exits.CALL_FAILED
        assert "busy" in done.stdout


def test_a_server_that_is_away(nowhere: Program) -> None:
    for arguments in (["account"], ["webhooks", "trigger", "call.completed"]):
        done = nowhere.run(*arguments, VANIAGENT_API_KEY="va_live_" + "k" * 38)
        assert done.returncode == exits.UNREACHABLE
        assert "Traceback" not in done.stderr


def test_phone_lines(program: Program, client: Any) -> None:
    line = {"kind": "sip", "name": "Trunk", "domain": "sip.example.com", "numbers": ["+14155550111"]}
    made = client.phone_lines.create(**line)
    shown = program.run("lines", "list")
    got = program.json("lines", "get", made.id)
    client.phone_lines.delete(made.id)

    assert "+14155550111" in shown.stdout
    assert (got["id"], got["name"]) == (made.id, "Trunk")
    assert program.run("lines", "check", made.id).returncode == exits.NOT_FOUND


def test_a_phone_line_is_set_up_and_removed(program: Program, client: Any) -> None:
    line = ["lines", "create", "--kind", "sip", "--name", "Office", "--domain", "sip.example.com", "--username", "va"]
    line += ["--number", "+14155550112", "--number", "+14155550113", "--transport", "tls"]
    unasked = program.run(*line)
    made = program.run(*line, "--secret-stdin", "--json", stdin="top secret\n")
    shown = json.loads(made.stdout)
    removed = program.run("lines", "delete", shown["id"])

    assert unasked.returncode == exits.USAGE
    assert "--secret-stdin" in unasked.stderr
    assert (shown["numbers"], shown["transport"]) == (["+14155550112", "+14155550113"], "tls")
    assert "top secret" not in made.stdout + made.stderr
    assert removed.returncode == exits.OK
    assert [line.id for line in client.phone_lines.list()] == []


def test_json_may_stand_anywhere(program: Program) -> None:
    first = program.run("--json", "account")
    last = program.run("account", "--json")

    assert json.loads(first.stdout)["id"] == json.loads(last.stdout)["id"]


@pytest.mark.parametrize(("more", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_is_for_terminals(program: Program, agent: Agent, more: Any, is_coloured: bool) -> None:
    ours, theirs = pty.openpty()
    environment = program.changed({"TERM": "xterm-256color", **more})
    process = subprocess.Popen(program.argv("agents", "list"), env=environment, stdout=theirs)
    os.close(theirs)
    shown = b""
    try:
        while True:
            part = os.read(ours, 65536)
            if not part:
                break
            shown += part
    except OSError:
        # Linux says so where nobody is left at the other end.
        pass
    os.close(ours)

    assert process.wait(timeout=30) == 0
    assert (b"\x1b[32m" in shown) == is_coloured


def test_a_reader_that_leaves_is_no_error(program: Program, agent: Agent) -> None:
    command = " ".join(program.argv("calls", "list", "--limit", "100", "--json")) + " | head -c 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], env=program.environment, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_without_its_packages_it_says_what_to_install(nowhere: Program, tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise ModuleNotFoundError(\"No module named 'click'\", name='click')")
    done = nowhere.run("account", PYTHONPATH=str(tmp_path))

    assert (done.returncode, done.stderr) == (1, "The command line needs more packages: pip install 'vaniagent[cli]'\n")


def test_shells_complete_commands(nowhere: Program) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "_VANIAGENT_COMPLETE" in nowhere.run("completion", shell).stdout
    done = nowhere.run(
        _VANIAGENT_COMPLETE="bash_complete", COMP_WORDS="vaniagent calls transc", COMP_CWORD="2", COMP_TYPE="9"
    )

    assert done.stdout.strip() == "plain,transcript"


def test_every_exit_code_is_documented() -> None:
    page = (REPOSITORY / "docs/sdks/cli.md").read_text()
    told = dict(re.findall(r"^\| `(\d+)` \| (.*) \|$", page, re.MULTILINE))

    assert told == {str(code): meaning for code, meaning in exits.MEANINGS.items()}


def test_every_command_is_documented(nowhere: Program) -> None:
    page = (REPOSITORY / "docs/sdks/cli.md").read_text()
    from vaniagent.cli.app import program as root

    for name, command in root.commands.items():
        for below in getattr(command, "commands", {"": command}):
            assert f"`{name} {below}".rstrip() in page, (name, below)


def test_batches(program: Program, agent: Agent, tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text("phone,name\n+15005550001,Ada\n12,Bob\n", encoding="utf-8")

    made = program.json("batches", "create", str(file), "--agent", agent.id, "--retries", "2", "--draft")
    shown = program.run("batches", "list")
    canceled = program.json("batches", "cancel", made["id"])
    results = program.run("batches", "results", made["id"])

    assert (made["status"], made["progress"]["waiting"], made["progress"]["skipped"]) == ("draft", 1, 1)
    assert made["retry"] == {"outcomes": ["busy", "no_answer"], "attempts": 2, "every": 3600}
    assert made["id"] in shown.stdout
    assert (canceled["status"], canceled["progress"]["canceled"]) == ("canceled", 1)
    assert results.stdout.splitlines()[1].startswith("2,'+15005550001,canceled,")
