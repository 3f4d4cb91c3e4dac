from __future__ import annotations

from cli.conftest import Program
from vaniagent.cli import exits
from vaniagent.models import Agent


def test_what_a_live_call_can_be_told(program: Program, agent: Agent) -> None:
    call = program.json("calls", "create", "--agent", agent.id, "--to", "+15005550009")["id"]
    watching = program.start("calls", "watch", call)
    watching.line_with("Somebody answered.")
    watching.interrupt()
    watching.end()

    paused = program.json("calls", "recording", call, "--pause")
    resumed = program.json("calls", "recording", call, "--resume")
    transferred = program.run("calls", "transfer", call, "--name", "nobody")
    trace = program.json("calls", "sip-trace", call)
    program.run("calls", "hangup", call)

    assert paused["id"] == resumed["id"] == call
    assert transferred.returncode == exits.REFUSED
    assert trace["messages"] == []
