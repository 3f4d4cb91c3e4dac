from __future__ import annotations

import os
import signal
import socket
import stat
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from ops import embedded
from ops.processes import free_port
from ops.supervisor import main
from ops.tests.conftest import DummyStack, is_left, wait_until

Start = Callable[..., DummyStack]

# Dummies need no stores; these names are never looked up.
NO_STORES = {"DATABASE_URL": "postgres://nowhere", "REDIS_URL": "redis://nowhere"}


def test_ends_everything_in_order(start: Start, var_dir: Path) -> None:
    stack = start(env=NO_STORES)
    stack.wait_until_ready()
    descendants = stack.descendants()

    began = time.monotonic()
    code, output = stack.end(signal.SIGINT)

    assert code == 0
    assert time.monotonic() - began < 10
    ends = (var_dir / "ends").read_text().split()
    assert (ends[0], sorted(ends[1:3]), ends[3]) == ("web", ["worker1", "worker2"], "gateway")
    assert len(ends) == 4
    assert not [process for process in descendants if is_left(process)]
    assert "gateway    | hello from gateway" in output
    assert "\x1b" not in output
    assert stack.log("gateway") == "hello from gateway\n"
    assert embedded.read(var_dir)["STATE"] == "stopped"


def test_a_killed_process_comes_back_and_says_so(start: Start) -> None:
    stack = start(env=NO_STORES)
    stack.wait_until_ready()
    first = stack.pid("worker1")
    assert first

    os.kill(first, signal.SIGKILL)
    wait_until(lambda: stack.pid("worker1") not in (None, first))
    second = stack.pid("worker1")
    assert second
    wait_until(lambda: (stack.var_dir / "run" / "worker1.ready").exists())
    os.kill(second, signal.SIGKILL)
    wait_until(lambda: stack.pid("worker1") not in (None, second))
    _, output = stack.end()

    assert "worker1 ended (killed by SIGKILL); starting it again in 0.1 s" in output
    assert "worker1 ended (killed by SIGKILL); starting it again in 0.5 s" in output


def test_what_a_killed_process_leaves_behind_is_ended(start: Start) -> None:
    stack = start(env=NO_STORES)
    stack.wait_until_ready()
    gateway = stack.pid("gateway")
    assert gateway
    (grandchild,) = psutil.Process(gateway).children()

    os.kill(gateway, signal.SIGKILL)

    wait_until(lambda: not is_left(grandchild))


def test_a_process_that_cannot_start_ends_the_stack_with_its_last_lines(start: Start, var_dir: Path) -> None:
    stack = start("--dying", env=NO_STORES)

    code, output = stack.wait()

    assert code == 1
    assert f"worker1 dies at its start. The end of {var_dir}/log/worker1.log:" in output
    assert output.count("worker1 ended (exit code 3)") == 3
    assert "the reason" in output.split("The end of")[1]


@pytest.mark.parametrize("options", [(), ("--dies-at-once",)])
def test_a_process_that_ignores_the_signal_is_killed(start: Start, options: tuple[str, ...]) -> None:
    stack = start("--stubborn", *options, env=NO_STORES)
    stack.wait_until_ready()
    descendants = stack.descendants()

    code, output = stack.end()

    assert code == 0
    assert "stubborn does not end; killing it" in output
    assert not [process for process in descendants if is_left(process)]


@pytest.mark.parametrize("guard_first", [False, True])
def test_a_killed_supervisor_leaves_nothing_behind(start: Start, guard_first: bool) -> None:
    stack = start()
    stack.wait_until_ready()
    everything = stack.descendants()
    # The dummies' grandchild is not told by the kernel: that is the guard's part.
    descendants = [process for process in everything if not guard_first or process.name() != "sleep"]
    names = [process.name() for process in descendants]
    assert names.count("postgres") > 3
    assert "valkey-server" in names

    if guard_first:
        (guard,) = [process for process in descendants if any("guard.py" in word for word in process.cmdline())]
        os.kill(stack.process.pid, signal.SIGSTOP)  # or it would start another guard
        guard.kill()
    stack.process.kill()
    stack.process.wait()

    wait_until(lambda: not [process for process in descendants if is_left(process)], within=8)
    for process in [process for process in everything if is_left(process)]:
        process.kill()


def test_starts_again_at_once_after_a_kill_with_its_data(start: Start, var_dir: Path) -> None:
    stack = start()
    stack.wait_until_ready()
    told = embedded.read(var_dir)
    with psycopg.connect(told["DATABASE_URL"], autocommit=True) as link:
        link.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    stack.process.kill()
    stack.process.wait()

    again = start()
    again.wait_until_ready()

    told_again = embedded.read(var_dir)
    with psycopg.connect(told_again["DATABASE_URL"]) as link:
        assert link.execute("SELECT answer FROM kept").fetchone() == (42,)
    same = ("DATABASE_URL", "SECRET_KEY", "PORT", "VALKEY_PORT", "SPEECH_PORT")
    assert {name: told_again[name] for name in same} == {name: told[name] for name in same}
    assert stat.S_IMODE((var_dir / "stack.json").stat().st_mode) == 0o600


def test_a_second_one_on_the_same_directory_is_refused(start: Start, var_dir: Path) -> None:
    stack = start(env=NO_STORES)
    stack.wait_until_ready()

    code, output = start(env=NO_STORES).wait()

    assert code == 1
    assert output == (
        f"A stack is already running on {var_dir} (process {stack.process.pid}). Stop it, or name another VAR_DIR.\n"
    )
    assert stack.state == "ready"


def test_two_run_side_by_side(start: Start, tmp_path: Path) -> None:
    stacks = [start(at=tmp_path / "one"), start(at=tmp_path / "two")]

    for stack in stacks:
        stack.wait_until_ready()

    told = [embedded.read(stack.var_dir) for stack in stacks]
    ports = [values[name] for values in told for name in ("PORT", "POSTGRES_PORT", "VALKEY_PORT", "SPEECH_PORT")]
    assert len(set(ports)) == 8


def test_a_taken_port_is_one_clear_line(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        code, output = start(port=port).wait()

    assert code == 1
    assert (
        output == f"Port {port} cannot be used (address already in use). Choose another one: make run PORT={port + 1}\n"
    )


@pytest.mark.parametrize("port", [80, 65535])
def test_a_refused_port_suggests_one_that_can_be_had(
    var_dir: Path, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ops.supervisor.why_not_listen", lambda port, host: "Permission denied")

    code = main(["--var", str(var_dir), f"--port={port}"])

    assert code == 1
    assert (
        capsys.readouterr().err
        == f"Port {port} cannot be used (permission denied). Choose another one: make run PORT=8000\n"
    )


def test_runs_on_the_port_that_was_named(start: Start, var_dir: Path) -> None:
    port = free_port("a test")

    start(port=port, env=NO_STORES).wait_until_ready()

    assert embedded.read(var_dir)["PORT"] == str(port)


@pytest.mark.parametrize("port", ["http", "-1", "65536"])
def test_a_port_that_is_none_is_one_clear_line(capsys: pytest.CaptureFixture[str], var_dir: Path, port: str) -> None:
    code = main(["--var", str(var_dir), f"--port={port}"])

    assert code == 1
    assert capsys.readouterr().err == f"PORT must be a number from 0 to 65535, not {port!r}.\n"
    assert not var_dir.exists()
