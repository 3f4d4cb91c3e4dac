"""A trunk for many calls: SIPp answers them, and `ops.rtp_peer` is their sound."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calls.audio.g711 import ulaw_encode
from calls.audio.resample import resample
from calls.voice.providers.stt import RATE, sample_of_speech
from ops.rtp_peer import LOOPBACK, Peer, rtp_peer

NUMBER = "+14155550101"
START_SECONDS = 10.0
# What the person says: two seconds of speech in each eight.
SPEAKS_AT, ROUND = 3, 8

_SCENARIO = """<?xml version="1.0" encoding="us-ascii"?>
<scenario name="trunk">
  <recv request="INVITE" crlf="true" rrs="true"></recv>
  <label id="1"/>
  <send><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]trunk[call_number]
      [last_Call-ID:]
      [last_CSeq:]
      Contact: <sip:[local_ip]:[local_port];transport=[transport]>
      Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=trunk 1 1 IN IP4 127.0.0.1
      s=-
      c=IN IP4 127.0.0.1
      t=0 0
      m=audio {sound} RTP/AVP 0
      a=rtpmap:0 PCMU/8000
  ]]></send>
  <recv request="INVITE" optional="true" next="1" timeout="40000"></recv>
  <recv request="ACK"></recv>
  <label id="2"/>
  <recv request="ACK" optional="true" next="2" timeout="120000"></recv>
  <recv request="INVITE" optional="true" next="2"></recv>
  <recv request="BYE"></recv>
  <label id="3"/>
  <send><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

  ]]></send>
  <recv request="BYE" timeout="5000" ontimeout="4" next="3"></recv>
  <label id="4"/>
</scenario>
"""


@dataclass
class Trunk:
    """One that answers. Its `peer` tells what it heard when the trunk is gone."""

    port: int
    peer: Peer


@contextlib.contextmanager
def trunk(folder: Path, *, percent: float = 2.0) -> Iterator[Trunk]:
    """A trunk that answers every call at once, and loses so many packets, until the block ends.

    It does not ring, and answers each time that an INVITE comes, by its script: SIPp's own way of that (without -nr) falls
    silent for good when an INVITE comes again just as the answer is due again.
    """
    if shutil.which("sipp") is None:
        raise FileNotFoundError("SIPp is not installed: scripts/install-system-packages does that.")
    sound = folder / "sound.ulaw"
    sound.write_bytes(_speech())
    port = _free_port()
    with rtp_peer(sound, percent=percent) as peer:
        script = folder / "trunk.xml"
        script.write_text(_SCENARIO.replace("{sound}", str(peer.port)))
        process = subprocess.Popen(
            ["sipp", "-sf", str(script), "-i", LOOPBACK, "-p", str(port), "-nr", "-nostdin", "-recv_timeout", "180000"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until_bound(port)
            yield Trunk(port, peer)
        finally:
            process.kill()
            process.wait()


def _speech() -> bytes:
    said = (sample_of_speech() * 32767).astype("<i2").tobytes()
    telephone = resample(said, from_rate=RATE, to_rate=8000)
    quiet = np.zeros(8000, "<i2").tobytes()
    after = quiet * ROUND
    return ulaw_encode((quiet * SPEAKS_AT + telephone + after)[: ROUND * len(quiet)])


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _wait_until_bound(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                return
        time.sleep(0.05)
    raise TimeoutError("SIPp does not listen")
