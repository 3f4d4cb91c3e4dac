"""Which lines the front is told of, and the command that tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from accounts.models import Account
from calls.management.commands import sipfront
from calls.models import PhoneLine
from calls.services import lines
from calls.services.front import front_lines
from calls.telephony.front import addresses
from calls.telephony.front.addresses import AddressBook
from calls.telephony.front.folder import FrontFolder
from calls.telephony.front.tables import digest
from calls.tests.conftest import NOW
from calls.tests.lines.conftest import TRUNK, make_line


def known(domains: Any) -> dict[str, list[str]]:
    return {domain: ["198.41.0.4"] for domain in domains}


def test_a_line(account: Account) -> None:
    line = make_line(account)

    (found,) = front_lines(addresses=known)

    assert (found.line, found.numbers) == (line.public_id, TRUNK["numbers"])
    assert found.addresses == ["198.41.0.4"]
    assert found.ha1 == digest("acme", "s3cret of ours")


def test_no_other_kind_and_no_deleted_one(account: Account) -> None:
    make_line(account, kind="twilio")
    lines.delete_line(line=make_line(account), at=NOW)

    assert front_lines(addresses=known) == []


def test_those_that_work_come_first(account: Account, other_account: Account) -> None:
    first, second = make_line(account), make_line(other_account)
    assert [line.line for line in front_lines(addresses=known)] == [first.public_id, second.public_id]

    lines.note_check(line=second, status=PhoneLine.Status.READY, detail="", at=NOW)
    assert [line.line for line in front_lines(addresses=known)] == [second.public_id, first.public_id]


def test_a_changed_password(account: Account) -> None:
    line = make_line(account)
    lines.update_line(line=line, at=NOW, password="another")

    assert front_lines(addresses=known)[0].ha1 == digest("acme", "another")


def test_hostile_text_ends_in_no_file(account: Account, tmp_path: Path, settings: Any) -> None:
    """Also what no check of ours lets in."""
    its = make_line(account)
    PhoneLine.objects.filter(pk=its.pk).update(username='a"\n$var(x):', domain='x"\nloadmodule "exec.so"')
    configure(settings, tmp_path)

    with mock.patch.object(addresses, "resolve", autospec=True, side_effect=OSError):
        call_command("sipfront")

    for path in tmp_path.rglob("*"):
        assert path.is_dir() or ("exec.so" not in path.read_text() and '"\n$var(x)' not in path.read_text())


@pytest.mark.parametrize(("name", "value"), [("SIP_FRONT", []), ("SIP_FRONT", ["udp:here"]), ("SIP_HOST", "")])
def test_settings_that_are_none(settings: Any, tmp_path: Path, name: str, value: object) -> None:
    configure(settings, tmp_path)
    setattr(settings, name, value)

    with pytest.raises(CommandError):
        call_command("sipfront")
    assert list(tmp_path.iterdir()) == []


def test_what_keeps_it_from_telling(account: Account, tmp_path: Path) -> None:
    make_line(account)
    with AddressBook(allow_private=False, resolve=lambda domain: ["198.41.0.4"]) as book:
        assert sipfront.look(FrontFolder(tmp_path), book) == "kamailio does not answer: FileNotFoundError"
        with mock.patch.object(sipfront, "front_lines", autospec=True, side_effect=DatabaseError):
            assert sipfront.look(FrontFolder(tmp_path), book) == "the database is away"


def configure(settings: Any, folder: Path) -> None:
    settings.SIP_FRONT = ["udp:203.0.113.5:5060"]
    settings.SIP_FRONT_DIR = str(folder)
    settings.SIP_FRONT_GATEWAYS = []
    settings.SIP_HOST, settings.SIP_PORT = "127.0.0.1", 5060
