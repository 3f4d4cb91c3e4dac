"""`manage.py sipfront`: the configuration of kamailio in front of the gateways, and the phone lines that it lets calls in from."""

from __future__ import annotations

import logging
import os
import pwd
import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections
from django.utils.crypto import salted_hmac

from calls.services.front import front_lines
from calls.telephony.front.addresses import AddressBook
from calls.telephony.front.config import BadSetting, FrontSettings, Listener, Place, files_of
from calls.telephony.front.control import FrontAway
from calls.telephony.front.folder import FrontFolder
from calls.telephony.front.tables import tables_of

logger = logging.getLogger(__name__)

# A line is live that long after it was written, and the look-up of its name.
LOOK_SECONDS: Final = 2.0


class Command(BaseCommand):
    help = "Write what kamailio reads into SIP_FRONT_DIR; with --follow, tell it of phone lines as they change."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--follow", action="store_true", help="go on until told to stop")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            its = front_settings()
            files = files_of(its)
        except BadSetting as bad:
            raise CommandError(str(bad)) from None
        folder = FrontFolder(its.directory, owner=_account())
        folder.write(files)
        with AddressBook(allow_private=settings.PHONE_LINES_ALLOW_PRIVATE) as book:
            folder.write_tables(tables_of(front_lines(addresses=book.of)))
            if ready_file := os.environ.get("VA_READY_FILE"):
                Path(ready_file).touch()
            if options["follow"]:
                follow(folder, book)


def _account() -> tuple[int, int] | None:
    """What kamailio becomes when root starts it."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("kamailio")
    except KeyError:
        return None
    return entry.pw_uid, entry.pw_gid


def front_settings() -> FrontSettings:
    """As the environment has them. Raises BadSetting."""
    gateways = settings.SIP_FRONT_GATEWAYS
    if not gateways and settings.SIP_HOST and settings.SIP_PORT:
        gateways = [f"{settings.SIP_HOST}:{settings.SIP_PORT}"]
    return FrontSettings(
        listeners=[Listener.of(text) for text in settings.SIP_FRONT],
        directory=Path(settings.SIP_FRONT_DIR),
        inside=Place.of(settings.SIP_FRONT_INSIDE),
        gateways=[Place.of(text) for text in gateways],
        secret=salted_hmac("calls.sip_front", "routes", algorithm="sha256").hexdigest(),
        public_host=settings.SIP_FRONT_PUBLIC_HOST,
        certificate=settings.SIP_FRONT_CERTIFICATE,
        key=settings.SIP_FRONT_KEY,
    )


def follow(folder: FrontFolder, book: AddressBook) -> None:
    """Keep what kamailio knows of lines as it is, until SIGTERM or SIGINT."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    problem = ""
    while not ending.wait(LOOK_SECONDS):
        close_old_connections()
        before, problem = problem, look(folder, book)
        if problem and problem != before:
            logger.warning("the SIP front is not told of phone lines", extra={"reason": problem})
        elif before and not problem:
            logger.info("the SIP front is told of phone lines again")


def look(folder: FrontFolder, book: AddressBook) -> str:
    """One look at the lines. Gives what kept it from being told of, if anything."""
    try:
        folder.write_tables(tables_of(front_lines(addresses=book.of)))
        folder.tell()
    except DatabaseError:
        return "the database is away"
    except (FrontAway, OSError) as error:
        return str(error)
    return ""
