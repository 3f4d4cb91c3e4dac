"""The SIP stack of a process: baresip, its one Runtime, the identities that it calls as, and whose event is whose."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, cast

import baresip
from baresip.call import Call
from baresip.errors import BaresipError
from baresip.events import Event, StackEvent
from baresip.runtime import Runtime
from baresip.ua import UserAgent

from calls.telephony.sip_incoming import Incoming, Reception
from calls.telephony.sip_invite import Invites
from calls.telephony.sip_registrar import EXPIRES_SECONDS, Registrar, Registrations
from calls.telephony.sip_sound import CODECS
from calls.telephony.sip_sound_guard import SoundGuard
from calls.telephony.sip_stack import NotInThisBuild, StackThread
from calls.telephony.sip_trace import LOGGER as STACK_LOGGER
from calls.telephony.sip_trace import SipTrace, Trace
from calls.telephony.sip_trunk import PORTS, Transport, Trunk, look_up

logger = logging.getLogger(__name__)

ANY_HOST: Final = "0.0.0.0"  # noqa: S104
RTP_TIMEOUT_SECONDS: Final = 15
# Calls whose events came before it was known whose they are: a peer may answer while the INVITE's own reply is on its way.
MOST_UNCLAIMED: Final = 256
# A port that another gateway of the machine has is tried again: it may end.
LISTEN_AGAIN_SECONDS: Final = 5.0
# Whom the identity that takes calls is of: nobody's.
OURS: Final = "vaniagent.invalid"

Listener = Callable[[StackEvent], None]


@dataclass(frozen=True)
class SipSettings:
    """What of SIP is the installation's.

    `host` and `port` are where calls come in. A loopback host is listened on beside the way out; another one is the only one,
    and calls go out from it too. An empty host: the way out alone; port 0: any that is free.
    """

    host: str = ""
    port: int = 0
    rtp_ports: str = "20000-29999"
    ca_file: str = "/etc/ssl/certs/ca-certificates.crt"
    allow_private: bool = False
    most_calls: int = 80
    rtp_timeout: int = RTP_TIMEOUT_SECONDS


class SipPhone:
    """Dials calls, and takes them. The stack begins with the first that is dialled, or with `open`, so that a gateway
    without lines opens no port."""

    def __init__(self, settings: SipSettings) -> None:
        self._settings = settings
        self._runtime: Runtime | None = None
        self._thread: StackThread | None = None
        self._starting = asyncio.Lock()
        self._trace = SipTrace()
        self._guard = SoundGuard()
        self._invites = Invites()
        self._incoming: Incoming | None = None
        self._registrar: Registrar | None = None
        # By trunk and number. The stack keeps an identity until it ends, so each is made once.
        self._agents: dict[tuple[Trunk, str, str], UserAgent] = {}
        self._listeners: dict[int, Listener] = {}
        self._unclaimed: dict[int, list[StackEvent]] = {}
        self._encrypted: set[str] = set()
        # The SIP Call-IDs of live calls.
        self._call_ids: dict[int, str] = {}
        self._work: set[asyncio.Task[None]] = set()

    def receive(self, *, reception: Reception, registrations: Registrations) -> Registrar:
        """Let calls in from now on, whenever the stack runs. Gives who is to be run to keep lines registered."""
        self._registrar = Registrar(
            registrations=registrations,
            make_agent=self._make_registered,
            allow_private=self._settings.allow_private,
        )
        self._incoming = Incoming(
            reception=reception,
            invites=self._invites,
            refuse=self._refuse_with,
            line_of=self._registrar.line_of,
        )
        return self._registrar

    async def open(self) -> None:
        """Begin the stack, so that calls can come in. Safe to repeat. Raises BaresipError."""
        async with self._starting:
            if self._runtime is None:
                await self._start()

    async def expect_encrypted(self, numbers: Iterable[str]) -> None:
        """Encrypt the sound of calls to these numbers. Others' is in the clear: a description of both suits few. Raises
        BaresipError."""
        async with self._starting:
            runtime = self._runtime
            for number in set(numbers) - self._encrypted:
                if runtime is not None:
                    self._encrypted.add(number)
                    await _expect(runtime, number, "mediaenc=srtp-mand")
                    await _expect(runtime, number.removeprefix("+"), "mediaenc=srtp-mand")

    def stop_receiving(self) -> None:
        """Take no new calls."""
        if self._incoming is not None:
            self._incoming.is_closed = True

    async def pick_up(self, call_id: str, listener: Listener) -> Call | None:
        """Answer a call that rings here; what becomes of it comes to the listener. None where it is gone. Raises
        BaresipError."""
        call = self._incoming.pick_up(call_id) if self._incoming is not None else None
        if call is not None:
            self._listeners[call.handle] = listener
            try:
                # Sound alone, answered like this, needs no second INVITE of ours.
                await call.answer(video=True)
            except BaresipError:
                self.forget(call)
                await self._refuse_with(call, 500, "Server Internal Error")
                raise
        return call

    async def dial(
        self,
        trunk: Trunk,
        *,
        to_number: str,
        from_number: str,
        listener: Listener,
        headers: Mapping[str, str] | None = None,
    ) -> Call:
        """Send the INVITE, with these headers beside its own. What becomes of it comes to the listener, also what came
        before this returns.

        Raises TrunkUnreachable, BaresipError and ValueError.
        """
        host = await look_up(trunk.domain, trunk.port, allow_private=self._settings.allow_private)
        agent = await self._agent(trunk, from_number, host)
        uri = f"sip:{to_number}@{trunk.domain}:{trunk.port};transport={trunk.transport}"
        identity = {"P-Asserted-Identity": f"<sip:{from_number}@{trunk.domain}>"}
        call = await agent.dial(uri, {**(headers or {}), **identity})
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
        if self._incoming is not None:
            await self._incoming.close()
        runtime, self._runtime = self._runtime, None
        for task in self._work:
            task.cancel()
        if runtime is not None:
            await runtime.close()
            self._trace.detach()
            self._guard.detach()
            logging.getLogger(STACK_LOGGER).removeHandler(self._invites)

    async def _agent(self, trunk: Trunk, number: str, host: str) -> UserAgent:
        async with self._starting:
            key = (trunk, number, host)
            if key not in self._agents:
                runtime = self._runtime or await self._start()
                self._agents[key] = await UserAgent.create(
                    runtime, self._account(trunk, number, host), transfer_policy="reject"
                )
        return self._agents[key]

    async def _make_registered(self, trunk: Trunk, host: str) -> UserAgent:
        """An identity that can be registered."""
        async with self._starting:
            runtime = self._runtime or await self._start()
            account = self._account(trunk, trunk.username.partition("@")[0], host, registers=True)
            return await UserAgent.create(runtime, account, transfer_policy="reject")

    def _account(self, trunk: Trunk, number: str, host: str, *, registers: bool = False) -> baresip.Account:
        # With TLS the name is what the certificate is held against, so that another address gives nothing away.
        target = trunk.domain if trunk.transport == "tls" else host
        return baresip.Account(
            user=number,
            domain=trunk.domain,
            password=trunk.password,
            auth_user=trunk.username or None,
            registrar=f"sip:{target}:{trunk.port};transport={trunk.transport}",
            reg_interval=EXPIRES_SECONDS if registers else 0,
            transport=trunk.transport,
            audio_codecs=CODECS,
            extra_params=("mediaenc=srtp-mand",) if trunk.is_encrypted else (),
        )

    async def _start(self) -> Runtime:
        its = self._settings
        is_aside = _is_loopback(its.host)
        runtime = Runtime()
        self._trace.attach()
        self._guard.attach()
        logging.getLogger(STACK_LOGGER).addHandler(self._invites)
        await runtime.start(
            baresip.Config(
                net_interface=None if is_aside or its.host == ANY_HOST else its.host or None,
                max_concurrent_calls=its.most_calls,
                rtp_timeout=its.rtp_timeout,
                native_log_level="error",
                sip_trace=True,
                extra_config_text=(
                    f"sip_listen {ANY_HOST if is_aside else its.host or ANY_HOST}:{0 if is_aside else its.port}\n"
                    f"rtp_ports {its.rtp_ports}\n"
                    "audio_jitter_buffer_type adaptive\n"
                    "audio_jitter_buffer_ms 40-200\n"
                    "sip_verify_server yes\n"
                    # What a trunk calls a registered line by, and nobody else can guess.
                    "sip_cuser_random yes\n"
                    f"sip_cafile {its.ca_file}\n"
                ),
            )
        )
        runtime.subscribe(self._hear)
        self._runtime = runtime
        self._thread = StackThread(runtime)
        try:
            await self._thread.keep_the_door()
        except (NotInThisBuild, TimeoutError) as error:
            logger.error("INVITEs that do the SIP stack harm are let through: %s", error)
        if is_aside:
            await self._listen_aside(self._thread)
        if self._incoming is not None:
            await _expect(runtime, "calls", "catchall=yes")
        return runtime

    async def _listen_aside(self, thread: StackThread) -> None:
        """Be on loopback as well. Where the port is another gateway's, calls come in there until it ends."""
        host, port = self._settings.host, self._settings.port
        try:
            if await thread.listen(host, port):
                return
            logger.warning("another process takes SIP calls here", extra={"host": host, "port": port})
            # Calls go out to loopback from there meanwhile.
            await thread.listen(host, 0)
        except (NotInThisBuild, OSError) as error:
            logger.error("calls cannot come in on loopback: %s", error)
            return
        self._spawn(self._listen_later(thread))

    async def _listen_later(self, thread: StackThread) -> None:
        is_there = False
        while not is_there:
            await asyncio.sleep(LISTEN_AGAIN_SECONDS)
            is_there = await thread.listen(self._settings.host, self._settings.port)
        logger.info("SIP calls come in here now")

    def _hear(self, event: StackEvent) -> None:
        if not event.call:
            if self._registrar is not None:
                self._registrar.take(event)
            return
        if event.call_id:
            self._call_ids[event.call] = event.call_id
        if event.event is Event.CALL_INCOMING:
            self._let_in(event)
        elif (listener := self._listeners.get(event.call)) is not None:
            listener(event)
        elif self._incoming is None or not self._incoming.take(event):
            self._unclaimed.setdefault(event.call, []).append(event)
            while len(self._unclaimed) > MOST_UNCLAIMED:
                del self._unclaimed[next(iter(self._unclaimed))]
        if event.event is Event.CALL_CLOSED:
            self._call_ids.pop(event.call, None)

    def _let_in(self, event: StackEvent) -> None:
        if self._runtime is None:
            return
        call = Call._from_incoming(self._runtime, event)
        if self._incoming is None:
            self._spawn(self._refuse_with(call, 486, "Busy Here"))
        else:
            self._incoming.arrive(call, event)

    async def _refuse_with(self, call: Call, status: int, reason: str) -> None:
        """The stack finds calls by their Call-ID, which is the caller's to choose: it may be another call's."""
        sip_call_id = self._call_ids.get(call.handle, "")
        is_its_own = sip_call_id != "" and list(self._call_ids.values()).count(sip_call_id) == 1
        if is_its_own and self._thread is not None:
            try:
                if await self._thread.refuse(sip_call_id, status, reason):
                    return
            except (NotInThisBuild, TimeoutError):
                logger.debug("the stack refuses with its own word")
        try:
            await call.reject()
        except BaresipError as error:
            logger.debug("a call that came in was gone: %s", type(error).__name__)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)


async def _expect(runtime: Runtime, user: str, how: str) -> None:
    """Make identities that are called by this name, and call nobody: one a transport, as the stack looks for them."""
    for transport in PORTS:
        account = baresip.Account(
            user=user,
            domain=OURS,
            password="",
            reg_interval=0,
            transport=cast(Transport, transport),
            audio_codecs=CODECS,
            extra_params=(how,),
        )
        await UserAgent.create(runtime, account, transfer_policy="reject")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
