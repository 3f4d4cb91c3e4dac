"""`--set`: what may be set, and what is refused before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.conftest import Program
from vaniagent.cli import exits

CALL = ("calls", "create", "--agent", "agent_1", "--to", "+15005550000")
LINE = ("lines", "create", "--kind", "sip", "--name", "Office", "--number", "+4930123456")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ((*CALL, "--set", "idempotency_key=5"), "there is no field idempotency_key"),
        ((*CALL, "--set", "to_number=+15005550001"), "to_number has an option, which was given as well"),
        ((*CALL, "--metadata", "{}", "--set", "metadata={}"), "metadata has an option, which was given as well"),
        ((*CALL, "--set", 'metadata={"a": "\\ud800"}'), "metadata holds half a character"),
        ((*CALL, "--set", "ring_timeout=NaN"), "NaN is no number of JSON"),
        (("agents", "update", "agent_1", "--set", "agent_id=agent_2"), "there is no field agent_id"),
        (("lines", "update", "line_1", "--set", "password=open"), "there is no field password"),
        ((*LINE, "--set", "auth_token=open"), "there is no field auth_token"),
        ((*LINE, "--set", "username=us"), "use --secret-stdin"),
        (("calls", "recording", "call_1", "--pause", "--resume"), "Say one of"),
    ],
)
def test_what_may_not_be_set_is_told(nowhere: Program, command: tuple[str, ...], words: str) -> None:
    done = nowhere.run(*command, VANIAGENT_API_KEY="va_test_x")

    assert (done.returncode, words in " ".join(done.stderr.split())) == (exits.USAGE, True), done.stderr


@pytest.mark.parametrize("command", [("do-not-call", "import"), ("batches", "create", "--agent", "agent_1")])
def test_a_file_in_another_encoding_is_told(nowhere: Program, tmp_path: Path, command: tuple[str, ...]) -> None:
    file = tmp_path / "numbers.csv"
    file.write_bytes("number,reason\n+4930123456,Müller\n".encode("cp1252"))

    done = nowhere.run(*command, str(file), VANIAGENT_API_KEY="va_test_x")

    assert done.returncode == exits.USAGE
    assert "save it as CSV in UTF-8" in done.stderr
