"""kamailio's configuration, from settings that are as they should be and others."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from calls.telephony.front.config import BadSetting, FrontSettings, Listener, Place, files_of

GOOD = FrontSettings(
    listeners=[Listener.of("udp:203.0.113.5:5060"), Listener.of("tcp:203.0.113.5:5060")],
    directory=Path("/srv/front of ours"),
    inside=Place.of("127.0.0.1:5080"),
    gateways=[Place.of("127.0.0.1:5060"), Place.of("127.0.0.1:5062")],
    secret="s3cret",
)
TLS = Listener.of("tls:203.0.113.5:5061")


def configuration(**changes: object) -> str:
    return files_of(dataclasses.replace(GOOD, **changes))["kamailio.cfg"]


def test_what_it_listens_on() -> None:
    text = configuration()

    assert "listen=udp:203.0.113.5:5060\nlisten=tcp:203.0.113.5:5060\nlisten=udp:127.0.0.1:5080\n" in text
    assert "enable_tls" not in text
    assert "@" not in text.replace("@KEEP", "")


def test_behind_nat_it_tells_its_public_address() -> None:
    assert "listen=udp:203.0.113.5:5060 advertise 198.51.100.7:5060\n" in configuration(public_host="198.51.100.7")


def test_udp_alone_opens_no_stream() -> None:
    text = configuration(listeners=[Listener.of("udp:203.0.113.5:5060")])

    assert "disable_tcp=yes" in text
    assert "tcpops" not in text


def test_tls_has_a_certificate() -> None:
    files = files_of(dataclasses.replace(GOOD, listeners=[TLS], certificate="/etc/ssl/a.pem", key="/etc/ssl/a.key"))

    assert 'certificate = "/etc/ssl/a.pem"\nprivate_key = "/etc/ssl/a.key"\n' in files["tls.cfg"]
    assert "listen=tls:203.0.113.5:5061" in files["kamailio.cfg"]


def test_the_gateways() -> None:
    assert files_of(GOOD)["gateways"] == "1 sip:127.0.0.1:5060\n1 sip:127.0.0.1:5062\n"


def test_sound_of_gateways_on_loopback_is_told_to_be_outside() -> None:
    assert 'fix_nated_sdp("10", "203.0.113.5")' in configuration()
    assert 'fix_nated_sdp("10", "198.51.100.7")' in configuration(public_host="198.51.100.7")
    assert 'fix_nated_sdp("10", ' not in configuration(gateways=[Place.of("10.0.0.5:5060")])


def test_the_secret_itself_is_not_in_it() -> None:
    assert "s3cret" not in configuration()
    assert configuration() != configuration(secret="another")
    assert "s3cret" not in repr(GOOD)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "203.0.113.5",
        "203.0.113.5:0",
        "203.0.113.5:65536",
        "0.0.0.0:5060",
        "203.0.113.500:5060",
        "example.com:5060",
        '203.0.113.5:5060\nloadmodule "exec.so"',
        "203.0.113.5:5060 ",
        "٢٠٣.0.113.5:5060",
    ],
)
def test_no_place(text: str) -> None:
    with pytest.raises(BadSetting):
        Place.of(text)


@pytest.mark.parametrize("text", ["203.0.113.5:5060", "sctp:203.0.113.5:5060", "udp:", 'udp:1.2.3.4:5060"'])
def test_no_listener(text: str) -> None:
    with pytest.raises(BadSetting):
        Listener.of(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"listeners": []},
        {"gateways": []},
        {"secret": ""},
        {"listeners": [TLS]},
        {"listeners": [TLS], "certificate": "/a.pem", "key": '/a.key"\n[server:any]'},
        {"inside": Place.of("127.0.0.1:5060")},
        {"inside": Place.of("203.0.113.5:5060")},
        {"gateways": [Place.of("203.0.113.5:5060")]},
        {"listeners": [Listener.of("udp:203.0.113.5:5060")] * 2},
        {"public_host": 'a.example"\n'},
        {"public_host": "sip.example.com"},
        {"directory": Path('/srv/a"b')},
        {"directory": Path("/srv/a\nb")},
        {"directory": Path("/srv/a;b")},
        {"directory": Path("/" + "long" * 30)},
    ],
)
def test_what_no_front_can_run_with(changes: dict[str, object]) -> None:
    with pytest.raises(BadSetting):
        configuration(**changes)
