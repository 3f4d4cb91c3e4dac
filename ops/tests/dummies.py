"""A stack of small programs that do nothing, run by the real supervisor: `python -m ops.tests.dummies --var DIR`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from ops import keeper
from ops.processes import signal_group
from ops.programs import Answers, Program, ReadyFile
from ops.supervisor import run
from ops.table import GATEWAY, WEB, WORKERS, Site

# Each is a program's whole text. They write down that they end, so that a test can see in which order.
BEGINNING = """
import os, pathlib, signal, subprocess, sys, threading
here = pathlib.Path(os.environ["VAR_DIR"])
def end(*_):
    with (here / "ends").open("a") as file:
        file.write(sys.argv[1] + "\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, end)
print("hello from", sys.argv[1], flush=True)
"""
READY = 'pathlib.Path(os.environ["VA_READY_FILE"]).touch()\nthreading.Event().wait()\n'
WITH_GRANDCHILD = 'subprocess.Popen(["sleep", "3600"])\n' + READY
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + READY
DYING = "print('the reason', flush=True)\nsys.exit(3)\n"
WEB_SERVER = """
import http.server
class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Healthy).serve_forever()
"""


def table(site: Site, *, dying: bool = False, stubborn: bool = False) -> list[list[Program]]:
    def program(name: str, text: str, ends: int, ready: ReadyFile | Answers = ReadyFile()) -> Program:  # noqa: B008 - frozen
        argv = (sys.executable, "-S", "-c", BEGINNING + text, name)
        return Program(name=name, argv=argv, ready=ready, ends=ends, stop_within=1.0, ready_within=20.0)

    return [
        [program("gateway", WITH_GRANDCHILD, GATEWAY)],
        [program("worker1", DYING if dying else READY, WORKERS), program("worker2", READY, WORKERS)]
        + ([program("stubborn", STUBBORN, WORKERS)] if stubborn else []),
        [program("web", WEB_SERVER, WEB, Answers(site.port, "/healthz"))],
    ]


def _until_dead(send: Callable[[int, signal.Signals], None]) -> Callable[[int, signal.Signals], None]:
    def signal_and_wait(pid: int, number: signal.Signals) -> None:
        send(pid, number)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    return signal_and_wait


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--var", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--dying", action="store_true")
    parser.add_argument("--stubborn", action="store_true")
    parser.add_argument(
        "--dies-at-once", action="store_true", help="who is killed has ended before the supervisor goes on"
    )
    options = parser.parse_args()
    if options.dies_at_once:
        mock.patch.object(keeper, "signal_group", _until_dead(signal_group)).start()
    return run(
        var_dir=options.var.resolve(),
        port=options.port,
        quiet=options.quiet,
        table=lambda site: table(site, dying=options.dying, stubborn=options.stubborn),
        with_django=False,
    )


if __name__ == "__main__":
    sys.exit(main())
