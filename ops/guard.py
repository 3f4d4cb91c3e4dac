"""The process that outlives a killed supervisor by a moment, to see that nothing else does.

The kernel signals the supervisor's children when it dies, but not their children, and cannot insist. The guard knows
every program's process group from what the supervisor writes to it; when that pipe closes, it ends them all.
Standard library only, started without site packages.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

# How long a store may take for its orderly end.
PATIENCE = 5.0


class Guard:
    """The supervisor's side of it."""

    def __init__(self, lock: int) -> None:
        """`lock` is the open lock file: held by the guard too, it is free only when everything has ended."""
        self._lock = lock
        self._told: dict[int, int] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it, or start it again with all it should know."""
        if self._process:
            self._process.wait()
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-E", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            pass_fds=[self._lock],
            start_new_session=True,
        )
        for group, number in self._told.items():
            self._tell(f"{group} {number}")

    def add(self, group: int, death_signal: signal.Signals) -> None:
        self._told[group] = int(death_signal)
        self._tell(f"{group} {int(death_signal)}")

    def remove(self, group: int) -> None:
        self._told.pop(group, None)
        self._tell(f"{group} 0")

    def end(self) -> None:
        if self._process and self._process.stdin:
            self._process.stdin.close()
            self._process.wait(timeout=PATIENCE + 2)
            self._process = None

    def _tell(self, line: str) -> None:
        if self._process is None or self._process.stdin is None:
            return
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # killed: the supervisor sees that and starts another, which is told everything


def signal_all(groups: Mapping[int, int]) -> None:
    for group, number in groups.items():
        with suppress(OSError):
            os.killpg(group, number)


def living_groups() -> set[int]:
    """The process groups in which something still runs. Zombies do not: their new parent may never fetch them."""
    groups = set()
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
            # pid (name) state parent group ...; the name may hold anything
            state, _, group, *_ = file.read().rpartition(b")")[2].split()
            if state not in (b"Z", b"X"):
                groups.add(int(group))
    return groups


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: dict[int, int] = {}
    for line in sys.stdin:
        group, number = (int(word) for word in line.split())
        if number:
            groups[group] = number
        else:
            groups.pop(group, None)

    signal_all(groups)
    deadline = time.monotonic() + PATIENCE
    while living_groups() & groups.keys() and time.monotonic() < deadline:
        time.sleep(0.05)
    signal_all(dict.fromkeys(living_groups() & groups.keys(), signal.SIGKILL))


if __name__ == "__main__":
    main()
