from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest

from ops import logs
from ops.logs import Logs

AT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z "


@pytest.fixture
def terminal() -> io.StringIO:
    return io.StringIO()


def test_each_line_says_whose_it_is_and_is_kept(tmp_path: Path, terminal: io.StringIO) -> None:
    lines = Logs(tmp_path / "log", terminal=terminal)

    lines.line("worker1", "a call")
    lines.say("ready")

    assert terminal.getvalue() == "worker1    | a call\nvaniagent  | ready\n"
    assert (tmp_path / "log" / "worker1.log").read_text() == "a call\n"
    assert re.fullmatch(AT + "ready\n", (tmp_path / "log" / "supervisor.log").read_text())
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o700


def test_a_secret_reaches_the_terminal_alone(tmp_path: Path, terminal: io.StringIO) -> None:
    lines = Logs(tmp_path, terminal=terminal)

    lines.say_once("va_live_secret")
    lines.say("ready")

    assert "va_live_secret" in terminal.getvalue()
    (kept,) = [path.read_text() for path in tmp_path.iterdir()]
    assert re.fullmatch(AT + "ready\n", kept)


def test_quiet_shows_failures_only(tmp_path: Path, terminal: io.StringIO) -> None:
    lines = Logs(tmp_path, quiet=True, terminal=terminal)

    lines.line("web", "a request")
    lines.say("ready")
    lines.say_once("va_live_secret")
    lines.fail("web ended")

    assert terminal.getvalue() == "vaniagent  | web ended\n"


def test_files_do_not_grow_for_ever(tmp_path: Path, terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 1000)
    lines = Logs(tmp_path, terminal=terminal)

    for number in range(1000):
        lines.line("web", f"request {number}")

    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sorted(sizes) == ["web.log", "web.log.1", "web.log.2", "web.log.3"]
    assert max(sizes.values()) <= 1000
    assert lines.last_lines("web")[-1] == "request 999"


def test_a_paused_terminal_stops_nothing(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    lines = Logs(tmp_path, terminal=os.fdopen(write_end, "w"))

    for _ in range(3000):  # many times what a pipe holds
        lines.line("web", "x" * 99)
    os.set_blocking(read_end, False)
    while len(os.read(read_end, 65536)) == 65536:
        pass
    lines.line("web", "and on")
    shown = os.read(read_end, 65536).decode()
    os.close(read_end)

    assert shown.startswith("vaniagent  | ")
    assert "lines were not shown; they are in" in shown
    assert shown.endswith("web        | and on\n")
    assert len((tmp_path / "web.log").read_text().splitlines()) == 3001


def test_a_closed_terminal_stops_nothing(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    lines = Logs(tmp_path, terminal=os.fdopen(write_end, "w"))

    lines.say("one")
    lines.line("web", "two")

    assert (tmp_path / "web.log").read_text() == "two\n"
