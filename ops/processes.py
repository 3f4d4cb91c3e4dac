"""How a process is born and named here: what Linux offers so that none is left behind, and ports."""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

LOOPBACK = "127.0.0.1"
# Below the range the kernel hands out for outgoing connections, so that none of those sits on our port.
FIRST_PORT, PORTS = 20000, 10000

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_prctl = ctypes.CDLL(None, use_errno=True).prctl


@dataclass(frozen=True)
class Account:
    """A user of the operating system that a program runs under."""

    uid: int
    gid: int

    def popen_arguments(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    output: IO[bytes] | int | None,
    death_signal: signal.Signals = signal.SIGKILL,
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own that gets `death_signal` when this process dies, however it dies.

    Only from the main thread: the kernel counts the death of the thread that forked, not of the process.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("Programs are started from the main thread.")
    return subprocess.Popen(
        list(argv),
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=dies_with_us(death_signal),
        **(account.popen_arguments() if account else {}),
    )


def dies_with_us(death_signal: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: the new process gets this signal when the thread that starts it ends."""
    parent = os.getpid()
    number = int(death_signal)

    def before_exec() -> None:
        # A shell's background job is born deaf to it, and so would be its children.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        # Runs after the change of uid, which would clear the setting.
        _prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return before_exec


def adopt_orphans() -> None:
    """Become the parent of whatever our children leave behind, instead of process 1."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """Our own and adopted children."""
    return {int(pid) for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()}


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal every process of a program's group. Nobody there is fine."""
    with suppress(ProcessLookupError):
        os.killpg(pid, number)


def how_it_ended(returncode: int) -> str:
    """A return code in words: "exit code 1", "killed by SIGKILL"."""
    if returncode >= 0:
        return f"exit code {returncode}"
    try:
        return f"killed by {signal.Signals(-returncode).name}"
    except ValueError:
        return f"killed by signal {-returncode}"


def why_not_listen(port: int, host: str = LOOPBACK) -> str:
    """Why no server could listen there now; empty when it could. A port that its last server left lingering is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            return error.strerror or str(error)
    return ""


def free_port(owner: str, *, before: int = 0, avoid: frozenset[int] = frozenset()) -> int:
    """A free port on loopback: the one used `before` if it can be had, else one that depends on the owner's name.

    Two installations on one machine thus seldom meet, and each finds its own port again.
    """
    start = int.from_bytes(hashlib.sha256(owner.encode()).digest()[:4], "big") % PORTS
    candidates = [before] if before else []
    candidates += [FIRST_PORT + (start + offset) % PORTS for offset in range(500)]
    for port in candidates:
        if port not in avoid and not why_not_listen(port):
            return port
    raise RuntimeError("No free port on 127.0.0.1.")
