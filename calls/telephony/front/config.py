"""The configuration of kamailio, from the installation's settings. Nothing that a customer wrote enters it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Final, Self

TEMPLATE: Final = Path(__file__).with_name("kamailio.cfg")
MODULES: Final = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64")
# What digest hashes a password with, so that it is not to be changed.
REALM: Final = "sip"
# Lines whose user and number are the same, each with a password of its own.
MOST_ALIKE: Final = 4
MOST_FAILURES: Final = 10
BAN_SECONDS: Final = 300
# A call of ours ends before that.
CALL_SECONDS: Final = 4 * 3600
# New calls a second from one address of a trunk.
TRUNK_RATE: Final = 100
STREAM_SECONDS: Final = 30
MOST_STREAMS: Final = 1024
# The kernel takes no longer name for a socket.
MOST_PATH: Final = 100

_PLACE: Final = re.compile(r"(?P<host>[0-9.]{7,15}):(?P<port>[0-9]{1,5})\Z", re.ASCII)
_MARK: Final = re.compile(r"@([A-Z_]+)@")
_STREAMS: Final = ("tcp", "tls")


class BadSetting(ValueError):
    """A setting of the front is none that it can run with. The message is for the operator."""


@dataclass(frozen=True)
class Place:
    """An IPv4 address and a port."""

    host: str
    port: int

    @classmethod
    def of(cls, text: str) -> Self:
        """From `203.0.113.5:5060`. Raises BadSetting."""
        match = _PLACE.match(text)
        host = match["host"] if match else ""
        port = int(match["port"]) if match else 0
        if not match or not _is_address(host) or not 0 < port < 65_536 or host == "0.0.0.0":  # noqa: S104  # is refused
            raise BadSetting(f"{text!r} is no IPv4 address of an interface with a port, such as 203.0.113.5:5060.")
        return cls(host, port)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        return IPv4Address(self.host).is_loopback


@dataclass(frozen=True)
class Listener:
    """Where strangers reach it."""

    transport: str
    place: Place

    @classmethod
    def of(cls, text: str) -> Self:
        """From `udp:203.0.113.5:5060`. Raises BadSetting."""
        transport, _, place = text.partition(":")
        if transport not in ("udp", *_STREAMS):
            raise BadSetting(f"{text!r} begins with none of udp:, tcp: and tls:.")
        return cls(transport, Place.of(place))


@dataclass(frozen=True)
class FrontSettings:
    """What the operator decides."""

    listeners: Sequence[Listener]
    directory: Path
    inside: Place
    gateways: Sequence[Place]
    # Signs what has to come back unchanged.
    secret: str = field(repr=False)
    # What trunks know us as, where that is not the listeners' own address; empty: it is.
    public_host: str = ""
    certificate: str = ""
    key: str = ""

    def check(self) -> None:
        """Raises BadSetting."""
        if not self.listeners:
            raise BadSetting("The front has nowhere to listen: set SIP_FRONT, such as udp:203.0.113.5:5060.")
        if not self.secret:
            raise BadSetting("The front signs with a secret, and has none.")
        if not self.gateways:
            raise BadSetting("The front has no gateway: set SIP_FRONT_GATEWAYS, or SIP_HOST and SIP_PORT.")
        taken = [(listener.transport, listener.place) for listener in self.listeners]
        if ("udp", self.inside) in taken or self.inside in self.gateways:
            raise BadSetting("SIP_FRONT_INSIDE is where the front speaks with gateways, and nothing else's.")
        if len(set(taken)) != len(taken) or any(("udp", gateway) in taken for gateway in self.gateways):
            raise BadSetting("Two of the front's listeners and gateways are at one place.")
        if self.public_host and not _is_address(self.public_host):
            raise BadSetting(f"SIP_FRONT_PUBLIC_HOST is no IPv4 address: {self.public_host!r}.")
        if self.has_tls and not (self.certificate and self.key):
            raise BadSetting("A TLS listener needs SIP_FRONT_CERTIFICATE and SIP_FRONT_KEY.")
        for path in (str(self.directory), self.certificate, self.key):
            if re.search(r"[\"\\\n\r\0;=]", path):
                raise BadSetting(f"The front cannot use a path with such characters: {path!r}.")
        if len(str(self.directory)) > MOST_PATH - len("/control"):
            raise BadSetting(f"SIP_FRONT_DIR is too long for a socket in it: {self.directory}.")

    @property
    def has_tls(self) -> bool:
        return any(listener.transport == "tls" for listener in self.listeners)

    @property
    def has_streams(self) -> bool:
        return any(listener.transport in _STREAMS for listener in self.listeners)

    @property
    def sound_host(self) -> str:
        """What stands for a gateway's address in descriptions of sound; empty: they are right as they are."""
        outside = self.public_host or self.listeners[0].place.host
        is_elsewhere = not IPv4Address(outside).is_loopback
        return outside if is_elsewhere and all(gateway.is_loopback for gateway in self.gateways) else ""


def _is_address(text: str) -> bool:
    try:
        return str(IPv4Address(text)) == text
    except AddressValueError:
        return False


def files_of(its: FrontSettings) -> dict[str, str]:
    """What stands in which file of the directory. Raises BadSetting."""
    its.check()
    return {
        "kamailio.cfg": _kamailio(its),
        "gateways": "".join(f"1 sip:{gateway}\n" for gateway in its.gateways),
        **({"tls.cfg": _tls(its)} if its.has_tls else {}),
    }


def modules() -> Path | None:
    """Where kamailio's modules are on this machine."""
    for place in MODULES:
        for found in sorted([*Path(place).glob("kamailio/modules"), *Path(place).glob("*/kamailio/modules")]):
            return found
    return None


def _kamailio(its: FrontSettings) -> str:
    where = modules()
    values = {
        "LISTENERS": "\n".join(_listeners(its)),
        "MODULES": f"{where or '/usr/lib/kamailio/modules'}/",
        "DIRECTORY": str(its.directory),
        "INSIDE_HOST": its.inside.host,
        "INSIDE_PORT": str(its.inside.port),
        "REALM": REALM,
        "SECRET": hashlib.sha256(its.secret.encode()).hexdigest(),
        "MOST_ALIKE": str(MOST_ALIKE),
        "MOST_FAILURES": str(MOST_FAILURES),
        "BAN_SECONDS": str(BAN_SECONDS),
        "CALL_SECONDS": str(CALL_SECONDS),
        "TRUNK_RATE": str(TRUNK_RATE),
        "STREAM_MODULES": "\n".join(_stream_modules(its)),
        "KEEP_STREAM": _keep_stream(its),
        "SOUND": f'if (has_body("application/sdp")) fix_nated_sdp("10", "{its.sound_host}");' if its.sound_host else "",
    }
    return _MARK.sub(lambda mark: values[mark[1]], TEMPLATE.read_text())


def _listeners(its: FrontSettings) -> list[str]:
    known_as = its.public_host
    lines = [
        f"listen={listener.transport}:{listener.place}"
        + (f" advertise {known_as}:{listener.place.port}" if known_as else "")
        for listener in its.listeners
    ]
    lines.append(f"listen=udp:{its.inside}")
    if not its.has_streams:
        return ["disable_tcp=yes", *lines]
    # A stranger's connection is closed soon, that of a call is kept.
    lines += [f"tcp_max_connections={MOST_STREAMS}", f"tcp_connection_lifetime={STREAM_SECONDS}", "tcp_async=yes"]
    return [*(["enable_tls=yes", f"tls_max_connections={MOST_STREAMS}"] if its.has_tls else []), *lines]


def _stream_modules(its: FrontSettings) -> list[str]:
    lines = ['loadmodule "tcpops.so"'] if its.has_streams else []
    if its.has_tls:
        lines += ['loadmodule "tls.so"', f'modparam("tls", "config", "{its.directory}/tls.cfg")']
    return lines


def _keep_stream(its: FrontSettings) -> str:
    return f'if ($proto != "udp") tcp_set_connection_lifetime("{CALL_SECONDS}");' if its.has_streams else ""


def _tls(its: FrontSettings) -> str:
    return (
        "[server:default]\n"
        "method = TLSv1.2+\n"
        f'certificate = "{its.certificate}"\n'
        f'private_key = "{its.key}"\n'
        "verify_certificate = no\n"
        "require_certificate = no\n"
        "[client:default]\n"
        "method = TLSv1.2+\n"
        "verify_certificate = yes\n"
        "require_certificate = yes\n"
    )
