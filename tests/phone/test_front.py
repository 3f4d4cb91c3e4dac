"""Who gets through the front, and who does not."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.phone.front import BY_ADDRESS, BY_PASSWORD, NUMBER, PASSWORD, SECOND, TRUNK, USER, Front, a_front
from tests.phone.raw import PATIENCE, SDP, Phone, a_raw_phone, answer_to, credentials, headers_of, status_of
from tests.phone.sipp import LOOPBACK

pytestmark = pytest.mark.system

# What is to be silence: on loopback an answer is there within a millisecond.
SILENCE = 0.3
FORGED = (
    "X-VaniAgent-Line: line_victim\r\n"
    "x-vaniagent-line: line_victim\r\n"
    "X-VANIAGENT-LINE : line_victim\r\n"
    "X-VaniAgent-Number\t:\r\n +19005550000\r\n"
    "X-VaniAgent: line_victim\r\n"
)

Gateway = socket.socket


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    """Stands where the gateway would."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((LOOPBACK, 0))
        wire.settimeout(PATIENCE)
        yield wire


@pytest.fixture(scope="module")
def front(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with a_front(tmp_path_factory.mktemp("front"), gateways=[gateway.getsockname()[1]]) as front:
        yield front


@pytest.mark.parametrize("dialled", ["+14155550101", "4155550101", "0014155550101", "011-1-415-555-0101"])
def test_a_trunk_by_its_address(front: Front, gateway: Gateway, dialled: str) -> None:
    with a_raw_phone(front.port, host=TRUNK) as phone:
        phone.send(phone.invite(dialled))
        invite = refuses(gateway)
        heard = phone.hear_final()
        phone.send(phone.request("ACK", f"sip:{dialled}@x", to=headers_of(heard, "To")[0]))

    assert headers_of(invite, "X-VaniAgent-Line") == ["line_address"]
    assert headers_of(invite, "X-VaniAgent-Number") == ["+14155550101"]
    assert invite.startswith("INVITE sip:+14155550101@")
    assert status_of(heard) == 486


def test_a_number_that_the_trunk_does_not_have(front: Front, gateway: Gateway) -> None:
    """The gateway refuses it, and tells of it: a trunk is no stranger."""
    with a_raw_phone(front.port, host=TRUNK) as phone:
        phone.send(phone.invite("+14155559999"))
        invite = refuses(gateway)

    assert headers_of(invite, "X-VaniAgent-Line") == ["line_address"]
    assert headers_of(invite, "X-VaniAgent-Number") == []


def test_a_password(front: Front, gateway: Gateway) -> None:
    with a_raw_phone(front.port, host="127.0.0.3") as phone:
        phone.send(phone.invite(NUMBER))
        challenge = phone.hear_final()
        assert silent(gateway)
        phone.send(phone.invite(NUMBER, number=2, headers=FORGED + proof(phone, challenge)))
        invite = refuses(gateway)

    assert status_of(challenge) == 401
    assert headers_of(invite, "X-VaniAgent-Line") == ["line_password"]
    assert headers_of(invite, "X-VaniAgent-Number") == [NUMBER]
    assert headers_of(invite, "Authorization") == []
    assert "line_victim" not in invite
    assert "+19005550000" not in invite


@pytest.mark.parametrize(
    ("host", "user", "password"),
    [("127.0.0.4", USER, "wrong"), ("127.0.0.5", "nobody", PASSWORD), ("127.0.0.6", "a|,:$si", "")],
)
def test_a_wrong_password(front: Front, gateway: Gateway, host: str, user: str, password: str) -> None:
    """Each try is answered, until there were too many."""
    with a_raw_phone(front.port, host=host) as phone:
        phone.send(phone.invite(NUMBER))
        challenge = phone.hear_final()
        answers = []
        for number in range(2, 14):
            phone.call_id = f"{host}-{number}"
            phone.send(phone.invite(NUMBER, number=number, headers=proof(phone, challenge, user, password)))
            answers.append(status_of(phone.hear_final(seconds=PATIENCE if number < 12 else SILENCE)))

    assert answers == [401] * 10 + [0] * 2
    assert silent(gateway)


def test_an_answer_that_cannot_be(front: Front, gateway: Gateway) -> None:
    with a_raw_phone(front.port, host="127.0.0.7") as phone:
        phone.send(phone.invite(NUMBER))
        challenge = phone.hear_final()
        phone.send(phone.invite(NUMBER, number=2, headers=proof(phone, challenge, "")))

        assert phone.hear(seconds=SILENCE / 2) == ""
    assert silent(gateway)


def test_somebody_elses_challenge(front: Front, gateway: Gateway) -> None:
    """An answer that was overheard is worth nothing from another address."""
    with a_raw_phone(front.port, host="127.0.0.8") as phone, a_raw_phone(front.port, host="127.0.0.9") as thief:
        phone.send(phone.invite(NUMBER))
        challenge = phone.hear_final()
        thief.send(thief.invite(NUMBER, headers=proof(phone, challenge)))

        assert status_of(thief.hear_final()) == 401
    assert silent(gateway)


@pytest.mark.parametrize(
    "method", ["INVITE", "OPTIONS", "REGISTER", "BYE", "MESSAGE", "ACK", "CANCEL", "REFER", "NOSUCH"]
)
def test_strangers_hear_nothing(front: Front, gateway: Gateway, method: str) -> None:
    with a_raw_phone(front.port, host="127.0.0.10") as stranger:
        uri = f"sip:+14155559876@{LOOPBACK}:{front.port}"
        stranger.send(stranger.request(method, uri, headers=FORGED))

        assert stranger.hear(seconds=SILENCE / 2) == ""
    assert silent(gateway)


def test_trunks_ask_whether_it_is_there(front: Front) -> None:
    with a_raw_phone(front.port, host=TRUNK) as phone:
        phone.send(phone.request("OPTIONS", f"sip:{LOOPBACK}:{front.port}"))

        assert status_of(phone.hear()) == 200


def test_a_call_and_what_a_stranger_can_do_to_it(front: Front, gateway: Gateway) -> None:
    """Requests within a call come and go; a stranger who knows all about it ends nothing, and is passed on to nobody."""
    with a_raw_phone(front.port, host=TRUNK) as phone, a_raw_phone(front.port, host="127.0.0.11") as stranger:
        phone.send(phone.invite("+14155550101"))
        invite, back = took(gateway)
        contact = "sip:gateway@{}:{}".format(*gateway.getsockname())
        gateway.sendto(answer_to(invite, "200 OK", contact=contact).encode(), back)
        answer = phone.hear_final()
        to = headers_of(answer, "To")[0]
        routes = "".join(f"Route: {route}\r\n" for route in reversed(headers_of(answer, "Record-Route")))
        phone.send(phone.request("ACK", contact, to=to, headers=routes))
        assert took(gateway)[0].startswith("ACK ")

        stranger.call_id, stranger.tag = phone.call_id, phone.tag
        elsewhere = f"Route: <sip:{stranger.host}:{stranger.port};lr>\r\n"
        for uri, headers in (
            (contact, routes),
            (contact, ""),
            (contact, elsewhere),
            (f"sip:x@{stranger.host}", routes),
        ):
            stranger.send(stranger.request("BYE", uri, to=to, number=2, headers=headers))
        phone.send(phone.request("BYE", contact, to=to, number=2, headers=routes + elsewhere))
        phone.send(phone.request("BYE", f"sip:x@{stranger.host}:{stranger.port}", to=to, number=3, headers=routes))
        assert stranger.hear(seconds=SILENCE) == ""
        assert silent(gateway)

        with a_raw_phone(front.port, host=SECOND) as second:
            second.call_id, second.tag = phone.call_id, phone.tag
            second.send(second.request("INFO", contact, to=to, number=4, headers=routes))
            info, back = took(gateway)
            assert info.startswith("INFO ")
            gateway.sendto(answer_to(info, "200 OK").encode(), back)
            assert status_of(second.hear()) == 200

        # The gateway's side hangs up: its routes are as they came.
        routes = "".join(f"Route: {route}\r\n" for route in headers_of(invite, "Record-Route"))
        end = Phone(gateway, back, phone.call_id, "gw")
        end.send(end.request("BYE", "sip:caller@127.0.0.200:9", to=headers_of(invite, "From")[0], headers=routes))
        bye = phone.hear()
        assert bye.startswith("BYE ")
        phone.send(answer_to(bye, "200 OK"))
        assert status_of(took(gateway)[0]) == 200


def test_over_tls(front: Front, gateway: Gateway) -> None:
    """A stranger hears nothing there either; a trunk gets through, and hears the answer on its connection."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    heard = {"127.0.0.13": "", TRUNK: ""}
    for host in heard:
        with (
            a_raw_phone(front.port, host=host) as phone,
            socket.create_connection((LOOPBACK, front.tls_port), timeout=PATIENCE, source_address=(host, 0)) as plain,
            context.wrap_socket(plain) as stream,
        ):
            stream.sendall(phone.invite("+14155550101").replace("SIP/2.0/UDP", "SIP/2.0/TLS").encode())
            if host == TRUNK:
                refuses(gateway)
            stream.settimeout(PATIENCE if host == TRUNK else SILENCE)
            with contextlib.suppress(TimeoutError):
                while "486" not in heard[host]:
                    heard[host] = stream.recv(65_535).decode()

    assert status_of(heard[TRUNK]) == 486
    assert heard["127.0.0.13"] == ""
    assert silent(gateway)


def test_sound_behind_nat(front: Front, gateway: Gateway) -> None:
    """An address of somebody's own network becomes the one that they come from; another is left alone."""
    for told, passed_on in (("10.1.2.3", TRUNK), ("203.0.113.77", "203.0.113.77")):
        with a_raw_phone(front.port, host=TRUNK) as phone:
            phone.send(phone.invite("+14155550101", sound_at=told))
            assert f"c=IN IP4 {passed_on}\r\n" in refuses(gateway)


def test_sound_of_a_gateway_on_loopback(gateway: Gateway, tmp_path: Path) -> None:
    port = gateway.getsockname()[1]
    with (
        a_front(tmp_path / "it's $si, of ours", gateways=[port], public_host="198.51.100.7") as front,
        a_raw_phone(front.port, host=TRUNK) as phone,
    ):
        phone.send(phone.invite("+14155550101"))
        invite, back = took(gateway)
        body = SDP.format(host=LOOPBACK, port=20_000)
        gateway.sendto(answer_to(invite, "200 OK", contact=f"sip:g@{LOOPBACK}:{port}", body=body).encode(), back)
        heard = phone.hear_final()

    assert "c=IN IP4 198.51.100.7\r\n" in heard
    assert any("198.51.100.7" in route for route in headers_of(heard, "Record-Route"))


def test_another_gateway_takes_over(tmp_path: Path) -> None:
    """Of one that is gone, and of one that takes no calls."""
    with contextlib.ExitStack() as stack:
        gone, full, good = (stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(3))
        for each in (gone, full, good):
            each.bind((LOOPBACK, 0))
            each.settimeout(0.05)
        front = stack.enter_context(a_front(tmp_path, gateways=[each.getsockname()[1] for each in (gone, full, good)]))
        phone = stack.enter_context(a_raw_phone(front.port, host=TRUNK))
        gone.close()
        phone.send(phone.invite("+14155550101"))
        until, is_answered = time.monotonic() + 30, False
        while not is_answered and time.monotonic() < until:
            for each, status in ((full, "503 Service Unavailable"), (good, "486 Busy Here")):
                with contextlib.suppress(TimeoutError):
                    text, back = took(each)
                    if text.startswith("INVITE "):
                        each.sendto(answer_to(text, status).encode(), back)
                        is_answered = each is good
        assert status_of(phone.hear_final()) == 486


def test_a_port_that_is_taken_is_said(front: Front, tmp_path: Path) -> None:
    """What strangers send later fills no log; what keeps it from starting is in it."""
    other = tmp_path / "front"
    shutil.copytree(front.folder.directory, other, ignore=shutil.ignore_patterns("control", "*.log"))
    config = other / "kamailio.cfg"
    config.write_text(config.read_text().replace(str(front.folder.directory), str(other)))
    done = subprocess.run(
        ["kamailio", "-f", str(config), "-DD", "-E", "-m", "8", "-Y", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert done.returncode != 0
    assert f"{front.port}" in done.stderr
    assert "Address already in use" in done.stderr


def test_a_flood_bans_a_stranger_and_nobody_else(front: Front, gateway: Gateway) -> None:
    with a_raw_phone(front.port, host="127.0.0.12") as stranger, a_raw_phone(front.port, host=TRUNK) as phone:
        for _ in range(1_000):
            stranger.send(stranger.request("REGISTER", f"sip:{LOOPBACK}"))
        invite = phone.invite("+14155550101")
        gateway.settimeout(0.5)
        for _ in range(20):
            # As telephones do: a packet may be lost in a flood.
            phone.send(invite)
            with contextlib.suppress(TimeoutError):
                refuses(gateway)
                break
        gateway.settimeout(PATIENCE)
        assert status_of(phone.hear_final()) == 486
        stranger.send(stranger.invite(NUMBER))

        assert stranger.hear(seconds=SILENCE) == ""


def test_lines_change_while_it_runs(front: Front, gateway: Gateway) -> None:
    try:
        front.learn([BY_PASSWORD])
        with a_raw_phone(front.port, host=TRUNK) as phone:
            phone.send(phone.invite("+14155550101"))
            assert phone.hear(seconds=SILENCE) == ""
            assert silent(gateway)

            front.learn([BY_ADDRESS, BY_PASSWORD])
            phone.send(phone.invite("+14155550101"))
            refuses(gateway)
    finally:
        front.learn([BY_ADDRESS, BY_PASSWORD])


def proof(phone: Phone, challenge: str, user: str = USER, password: str = PASSWORD) -> str:
    return credentials(challenge, user=user, password=password, uri=f"sip:{NUMBER}@{phone.to[0]}:{phone.to[1]}")


def took(gateway: Gateway) -> tuple[str, tuple[str, int]]:
    """The next request that came through, and whom to answer."""
    text, back = gateway.recvfrom(65_535)
    return text.decode(), back


def refuses(gateway: Gateway) -> str:
    """Take an INVITE and answer that it is busy; the ACK is taken, too."""
    invite, back = took(gateway)
    assert invite.startswith("INVITE ")
    gateway.sendto(answer_to(invite, "486 Busy Here").encode(), back)
    assert took(gateway)[0].startswith("ACK ")
    return invite


def silent(gateway: Gateway) -> bool:
    """Whether nothing came through."""
    gateway.settimeout(SILENCE / 2)
    try:
        return gateway.recv(65_535) == b""
    except TimeoutError:
        return True
    finally:
        gateway.settimeout(PATIENCE)
