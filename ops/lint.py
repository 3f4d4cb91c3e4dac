"""`make lint`: every check of the code that is not a test. Runs them all, then says which failed."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
ADVISORIES = "https://api.osv.dev/"
PYTHON = sys.executable

# Enough for Django to start as it would in production. No check opens the database.
PRODUCTION = {
    "SECRET_KEY": "a-key-for-checking-that-is-long-enough-and-not-used-anywhere-else-0123456789",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "PUBLIC_URL": "https://vaniagent.example",
    "ALLOWED_HOSTS": "vaniagent.example",
    "BEHIND_PROXY": "1",
    "TRUSTED_PROXY_COUNT": "1",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "WEBHOOKS_ALLOW_PRIVATE": "0",
    "DEBUG": "0",
}


@dataclass(frozen=True)
class Check:
    name: str
    argv: tuple[str, ...]
    # What must be there for the check to make sense.
    needs: str = ""


CHECKS = (
    Check("format", (PYTHON, "-m", "ruff", "format", "--check", "--quiet", ".")),
    Check("style", (PYTHON, "-m", "ruff", "check", "--quiet", ".")),
    Check("types", (PYTHON, "-m", "mypy", "--strict", ".")),
    Check("imports", (PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run()")),
    Check("templates", (PYTHON, "-m", "djlint", "--check", "--lint", "--quiet", "templates"), needs="templates"),
    Check("migrations", (PYTHON, "-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run")),
    Check("deployment", (PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING")),
    Check(
        "advisories", (PYTHON, "-m", "pip_audit", "-s", "osv", "-r", "constraints.txt", "--no-deps", "--disable-pip")
    ),
)


def main() -> int:
    env = {**os.environ, **PRODUCTION}
    failed: list[str] = []
    passed = 0
    for check in CHECKS:
        if check.needs and not any((BASE_DIR / check.needs).rglob("*.html")):
            continue
        if check.name == "advisories" and not _can_reach(ADVISORIES):
            print("advisories  not looked up: their server cannot be reached")
            continue
        done = subprocess.run(check.argv, cwd=BASE_DIR, env=env, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            passed += 1
            print(f"{check.name:<11} ok", flush=True)
        else:
            failed.append(check.name)
            print(f"{check.name:<11} FAILED\n{done.stdout}{done.stderr}", flush=True)
    print(f"checks: {passed} passed, {len(failed)} failed" + (f" ({', '.join(failed)})" if failed else ""))
    return 1 if failed else 0


def _can_reach(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - a constant, https
            return True
    except urllib.error.HTTPError:
        return True  # it answered
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
