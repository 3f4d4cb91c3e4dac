"""Whose request it is, where there are proxies in front."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from vaniagent.lib.api.requests import address_of


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        # Nobody in front: the header is the client's invention.
        (0, "198.51.100.7", "192.0.2.1"),
        (0, None, "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        # What a client wrote stands on the left of what the proxies added.
        (1, "10.0.0.1, 198.51.100.7", "198.51.100.7"),
        (2, "10.0.0.1, 198.51.100.7, 203.0.113.9", "198.51.100.7"),
        # Not come through all of them.
        (2, "198.51.100.7", "192.0.2.1"),
        (1, None, "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "unknown", "192.0.2.1"),
        (1, "198.51.100.7, ", "192.0.2.1"),
        (1, "198.51.100.7:4711", "198.51.100.7"),
        (1, "[2001:db8:1:2:3::4]:4711", "2001:db8:1:2::/64"),
        (1, "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
    ],
)
def test_the_client_s_address(proxies, forwarded, address):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/v1/agents", headers=headers, REMOTE_ADDR="192.0.2.1")

    assert address_of(request, proxies=proxies) == address


def test_a_socket_without_an_address():
    assert address_of(RequestFactory().get("/v1/agents", REMOTE_ADDR=""), proxies=0) == ""
