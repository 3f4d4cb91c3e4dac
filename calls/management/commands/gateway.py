"""`manage.py gateway`: the process that holds telephone legs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from baresip.errors import BaresipError
from django.conf import settings
from django.core.management.base import BaseCommand

from calls.audio.speech_client import SpeechClient
from calls.bus import Bus, BusAway, process_name
from calls.leg_store import DjangoLegStore, TraceKeeper
from calls.reception import DjangoReception, DjangoRegistrations
from calls.services.background import Jobs
from calls.telephony.base import LegFactory, LegKind
from calls.telephony.holder import Holder
from calls.telephony.recording import Recorder
from calls.telephony.relay import Relay
from calls.telephony.sandbox import sandbox_legs
from calls.telephony.sip import sip_legs
from calls.telephony.sip_phone import SipPhone, SipSettings
from calls.telephony.store import StoreAway
from calls.telephony.twilio import TwilioPhone, twilio_legs
from calls.telephony.twilio_rest import TwilioRest
from calls.twilio_book import DjangoBook

logger = logging.getLogger(__name__)

# Frames wait for nobody; what else runs on the machine may wait for frames.
NICENESS: Final = -5
# How soon a gateway sees that a line expects calls.
LOOK_SECONDS: Final = 2.0


class Command(BaseCommand):
    help = "Hold telephone legs: dial, pace and record them, and carry their sound to and from the calls workers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--max-legs", type=int, default=settings.GATEWAY_MAX_LEGS)
        parser.add_argument(
            "--drain-seconds",
            type=float,
            default=settings.GATEWAY_DRAIN_SECONDS,
            help="What live calls are given to end by themselves after SIGTERM",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # Refused to an ordinary user, and no harm.
        with contextlib.suppress(OSError):
            os.nice(NICENESS)
        asyncio.run(hold_legs(max_legs=options["max_legs"], drain_seconds=options["drain_seconds"]))


async def hold_legs(*, max_legs: int, drain_seconds: float) -> None:
    """A gateway's life, until SIGTERM or SIGINT."""
    name = process_name("gateway")
    loop = asyncio.get_running_loop()
    recorder = Recorder(settings.RECORDINGS_DIR)
    # Calls that come in wait for names and for each other, and the legs' own writes for neither.
    with contextlib.closing(recorder), Jobs() as jobs, Jobs() as inbound_jobs:
        async with (
            SpeechClient(settings.SPEECH_URL) as speech,
            Bus(url=settings.REDIS_URL, name=name, prefix=settings.BUS_PREFIX) as bus,
        ):
            store = DjangoLegStore(name=name, kind="gateway", jobs=jobs)
            phone = SipPhone(sip_settings(max_legs))
            traces = TraceKeeper(jobs)
            twilio = TwilioPhone(
                rest=TwilioRest(api_url=settings.TWILIO_API_URL), book=DjangoBook(name=name, jobs=jobs), send=bus.send
            )
            kinds: dict[LegKind, LegFactory] = {
                LegKind.SANDBOX: sandbox_legs(speech),
                LegKind.SIP: sip_legs(phone, keep_trace=traces.keep),
                LegKind.TWILIO: twilio_legs(twilio),
            }
            relay = Relay(kinds=kinds, plan=store.plan_for_gateway, send=bus.send, clock=time.monotonic)
            holder = Holder(
                wire=bus,
                store=store,
                kinds=kinds,
                recorder=recorder,
                synthesizer=speech,
                most_legs=max_legs,
                from_carrier=twilio.take,
                relay=relay,
            )
            registrations = DjangoRegistrations(name=name, jobs=inbound_jobs)
            registrar = phone.receive(
                reception=DjangoReception(name=name, jobs=inbound_jobs), registrations=registrations
            )

            def stop() -> None:
                phone.stop_receiving()
                registrar.stop_soon()
                holder.stop(drain_seconds=drain_seconds)

            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, stop)
            async with asyncio.TaskGroup() as group:
                saying = group.create_task(_say_ready(bus, holder))
                receiving = [
                    group.create_task(work) for work in (_receive(phone, registrations), registrar.run(), relay.run())
                ]
                try:
                    await holder.run()
                finally:
                    for task in receiving:
                        task.cancel()
                    await relay.close()
                    with contextlib.suppress(BusAway):
                        await bus.flush()
                    await registrar.stop()
                    await traces.finish()
                    await phone.close()
                    twilio.close()
                saying.cancel()
    logger.info("the gateway has ended", extra={"gateway": name, "worst_tick_ms": round(holder.lateness.worst * 1000)})


def sip_settings(max_legs: int) -> SipSettings:
    """The SIP stack as the environment has it."""
    return SipSettings(
        host=settings.SIP_HOST,
        port=settings.SIP_PORT,
        rtp_ports=settings.SIP_RTP_PORTS,
        ca_file=settings.SIP_CA_FILE,
        allow_private=settings.PHONE_LINES_ALLOW_PRIVATE,
        most_calls=max_legs,
    )


async def _receive(phone: SipPhone, registrations: DjangoRegistrations) -> None:
    """Take calls as soon as a line expects any, and encrypted ones where it wants them so."""
    is_open = False
    while True:
        try:
            if not is_open and await registrations.is_inbound_wanted():
                await phone.open()
                is_open = True
            if is_open:
                await phone.expect_encrypted(await registrations.encrypted_numbers())
        except (StoreAway, BaresipError) as error:
            logger.warning("calls may not come in yet: %s", type(error).__name__)
        except Exception:
            logger.exception("it is not known whether calls are to come in")
        await asyncio.sleep(LOOK_SECONDS)


async def _say_ready(bus: Bus, holder: Holder) -> None:
    """Tell the supervisor, where one started this process, as soon as workers can find and reach it."""
    await bus.subscribed.wait()
    await holder.is_known.wait()
    logger.info("the gateway is ready", extra={"gateway": bus.name})
    if ready_file := os.environ.get("VA_READY_FILE"):
        await asyncio.to_thread(Path(ready_file).touch)
