from __future__ import annotations

import psutil

from ops import embedded
from ops.stack import Stack
from ops.tests.conftest import DUMMIES, is_left, wait_until


def test_a_stack_for_a_test_comes_and_goes() -> None:
    with Stack(command=DUMMIES) as stack:
        var_dir = stack.var_dir
        database = (var_dir / "postgres").resolve()
        supervisor = psutil.Process(stack.pid("supervisor"))
        processes = [supervisor, *supervisor.children(recursive=True)]
        port = embedded.read(var_dir)["PORT"]

        assert stack.url == f"http://127.0.0.1:{port}"
        assert stack.env["VAR_DIR"] == str(var_dir)
        assert stack.env["DATABASE_URL"].startswith("postgres://vaniagent:")
        found = Stack.running(var_dir)
        assert found
        assert found.url == stack.url

        killed = stack.kill("worker1")
        assert stack.wait_for_successor("worker1", of=killed) != killed

    assert not [process for process in processes if is_left(process)]
    assert not var_dir.exists()
    assert not database.exists()


def test_a_stack_whose_owner_ends_with_an_error_ends_too() -> None:
    stack = Stack(command=DUMMIES)
    try:
        with stack:
            supervisor = psutil.Process(stack.pid("supervisor"))
            raise RuntimeError
    except RuntimeError:
        pass

    wait_until(lambda: not is_left(supervisor))
    assert Stack.running(stack.var_dir) is None
