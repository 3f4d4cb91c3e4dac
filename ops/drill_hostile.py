"""The drill of hostile SIP: live calls go on while strangers send what they can to the gateway, its front and the ports of sound."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from calls.telephony.front import control
from ops import sipfront
from ops.drill_capacity import (
    ENV,
    SETTLE_SECONDS,
    customer_with_line,
    holdings,
    instant_stack,
    leaks,
    place_all,
    what_legs_say,
)
from ops.leftovers import left_over
from ops.processes import LOOPBACK, free_port
from ops.rtp_peer import GAP_MS
from ops.stack import Stack
from ops.strangers import PACKETS, STRANGER, pour
from ops.torture import messages, random_damage
from ops.trunk import trunk

AT_ONCE = 8
ROUNDS = int(os.environ.get("DRILL_ROUNDS", "4"))
# A second, of each kind.
RATE = float(os.environ.get("DRILL_RATE", "1000"))
STREAMS = 300
# Damaged beyond what the front lets through, a few calls stay with the stack (docs/security.md).
SOCKETS_A_CALL, MOST_KEPT = 4, 20
MOST_GROWN = 150_000_000
# One hole in so many packets is the machine's own.
PACKETS_A_GAP = 2_000

# As the good messages have it.
CONTACT = b"\r\nContact: <sip:caller@192.0.2.1>\r\n"

Place = tuple[str, int]


def hostile_sip() -> list[str]:
    """Run the drill. Gives what was not as promised."""
    if sipfront.find(os.environ) is None:
        return ["kamailio is not installed: scripts/install-system-packages does that."]
    gateway, front = (LOOPBACK, free_port("drill gateway")), (LOOPBACK, free_port("drill front"))
    env = {
        **ENV,
        "SIP_PORT": str(gateway[1]),
        "SIP_FRONT": "udp:{0}:{1},tcp:{0}:{1}".format(*front),
        "SIP_FRONT_INSIDE": f"{LOOPBACK}:{free_port('drill inside')}",
    }
    with tempfile.TemporaryDirectory(prefix="vaniagent-drill-") as folder, instant_stack(env) as stack:
        with trunk(Path(folder), percent=0) as line:
            customer = customer_with_line(stack, line.port)
            place_all(customer, calls=AT_ONCE, at_once=AT_ONCE)
            before, pids = holdings(stack), _pids(stack)
            ending = threading.Event()
            attacks = _attacks(gateway, front, stack.pid("gateway") or 0, ending)
            with ThreadPoolExecutor(len(attacks)) as pool:
                sent = {what: pool.submit(attack) for what, attack in attacks.items()}
                try:
                    ends = place_all(customer, calls=AT_ONCE * ROUNDS, at_once=AT_ONCE)
                finally:
                    ending.set()
            time.sleep(SETTLE_SECONDS)
            after, shared = holdings(stack), _shared_memory(stack)
            is_there = _answers(front)
            place_all(customer, calls=1, at_once=1)
        heard, faults = line.peer.heard, left_over(stack)
        details = what_legs_say(stack)
        now = _pids(stack)

    for what, count in sent.items():
        print(f"{count.result():>9,} {what}")
    print(f"{AT_ONCE * ROUNDS} calls meanwhile: {dict(ends)}")
    print(f"RTP: {heard.packets:,} packets, p99 {heard.percentile(99)} ms apart; {heard.gaps} gaps over {GAP_MS} ms")
    print(f"kamailio's shared memory: {shared / 1e6:.1f} of {sipfront.SHARED} MB")
    faults += [f"{count} calls ended as {end}" for end, count in ends.items() if end != "max_duration"]
    faults += details
    faults += [fault for fault in leaks(before, after) if not fault.startswith("gateway holds")]
    kept = (after["gateway"].sockets - before["gateway"].sockets) / SOCKETS_A_CALL if "gateway" in after else 0
    if kept > MOST_KEPT:
        faults.append(f"the gateway keeps {kept:.0f} calls that are none")
    faults += [f"{name} died" for name, pid in pids.items() if now.get(name) != pid]
    faults += [
        f"{name} grew by {(after[name].memory - old.memory) / 1e6:.0f} MB"
        for name, old in before.items()
        if name in after and after[name].memory - old.memory > MOST_GROWN
    ]
    if heard.gaps > heard.packets / PACKETS_A_GAP:
        faults.append(f"{heard.gaps} gaps over {GAP_MS} ms in what the far end heard")
    if not is_there:
        faults.append("the front answers its trunk no more")
    return faults


def _attacks(gateway: Place, front: Place, pid: int, ending: threading.Event) -> dict[str, Callable[[], int]]:
    """What strangers do until the end, and each tells how often."""

    def until_the_end(batches: Iterator[Iterable[bytes]], to: Place) -> int:
        sent = 0
        for batch in batches:
            if ending.is_set():
                break
            sent += pour(batch, to=to, rate=RATE)
        return sent

    return {
        "messages to the gateway": lambda: until_the_end(map(_as_through_a_front, _batches(gateway)), gateway),
        "messages to the front": lambda: until_the_end(_batches(front), front),
        "requests to the front from ever new addresses": lambda: _from_everywhere(front, ending),
        "packets to ports of sound": lambda: _sound(pid, ending),
        "streams to the front": lambda: _streams(front, ending),
    }


def _batches(to: Place) -> Iterator[list[bytes]]:
    """Torture, then damage, without end."""
    target = f"{to[0]}:{to[1]}"
    for seed in itertools.count():
        yield list(messages(target).values())
        yield list(random_damage(target, seed=seed, count=300))


def _as_through_a_front(batch: Iterable[bytes]) -> list[bytes]:
    """Without what the front would stop: a call that names no way back is kept by the stack for ever."""
    return [message for message in batch if not message.startswith(b"INVITE") or CONTACT in message]


def _from_everywhere(to: Place, ending: threading.Event) -> int:
    sent, began = 0, time.monotonic()
    while not ending.is_set():
        host = f"127.{1 + sent // 62_500 % 250}.{sent // 250 % 250}.{1 + sent % 250}"
        request = (
            f"INVITE sip:+49{sent}@{to[0]} SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bK{sent}\r\n"
            f"From: <sip:a@{host}>;tag={sent}\r\nTo: <sip:b@{to[0]}>\r\nCall-ID: {sent}\r\nCSeq: 1 INVITE\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth, contextlib.suppress(OSError):
            mouth.bind((host, 0))
            mouth.sendto(request.encode(), to)
        sent += 1
        time.sleep(max(0.0, began + sent / RATE - time.monotonic()))
    return sent


def _sound(pid: int, ending: threading.Event) -> int:
    """Each kind in its turn, to all ports that the gateway has open at the time."""
    sent = 0
    for what in itertools.cycle(PACKETS):
        ports = _ports_of(pid)
        for number in range(50):
            if ending.wait(0.001):
                return sent
            for port in ports:
                sent += pour([PACKETS[what](number)], to=(LOOPBACK, port), rate=RATE)
    return sent


def _ports_of(pid: int) -> list[int]:
    with contextlib.suppress(psutil.Error):
        return [end.laddr.port for end in psutil.Process(pid).net_connections("udp4") if end.laddr]
    return []


def _streams(to: Place, ending: threading.Event) -> int:
    """Connections that say nothing, or nonsense, and are left open."""
    opened, streams = 0, []
    with contextlib.ExitStack() as stack:
        while not ending.wait(0.05):
            with contextlib.suppress(OSError):
                stream = socket.create_connection(to, timeout=1, source_address=(STRANGER, 0))
                stream.settimeout(0.2)
                streams.append(stack.enter_context(stream))
                if opened % 2:
                    stream.sendall(b"INVITE sip:" + b"x" * 2_000)
                opened += 1
            while len(streams) > STREAMS:
                streams.pop(0).close()
    return opened


def _answers(front: Place) -> bool:
    """Whether it hears a trunk: this machine's own address is that of the line."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((LOOPBACK, 0))
        wire.settimeout(2)
        port = wire.getsockname()[1]
        request = (
            f"OPTIONS sip:{front[0]} SIP/2.0\r\nVia: SIP/2.0/UDP {LOOPBACK}:{port};rport;branch=z9hG4bKdrill\r\n"
            f"From: <sip:a@{LOOPBACK}>;tag=1\r\nTo: <sip:b@{front[0]}>\r\nCall-ID: drill\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        wire.sendto(request.encode(), front)
        try:
            return wire.recv(65_535).startswith(b"SIP/2.0 200")
        except TimeoutError:
            return False


def _pids(stack: Stack) -> dict[str, int | None]:
    return {name: stack.pid(name) for name in ("gateway", sipfront.KAMAILIO, "sipfront")}


def _shared_memory(stack: Stack) -> float:
    told = control.ask(sipfront.directory(stack.env, stack.var_dir), "core.shmmem")
    return float(told["max_used"])
