"""The dashboard as customers get it, on stores that are there for a while, filled with the sample workspace."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, BrowserContext

from ops.processes import LOOPBACK, free_port, spawn
from ops.stores import throw_away
from vaniagent.policy_reports import REFUSED

ROOT = Path(__file__).resolve().parent.parent
START_WITHIN = 90.0
FILL = "from ops import sample_pages; print(sample_pages.made())"


@dataclass(frozen=True)
class Page:
    """An address, and who looks at it: "owner", "fresh", "staff" or "nobody"."""

    name: str
    path: str
    who: str

    @property
    def title(self) -> str:
        return self.name if self.who == "owner" else f"{self.name}-{self.who}"


@dataclass(frozen=True)
class Site:
    url: str
    pages: list[Page]
    ids: Mapping[str, str]
    env: Mapping[str, str]
    _sessions: Mapping[str, str]
    _log: Path

    def context(self, browser: Browser, who: str, **options: Any) -> BrowserContext:
        """A browser in which somebody is logged in."""
        context = browser.new_context(base_url=self.url, reduced_motion="reduce", **options)
        if who in self._sessions:
            context.add_cookies([{"name": "sessionid", "value": self._sessions[who], "url": self.url}])
        return context

    def with_session(self, who: str, cookie: str) -> Site:
        """The same, where one more person can be logged in."""
        return replace(self, _sessions={**self._sessions, who: cookie})

    @property
    def var_dir(self) -> Path:
        return Path(self.env["VAR_DIR"])

    def policy_reports(self) -> list[dict[str, Any]]:
        """What browsers reported to have refused."""
        lines = [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == REFUSED]


@contextmanager
def sample_site() -> Iterator[Site]:
    """It runs for as long as the block lasts, and leaves nothing."""
    with ExitStack() as held:
        stores = held.enter_context(throw_away())
        var_dir = held.enter_context(tempfile.TemporaryDirectory(prefix="vaniagent-sample-"))
        env = {
            **os.environ,
            **stores,
            "VAR_DIR": var_dir,
            "SECRET_KEY": secrets.token_hex(32),
            "BUS_PREFIX": "sample",
            "LOG_FORMAT": "json",
            "WEBHOOKS_ALLOW_PRIVATE": "1",
            "SALES_EMAIL": "sales@vaniagent.example",
            "SUPPORT_EMAIL": "support@vaniagent.example",
        }
        manage(env, "migrate", "-v", "0")
        manage(env, "collectstatic", "--no-input", "-v", "0", "--ignore", "rest_framework")
        told = json.loads(manage(env, "shell", "--no-imports", "-c", FILL).splitlines()[-1])
        log = Path(var_dir) / "web.log"
        url = held.enter_context(_web(env, log))
        yield Site(url, [Page(**page) for page in told["pages"]], told["ids"], env, told["sessions"], log)


def manage(env: Mapping[str, str], *arguments: str) -> str:
    """What `manage.py` prints. Raises RuntimeError with its complaint."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=dict(env), capture_output=True, text=True, timeout=300
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {arguments[0]}: {done.stderr[-3000:]}")
    return done.stdout


@contextmanager
def _web(env: Mapping[str, str], log: Path) -> Iterator[str]:
    port = free_port(str(log))
    with log.open("wb") as output:
        program = [sys.executable, "-m", "daphne", "-b", LOOPBACK, "-p", str(port), "vaniagent.asgi:application"]
        process = spawn(program, env=dict(env), cwd=ROOT, output=output, death_signal=signal.SIGKILL)
    try:
        url = f"http://{LOOPBACK}:{port}"
        _wait_for(f"{url}/healthz", process, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + START_WITHIN
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.2)
    raise RuntimeError(f"no web process: {log.read_text()[-2000:]}")
