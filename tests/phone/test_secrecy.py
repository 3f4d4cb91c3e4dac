"""TLS that is verified, and sound that is encrypted: against SIPp with a certificate, and Debian's baresip."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from calls.telephony.base import EndedBy, EndReason, LegEnd
from calls.telephony.sip_probe import Answer, probe
from calls.telephony.sip_trunk import Trunk
from tests.phone import sipp
from tests.phone.caller import TO, Caller, a_phone, leg_to, talk
from tests.phone.incoming import OURS, a_desk, answer
from tests.phone.test_hostile_sound import TONE, strength

pytestmark = pytest.mark.system

ALLOWS_ALL: Final = "answermode=auto;audio_codecs=pcmu,pcma"
THEIR_HERTZ: Final = 387


def certificate(folder: Path, *, host: str = "127.0.0.1") -> Path:
    """A certificate of its own authority for this address; key and certificate in one folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return folder / "cert.pem"


@contextlib.asynccontextmanager
async def their_baresip(folder: Path, *, account: str, more: str = "", calls: str = "") -> AsyncIterator[int]:
    """Debian's baresip, which answers every call, or calls this address. Gives its port, the same for UDP, and the next
    one for TLS."""
    port = sipp.free_port()
    with wave.open(str(folder / "tone.wav"), "wb") as tone:
        tone.setparams((1, 2, 8000, 0, "NONE", ""))
        tone.writeframes(
            (8000 * np.sin(np.arange(8000 * 5) * (2 * np.pi * THEIR_HERTZ / 8000))).astype("<i2").tobytes()
        )
    (folder / "config").write_text(
        f"sip_listen 127.0.0.1:{port}\nsip_certificate {folder}/both.pem\nnet_interface 127.0.0.1\n"
        "module_path /usr/lib/baresip/modules\nmodule g711.so\nmodule srtp.so\nmodule_app account.so\n"
        f"module_app menu.so\nmodule aufile.so\naudio_source aufile,{folder}/tone.wav\n"
        f"audio_player aufile,{folder}/out.wav\naudio_alert aufile,{folder}/alert.wav\nrtp_ports 31000-31999\n{more}"
    )
    (folder / "accounts").write_text(f"<sip:{TO}@127.0.0.1:{port}>;regint=0;{account};{ALLOWS_ALL}\n")
    process = await asyncio.create_subprocess_exec(
        "baresip",
        *("-f", str(folder), *(("-e", f"/dial {calls}") if calls else ())),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=(folder / "baresip.log").open("wb"),
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        await asyncio.to_thread(sipp.wait_until_bound, port, "u1")
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_certificate(tmp_path: Path, is_known: bool) -> None:
    """A trunk whose certificate is not valid gets no call."""
    ours = certificate(tmp_path)
    caller = Caller()
    async with (
        their_baresip(tmp_path, account="mediaenc=") as port,
        a_phone(ca_file=str(ours) if is_known else "/etc/ssl/certs/ca-certificates.crt") as phone,
        asyncio.timeout(20),
    ):
        leg = leg_to(port + 1, phone, caller, transport="tls")
        await leg.dial()
        done = caller.is_answered if is_known else caller.is_over
        await done.wait()
        await leg.hang_up()
        params = {"line": "line_1", "domain": "127.0.0.1", "port": port + 1, "transport": "tls", "srtp": "off"}
        trunk = Trunk.of({**params, "username": "", "password": ""})
        ca_file = str(ours) if is_known else "/etc/ssl/certs/ca-certificates.crt"
        tried = await asyncio.to_thread(probe, trunk, host="127.0.0.1", registers=False, ca_file=ca_file)

    if is_known:
        assert tried == Answer.WORKS
    else:
        assert caller.end is not None
        assert caller.end.reason == EndReason.CARRIER_ERROR
        assert tried == Answer.BAD_CERTIFICATE


async def test_srtp(tmp_path: Path) -> None:
    """Their tone comes through, and a peer that does not encrypt is hung up on."""
    caller, refused = Caller(), Caller()
    certificate(tmp_path)
    async with (
        their_baresip(tmp_path, account="mediaenc=srtp-mand") as port,
        sipp.sipp(tmp_path, sipp.answers()) as plain,
        a_phone() as phone,
        asyncio.timeout(30),
    ):
        leg = leg_to(port, phone, caller, srtp="required")
        await leg.dial()
        await caller.is_answered.wait()
        await talk(leg, [], then_silence=100)
        await leg.hang_up()
        other = leg_to(plain, phone, refused, srtp="required")
        await other.dial()
        await refused.is_over.wait()
        await other.close()

    assert caller.log[-1] == "answered"
    assert len(set(caller.sound)) > 50
    assert refused.log == ["ringing", "ended"]
    assert refused.end == LegEnd(EndReason.CARRIER_ERROR, EndedBy.CARRIER, "the far end does not encrypt")


async def test_srtp_of_calls_that_come_in(tmp_path: Path) -> None:
    """Encrypted where the line says so, else in the clear: nothing else is answered. Both sides hear each other."""
    encrypted, plain, unexpected = (tmp_path / name for name in ("encrypted", "plain", "unexpected"))
    for folder in (encrypted, plain, unexpected):
        folder.mkdir()
        certificate(folder)
    dumps = f"module sndfile.so\nsnd_path {encrypted}\n"
    async with a_desk() as (desk, phone, port), asyncio.timeout(30):
        await phone.expect_encrypted([OURS])
        ours, another = (f"sip:{number}@127.0.0.1:{port}" for number in (OURS, "+14155550102"))
        async with (
            their_baresip(plain, account="mediaenc=", calls=ours),
            their_baresip(unexpected, account="mediaenc=srtp-mand", calls=another),
        ):
            await said(plain, "session closed: 488 Not Acceptable Here")
            await said(unexpected, "session closed: 488 Not Acceptable Here")
        assert desk.invites == {}

        async with their_baresip(encrypted, account="mediaenc=srtp-mand", more=dumps, calls=ours):
            leg, heard = await answer(desk, phone, TO)
            await heard.is_answered.wait()
            await talk(leg, TONE)
            await leg.hang_up()
            await said(encrypted, "Call with")
        (dump,) = encrypted.glob("dump-*-dec.wav")

    with wave.open(str(dump), "rb") as file:
        they_heard = file.readframes(file.getnframes())
    assert desk.invites[TO].is_encrypted
    for sound, hertz, other in ((they_heard, 500, THEIR_HERTZ), (heard.sound, THEIR_HERTZ, 500)):
        assert strength(sound, hertz) > 300
        assert strength(sound, hertz) > 10 * strength(sound, other)


async def said(folder: Path, words: str) -> None:
    """Wait until their baresip logs this."""
    while words not in (folder / "baresip.log").read_text(errors="replace"):  # noqa: ASYNC110  # it tells a file, and nobody
        await asyncio.sleep(0.05)
