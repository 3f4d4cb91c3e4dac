"""A database that vanishes without a word is noticed, and one that has no connection left is not waited for long."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from psycopg_pool import PoolTimeout

from accounts import keys


@pytest.mark.django_db
def test_the_kernel_gives_up_a_silent_connection_within_seconds():
    connection.ensure_connection()

    with socket.socket(fileno=os.dup(connection.connection.fileno())) as wire:
        assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
        assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 5
        assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 3
        assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 15_000


def test_a_host_that_does_not_answer_is_not_waited_for():
    assert settings.DATABASES["default"]["OPTIONS"]["connect_timeout"] == 5


class Busy:
    """A pool of which every connection is in use."""

    waited = 0

    def getconn(self) -> Any:
        self.waited += 1
        raise PoolTimeout("couldn't get a connection after 5.00 sec")


@pytest.fixture
def busy_pool(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Busy]:
    pool = Busy()

    def ask(self: Any, *args: Any) -> Any:
        with self.wrap_database_errors:
            return pool.getconn()

    with monkeypatch.context() as patched:
        patched.setattr(type(connections["default"]), "cursor", ask)
        patched.setattr(type(connections["default"]), "ensure_connection", ask)
        yield pool


def test_without_a_free_connection_a_request_is_told_to_come_back(busy_pool: Busy):
    response = Client(raise_request_exception=False).get(
        "/v1/calls", headers={"Authorization": f"Bearer {keys.generate(mode='live')}"}
    )

    assert response.status_code == 503
    assert response.json()["error"] == {
        "code": "internal_error",
        "message": "There is more to do here than we can just now. Try again.",
        "param": None,
        "type": "api_error",
    }
    assert response.headers["Retry-After"] == "2"
    assert response.headers["X-Request-Id"].startswith("req_")
    assert response.headers["X-RateLimit-Limit"]
    # However many ask for it: it is waited once.
    assert busy_pool.waited == 1


def test_without_a_free_connection_a_page_says_so_in_words(busy_pool: Busy):
    browser = Client(raise_request_exception=False)
    browser.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32

    response = browser.get("/settings/keys")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "2"
    assert "more to do here" in response.content.decode()
    assert response.headers["X-Request-Id"] in response.content.decode()


def test_nobody_waits_long_for_a_connection():
    shown = subprocess.run(
        [
            sys.executable,
            "-c",
            "from vaniagent import settings; print(settings.DATABASES['default']['OPTIONS']['pool'])",
        ],
        env={**os.environ, "DATABASE_POOL_SIZE": "32"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert "'timeout': 5" in shown.stdout
