"""What a URL named by a customer can make us do: no more than one short request to the public network."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import IPv4Address, ip_address
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from vaniagent.lib import addresses, outbound
from webhooks.tests.receivers import Receiver, answering, receiver

UNSPECIFIED = str(IPv4Address(0))
REFUSED_ADDRESSES = [
    UNSPECIFIED,
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
]


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as started:
        yield started


def post(url: str, **options: Any) -> outbound.Answer:
    return asyncio.run(outbound.post(url, body=b"{}", headers={"X-Test": "1"}, **options))


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_refuses_every_address_that_is_not_public(address: str) -> None:
    assert not addresses.is_allowed(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450::1"])
def test_allows_public_addresses(address: str) -> None:
    assert addresses.is_allowed(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "fd12::1"])
def test_allow_private_opens_the_local_network(address: str) -> None:
    assert addresses.is_allowed(address, allow_private=True)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
        UNSPECIFIED,
        "224.0.0.1",
        "::ffff:127.0.0.1",
    ],
)
def test_allow_private_opens_no_metadata_address(address: str) -> None:
    assert not addresses.is_allowed(address, allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "//example.com/",
        "example.com",
        "",
        "https://",
        "https:///path",
        "https://user:password@example.com/",
        "https://user@example.com/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://api.localhost/",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0/",
        "https://0.0.0.0/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[::1/",
        "https://256.256.256.256/",
        "https://1.2.3.4.5/",
        "https://a..b/",
        "https://" + "a" * 64 + ".com/",
        "https://" + "a." * 126 + "com/",
        "https://example.com*/",
        "https://exa_mple.com/",
        "https://-example.com/",
        "https://example-.com/",
        "https://example/",
        "https://example.c0m/",
        "https://0x7f000001/",
        "https://0x7f.0x0.0x0.0x1/",
        "https://017700000001/",
        "https://127.0.0.1./",
        "https://2852039166/",
        "https://0xa9fea9fe/",
        "https://0251.0376.0251.0376/",
        "https://[::]/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:7f00:1::]/",
        "https://[fd00:ec2::254]/",
        "https://[fc00::1]/",
        "https://[ff02::1]/",
        "https://[v1.fe80::a+en1]/",
        "https://example.com:99999/",
        "https://example.com:port/",
        "https://exa mple.com/",
        "https://example.com/\r\nX-Injected: 1",
        "https://例え.jp/",
        "https://example.com/" + "a" * 2_000,
    ],
)
def test_refuses_a_url_by_its_text(url: str) -> None:
    with pytest.raises(outbound.UrlRefused) as refused:
        outbound.check_url(url)

    assert refused.value.param == "url"
    assert refused.value.status == 400


@pytest.mark.parametrize("host", ["169.254.169.254", "2852039166", "[fd00:ec2::254]", "0.0.0.0"])  # noqa: S104  # a URL
def test_allow_private_takes_no_url_of_metadata(host: str) -> None:
    with pytest.raises(outbound.UrlRefused):
        outbound.check_url(f"http://{host}/latest/meta-data/", allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://EXAMPLE.com./",
        "https://a-b.c--d.xn--p1ai/",
        "https://example.com:8443/a/b?c=d%2Fe#f",
        "https://xn--r8jz45g.jp/",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
    ],
)
def test_takes_public_urls(url: str) -> None:
    outbound.check_url(url)


def test_posts_and_reads_the_answer(hook: Receiver) -> None:
    hook.answer = answering(201, b"thanks")

    answer = post(hook.url + "?a=b%2Fc", allow_private=True)

    assert answer == outbound.Answer(201, "thanks")
    assert [(request.path, request.body) for request in hook.received] == [("/hook?a=b%2Fc", b"{}")]
    assert hook.received[0].headers["X-Test"] == "1"
    assert hook.received[0].headers["Host"] == hook.url.split("/")[2]


def test_does_not_reach_a_loopback_receiver(hook: Receiver) -> None:
    with pytest.raises(outbound.AddressRefused):
        post(hook.url.replace("http://", "https://"))

    assert hook.received == []


@pytest.mark.parametrize("address", ["127.0.0.1", UNSPECIFIED, "::1", "::ffff:127.0.0.1"])
def test_does_not_reach_it_through_a_public_name(hook: Receiver, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    port = int(hook.url.split(":")[2].split("/")[0])
    resolve_to(monkeypatch, [address])

    with pytest.raises(outbound.AddressRefused):
        post(f"https://public.example.com:{port}/hook")

    assert hook.received == []


def test_looks_a_name_up_once_and_connects_to_what_it_was_told(monkeypatch: pytest.MonkeyPatch, hook: Receiver) -> None:
    port = hook.url.split(":")[2].split("/")[0]
    asked = resolve_to(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])

    answer = post(f"http://rebinding.example.com:{port}/hook", allow_private=True)

    assert answer.status == 200
    assert asked == ["rebinding.example.com"]
    assert hook.received[0].headers["Host"] == f"rebinding.example.com:{port}"


def test_does_not_follow_a_redirect(hook: Receiver) -> None:
    hook.answer = answering(302, headers={"Location": "/elsewhere"})

    answer = post(hook.url, allow_private=True)

    assert answer.status == 302
    assert len(hook.received) == 1


def test_keeps_a_thousand_characters_of_an_endless_answer(hook: Receiver) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(20_000):
            handler.wfile.write("é\0".encode() * 1_000)

    hook.answer = endless

    answer = post(hook.url, allow_private=True)

    assert len(answer.text) == 1_000
    assert set(answer.text) == {"é"}


def test_does_not_unpack_a_packed_answer(hook: Receiver) -> None:
    hook.answer = answering(200, b"\x1f\x8bnot really", {"Content-Encoding": "gzip"})

    assert post(hook.url, allow_private=True).text.endswith("not really")


@pytest.mark.parametrize("what", ["head", "body", "silence"])
def test_a_dripping_answer_ends_at_the_deadline(hook: Receiver, what: str) -> None:
    released = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"" if what == "silence" else b"HTTP/1.1 200 OK\r\n")
        handler.wfile.write(b"Content-Length: 1000\r\n\r\n" if what == "body" else b"")
        while not released.wait(0.05):
            handler.wfile.write(b"" if what == "silence" else b"X: 1\r\n")

    hook.answer = drip
    began = time.monotonic()

    with pytest.raises(outbound.Unreachable, match=r"No answer within 0\.4 seconds"):
        post(hook.url, allow_private=True, deadline=0.4)

    released.set()
    assert time.monotonic() - began < 2


def test_a_slow_look_up_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: released.wait(5) and [])

    async def race() -> None:
        with pytest.raises(outbound.Unreachable):
            await outbound.post("https://slow.example.com/", body=b"", headers={}, deadline=0.2)
        released.set()

    asyncio.run(race())


class Keeping:
    """A receiver of HTTP/1.1 that counts connections, and drops each after so many answers, when the next request comes."""

    def __init__(self, *, answers: int) -> None:
        self.connections = 0
        self.requests = 0
        self._answers = answers

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        for number in range(self._answers + 1):
            try:
                await reader.readuntil(b"{}")
            except asyncio.IncompleteReadError:
                break
            if number < self._answers:
                self.requests += 1
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async def post(self, times: int) -> list[int]:
        async with await asyncio.start_server(self.serve, "127.0.0.1", 0) as server, client() as posting:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            return [(await posting.post(url, body=b"{}", headers={})).status for _ in range(times)]


def client() -> outbound.Client:
    return outbound.Client(allow_private=True)


async def test_a_connection_serves_what_comes_next() -> None:
    keeping = Keeping(answers=10)

    assert await keeping.post(5) == [204] * 5

    assert keeping.connections == 1


async def test_a_kept_connection_that_the_receiver_gave_up_fails_nothing() -> None:
    keeping = Keeping(answers=1)

    assert await keeping.post(5) == [204] * 5

    assert (keeping.connections, keeping.requests) == (5, 5)


async def test_a_new_connection_that_is_dropped_is_not_tried_again() -> None:
    keeping = Keeping(answers=0)

    with pytest.raises(outbound.Unreachable, match="closed the connection"):
        await keeping.post(1)

    assert keeping.connections == 1


def test_says_when_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"

        with pytest.raises(outbound.Unreachable, match="connection was refused"):
            post(url, allow_private=True)


def test_says_when_the_answer_is_not_http(hook: Receiver) -> None:
    def greet(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    hook.answer = greet

    with pytest.raises(outbound.Unreachable, match="not HTTP"):
        post(hook.url, allow_private=True)


def test_refuses_a_certificate_that_nobody_vouches_for(self_signed: ssl.SSLContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        served = threading.Thread(target=handshake, args=(listening, self_signed), daemon=True)
        served.start()

        with pytest.raises(outbound.Unreachable, match="certificate is not valid"):
            post(f"https://127.0.0.1:{listening.getsockname()[1]}/", allow_private=True)

        served.join(5)


def handshake(listening: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listening.accept()
    with pytest.raises(OSError, match=r".*"):
        context.wrap_socket(connection, server_side=True)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let every name lead to the next of these answers, then to the last. Gives the list of names asked for."""
    asked: list[str] = []

    def look_up(host: str, port: int, *args: object, **options: object) -> list[tuple[Any, ...]]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.fixture
def self_signed(tmp_path: Any) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    (tmp_path / "server.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    return context
