"""Runs a program of the product, and strikes it at the points of `ops/fault_points.py`.

python -m ops.faults -m daphne …        what `python -m daphne …` runs
python -m ops.faults manage.py …        what `python manage.py …` runs

Without `FAULTS_DIR` nothing happens to it. All processes of a run share that directory's plan: each takes the point that was
aimed at least, waits until its line is reached, writes down that it strikes, and does.
"""

from __future__ import annotations

import fcntl
import functools
import inspect
import os
import runpy
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.db import connection

from ops.fault_points import Loss, Place, Point, find, points_of

# How often a process that has nothing left to strike looks again.
LOOK_AGAIN_SECONDS = 1.0


class Plan:
    """Which faults have been, and which are to come: a directory, and so the same for all processes."""

    def __init__(self, directory: Path, *, rounds: int = 1) -> None:
        self._armed = directory / "armed"
        self._log = directory / "log"
        self._rounds = rounds

    def arm(self) -> None:
        self._armed.touch()

    def disarm(self) -> None:
        self._armed.unlink(missing_ok=True)

    @property
    def is_armed(self) -> bool:
        return self._armed.exists()

    def struck(self) -> Counter[str]:
        """How often each point was."""
        return self._read("struck")

    def aim(self, points: Sequence[Point]) -> Point | None:
        """The point to strike next; None where all have been struck as often as they should."""
        with self._locked():
            struck, aimed = self._read("struck"), self._read("aimed")
            left = [point for point in points if struck[str(point)] < self._rounds]
            if not left:
                return None
            point = min(left, key=lambda point: aimed[str(point)])
            self._write("aimed", point)
            return point

    def note(self, point: Point) -> bool:
        """Write down a strike before it is done. False where the run is over, or others were quicker."""
        with self._locked():
            if not self.is_armed or self._read("struck")[str(point)] >= self._rounds:
                return False
            self._write("struck", point)
            return True

    def _read(self, what: str) -> Counter[str]:
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return Counter(point for did, _, point in (line.partition(" ") for line in lines) if did == what)

    def _write(self, what: str, point: Point) -> None:
        with self._log.open("a") as file:
            file.write(f"{what} {point}\n")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._log.with_name("lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class Striker:
    """This process's part in the plan. `gap`: seconds of peace at its start and after each fault; `patience`: how long
    it waits for a point before it tries another."""

    def __init__(self, plan: Plan, points: Sequence[Point], *, gap: float, patience: float) -> None:
        self._plan = plan
        self._points = points
        self._gap = gap
        self._patience = patience
        self._lock = threading.Lock()
        self._target: Point | None = None
        self._rests_until = time.monotonic() + gap
        self._waits_until = 0.0
        # Strikes at differing repetitions, so that what is halfway differs as well.
        self._to_pass = 0
        self._aims = os.getpid()

    def reach(self, place: Place) -> None:
        """Called wherever a place of the table is passed."""
        with self._lock:
            point = self._aim()
            if point is None or point.place is not place:
                return
            if point.loss != Loss.PROCESS and connection.connection is None:
                return
            if self._to_pass:
                self._to_pass -= 1
                return
            self._target = None
            self._rests_until = time.monotonic() + self._gap
            if not self._plan.note(point):
                return
        strike(point.loss)

    def _aim(self) -> Point | None:
        now = time.monotonic()
        if now < self._rests_until or not self._plan.is_armed:
            return None
        if self._target is None or now >= self._waits_until:
            self._target = self._plan.aim(self._points)
            if self._target is None:
                self._rests_until = now + LOOK_AGAIN_SECONDS
            self._waits_until = now + self._patience
            self._aims += 1
            self._to_pass = self._aims % 3
        return self._target


def strike(loss: Loss) -> None:
    """Take it away. Raises OperationalError where an answer is lost."""
    if loss == Loss.PROCESS:
        os.kill(os.getpid(), signal.SIGKILL)
    with socket.socket(fileno=os.dup(connection.connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)
    if loss == Loss.ANSWER:
        # What the driver says of a connection that ended while it waited.
        with connection.wrap_database_errors:
            connection.connection.execute("SELECT 1")


def install(striker: Striker, places: Sequence[Place]) -> None:
    """Put an ear at each of these places."""
    scopes = Scopes()
    for name in dict.fromkeys(place.during for place in places if place.during):
        _replace(name, functools.partial(scopes.noticing, name=name))
    for name in dict.fromkeys(place.seam for place in places):
        here = [place for place in places if place.seam == name]
        _replace(name, functools.partial(_reporting, places=here, scopes=scopes, striker=striker))


class Scopes:
    """Which of the functions named in `during` run on the thread that asks."""

    def __init__(self) -> None:
        self._local = threading.local()

    def noticing(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def noticed(*args: Any, **kwargs: Any) -> Any:
            running = self._running()
            running[name] += 1
            try:
                return function(*args, **kwargs)
            finally:
                running[name] -= 1

        return noticed

    def holds(self, place: Place) -> bool:
        return not place.during or self._running()[place.during] > 0

    def _running(self) -> Counter[str]:
        if not hasattr(self._local, "running"):
            self._local.running = Counter[str]()
        running: Counter[str] = self._local.running
        return running


def _reporting(
    function: Callable[..., Any], places: Sequence[Place], scopes: Scopes, striker: Striker
) -> Callable[..., Any]:
    def report(when: str) -> None:
        for place in places:
            if place.when == when and scopes.holds(place):
                striker.reach(place)

    @functools.wraps(function)
    def reported(*args: Any, **kwargs: Any) -> Any:
        report("before")
        result = function(*args, **kwargs)
        report("after")
        return result

    @functools.wraps(function)
    async def areported(*args: Any, **kwargs: Any) -> Any:
        report("before")
        result = await function(*args, **kwargs)
        report("after")
        return result

    return areported if inspect.iscoroutinefunction(function) else reported


def _replace(name: str, change: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    owner, attribute, function = find(name)
    setattr(owner, attribute, change(function))


def main() -> None:
    directory = os.environ.get("FAULTS_DIR")
    if directory:
        # Before the program does it: the places are in modules that need it.
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaniagent.settings")
        django.setup()
        plan = Plan(Path(directory), rounds=int(os.environ.get("FAULTS_ROUNDS", "1")))
        points = points_of(*os.environ["FAULTS_PARTS"].split(","))
        gap = float(os.environ.get("FAULTS_GAP_SECONDS", "0"))
        patience = float(os.environ.get("FAULTS_PATIENCE_SECONDS", "15"))
        striker = Striker(plan, points, gap=gap, patience=patience)
        install(striker, list(dict.fromkeys(point.place for point in points)))

    is_module = sys.argv[1] == "-m"
    sys.argv = sys.argv[2 if is_module else 1 :]
    if is_module:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
