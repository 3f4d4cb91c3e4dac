"""A database that vanishes without a word is noticed."""

from __future__ import annotations

import os
import socket

import pytest
from django.conf import settings
from django.db import connection


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
