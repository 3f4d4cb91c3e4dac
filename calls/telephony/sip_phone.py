"""The SIP stack of a process: baresip, its one Runtime, the identities that it calls as, and whose event is whose."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import baresip
from baresip.call import Call
from baresip.errors import BaresipError
from baresip.events import Event, StackEvent
from baresip.runtime import Runtime
from baresip.ua import UserAgent

from calls.telephony.sip_sound_guard import SoundGuard
from calls.telephony.sip_trace import SipTrace, Trace
from calls.telephony.sip_trunk import Trunk, look_up

logger = logging.getLogger(__name__)

# Calls that come in are refused, whoever sends them.
ANY_HOST: Final = "0.0.0.0"  # noqa: S104
RTP_TIMEOUT_SECONDS: Final = 15
# Calls whose events came before it was known whose they are: a peer may answer while the INVITE's own reply is on its way.
MOST_UNCLAIMED: Final = 256

Listener = Callable[[StackEvent], None]


@dataclass(frozen=True)
class SipSettings:
    """What of SIP is the installation's. An empty host: the interface of the way out; port 0: any that is free."""

    host: str = ""
    port: int = 0
    rtp_ports: str = "20000-29999"
    ca_file: str = "/etc/ssl/certs/ca-certificates.crt"
    allow_private: bool = False
    most_calls: int = 80


class SipPhone:
    """Dials calls. The stack begins with the first of them, so that a gateway without lines opens no port."""

    def __init__(self, settings: SipSettings) -> None:
        self._settings = settings
        self._runtime: Runtime | None = None
        self._starting = asyncio.Lock()
        self._trace = SipTrace()
        self._guard = SoundGuard()
        # By trunk and number. The stack keeps an identity until it ends, so each is made once.
        self._agents: dict[tuple[Trunk, str, str], UserAgent] = {}
        self._listeners: dict[int, Listener] = {}
        self._unclaimed: dict[int, list[StackEvent]] = {}
        self._refusing: set[asyncio.Task[None]] = set()

    async def dial(self, trunk: Trunk, *, to_number: str, from_number: str, listener: Listener) -> Call:
        """Send the INVITE. What becomes of it comes to the listener, also what came before this returns.

        Raises TrunkUnreachable, BaresipError and ValueError.
        """
        host = await look_up(trunk.domain, trunk.port, allow_private=self._settings.allow_private)
        agent = await self._agent(trunk, from_number, host)
        uri = f"sip:{to_number}@{trunk.domain}:{trunk.port};transport={trunk.transport}"
        identity = {"P-Asserted-Identity": f"<sip:{from_number}@{trunk.domain}>"}
        call = await agent.dial(uri, identity)
        self._listeners[call.handle] = listener
        for event in self._unclaimed.pop(call.handle, ()):
            listener(event)
        return call

    def forget(self, call: Call) -> None:
        """Nobody listens to this call any more."""
        self._listeners.pop(call.handle, None)

    def take_trace(self, sip_call_id: str) -> Trace:
        """The messages of a call since the last look."""
        return self._trace.take(sip_call_id)

    async def close(self) -> None:
        """End the stack, and with it every call."""
        runtime, self._runtime = self._runtime, None
        for task in self._refusing:
            task.cancel()
        if runtime is not None:
            await runtime.close()
            self._trace.detach()
            self._guard.detach()

    async def _agent(self, trunk: Trunk, number: str, host: str) -> UserAgent:
        async with self._starting:
            key = (trunk, number, host)
            if key not in self._agents:
                runtime = self._runtime or await self._start()
                self._agents[key] = await UserAgent.create(
                    runtime, self._account(trunk, number, host), transfer_policy="reject"
                )
        return self._agents[key]

    def _account(self, trunk: Trunk, number: str, host: str) -> baresip.Account:
        # With TLS the name is what the certificate is held against, so that another address gives nothing away.
        target = trunk.domain if trunk.transport == "tls" else host
        return baresip.Account(
            user=number,
            domain=trunk.domain,
            password=trunk.password,
            auth_user=trunk.username or None,
            registrar=f"sip:{target}:{trunk.port};transport={trunk.transport}",
            reg_interval=0,
            transport=trunk.transport,
            audio_codecs=("pcmu", "pcma"),
            extra_params=("mediaenc=srtp-mand",) if trunk.is_encrypted else (),
        )

    async def _start(self) -> Runtime:
        its = self._settings
        runtime = Runtime()
        self._trace.attach()
        self._guard.attach()
        await runtime.start(
            baresip.Config(
                net_interface=its.host or None,
                max_concurrent_calls=its.most_calls,
                rtp_timeout=RTP_TIMEOUT_SECONDS,
                native_log_level="error",
                sip_trace=True,
                extra_config_text=(
                    f"sip_listen {its.host or ANY_HOST}:{its.port}\n"
                    f"rtp_ports {its.rtp_ports}\n"
                    "audio_jitter_buffer_type adaptive\n"
                    "audio_jitter_buffer_ms 40-200\n"
                    "sip_verify_server yes\n"
                    f"sip_cafile {its.ca_file}\n"
                ),
            )
        )
        runtime.subscribe(self._hear)
        self._runtime = runtime
        return runtime

    def _hear(self, event: StackEvent) -> None:
        if not event.call:
            return
        if event.event is Event.CALL_INCOMING:
            self._refuse(event)
            return
        listener = self._listeners.get(event.call)
        if listener is not None:
            listener(event)
            return
        self._unclaimed.setdefault(event.call, []).append(event)
        while len(self._unclaimed) > MOST_UNCLAIMED:
            del self._unclaimed[next(iter(self._unclaimed))]

    def _refuse(self, event: StackEvent) -> None:
        """Nobody is to call in here: the stack cannot tell a trunk from a stranger."""
        if self._runtime is None:
            return
        call = Call._from_incoming(self._runtime, event)
        task = asyncio.get_running_loop().create_task(_hang_up(call))
        self._refusing.add(task)
        task.add_done_callback(self._refusing.discard)


async def _hang_up(call: Call) -> None:
    try:
        await call.reject()
    except BaresipError as error:
        logger.debug("a call that came in was gone: %s", type(error).__name__)
