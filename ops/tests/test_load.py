"""The programs that make load for the benches, with each other instead of the product."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from ops.load.child import Child, ChildError

ENDPOINTS = 3


@pytest.fixture
def receivers() -> Iterator[Child]:
    with Child("ops.load.receivers", env=os.environ) as child:
        yield child


def post(url: str, delivery: str, body: str) -> socket.socket:
    link = socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=5)
    head = f"POST / HTTP/1.1\r\nX-Vaniagent-Delivery: {delivery}\r\nContent-Length: {len(body)}\r\n\r\n"
    link.sendall((head + body).encode())
    return link


def body(n: int) -> str:
    return f'{{"data": {{"call_id": "call_1", "metadata": {{"n": {n}, "at": 0.0}}}}}}'


def test_the_bare_loop_posts_everything(receivers):
    urls = receivers.ask("listen", count=ENDPOINTS)

    with Child("ops.baselines.bare_posts", env=os.environ) as posts:
        took = posts.ask("send", endpoints=[[url, "whsec_"] for url in urls], count=30)

    assert receivers.ask("count") == [10] * ENDPOINTS
    assert [it["out_of_order"] for it in receivers.ask("report")] == [0] * ENDPOINTS
    assert took["seconds"] > 0


def test_a_stuck_receiver_takes_all_and_answers_nothing(receivers):
    url = receivers.ask("listen", count=1)[0]
    receivers.ask("begin", is_last_stuck=True)

    with post(url, "whd_1", body(1)) as link, post(url, "whd_2", body(2)) as other:
        for each in (link, other):
            each.settimeout(0.3)
            with pytest.raises(TimeoutError):
                each.recv(1)

    assert receivers.ask("count") == [2]
    assert receivers.ask("report")[0]["most_unanswered"] == 2


def test_a_receiver_tells_what_came_out_of_order_and_counts_no_delivery_twice(receivers):
    url = receivers.ask("listen", count=1)[0]
    for delivery, n in (("whd_2", 2), ("whd_1", 1), ("whd_2", 2)):
        with post(url, delivery, body(n)) as link:
            assert link.recv(100).startswith(b"HTTP/1.1 204")

    assert receivers.ask("count") == [2]
    assert receivers.ask("report")[0]["out_of_order"] == 1


def test_a_program_that_ended_is_told_of():
    with Child("ops.load", env=os.environ) as child, pytest.raises((ChildError, BrokenPipeError)):
        child.ask("anything")
