"""The published verifiers and those of Standard Webhooks, run as customers run them.

Each is a server that knows a secret, at the address that its block gives: 200 with the event's name, or 401.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from flask import Flask
from werkzeug.serving import make_server

from vaniagent.tests import node
from webhooks.tests.verifiers import flask_app, standard_app

HERE: Final = Path(__file__).parent
Start = Callable[[str], AbstractContextManager[str]]


def flask(secret: str) -> AbstractContextManager[str]:
    return _served(flask_app.make_app(secret))


def standard_python(secret: str) -> AbstractContextManager[str]:
    return _served(standard_app.make_app(secret))


def node_server(secret: str) -> AbstractContextManager[str]:
    return _javascript("receiver.js", secret)


def express_4(secret: str) -> AbstractContextManager[str]:
    return _javascript("express_receiver.js", secret, str(node.package("express", "4")))


def express_5(secret: str) -> AbstractContextManager[str]:
    return _javascript("express_receiver.js", secret, str(node.package("express", "5")))


def standard_javascript(secret: str) -> AbstractContextManager[str]:
    return _javascript("standard_receiver.js", secret, str(node.package("standardwebhooks", "1")))


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()


@contextmanager
def _javascript(program: str, *arguments: str) -> Iterator[str]:
    argv = [node.binary(), str(HERE / program), *arguments]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/hook"
        process.stdin.close()
