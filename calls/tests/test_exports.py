"""All data of an account in one file."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts import audit
from accounts.models import AuditEntry, User
from agents.models import Agent
from calls import tasks
from calls.models import DataExport
from calls.services import erasure, exports
from calls.tests.conftest import NOW
from calls.tests.test_erasure import spoken
from conftest import make_agent, make_key

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def by(account: Any) -> audit.Actor:
    return audit.Actor(user=User.objects.get(email="owner@example.com"))


@pytest.fixture(autouse=True)
def queued(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The exports that are to be written. Files go below the test's own directory."""
    settings.RECORDINGS_DIR, settings.EXPORTS_DIR = tmp_path, tmp_path / "exports"
    put: list[int] = []
    monkeypatch.setattr(tasks.write_export, "delay", lambda *, export_id: put.append(export_id))
    return put


def lines(archive: zipfile.ZipFile, name: str) -> list[Any]:
    return [json.loads(line) for line in archive.read(f"{name}.jsonl").splitlines()]


def test_asked_for_written_and_fetched(
    agent: Agent,
    other_account: Any,
    by: audit.Actor,
    queued: list[int],
    mailoutbox: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    key = make_key(agent.account)
    call = spoken(agent)
    spoken(make_agent(other_account))
    with django_capture_on_commit_callbacks(execute=True):
        export = exports.ask_export(account=agent.account, by=by, at=NOW)
    assert queued == [export.pk]

    exports.write_export(export_id=export.pk, at=NOW)
    exports.write_export(export_id=export.pk, at=NOW)

    path = exports.file_of(account=agent.account, public_id=export.public_id, at=NOW + 6 * DAY)
    assert path.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        (told,) = lines(archive, "calls")
        assert (told["id"], told["turns"][0]["text"]) == (call.public_id, "My name is Ada.")
        assert told["events"][0]["type"] == "transcript.update"
        assert archive.read(f"recordings/{call.public_id}.wav") == b"sound"
        assert lines(archive, "members") == [{"email": "owner@example.com", "role": "owner"}]
        assert [version["prompt"] for version in lines(archive, "agent_versions")] == [agent.current.prompt]
        assert [posted["amount"] for posted in lines(archive, "ledger")] == ["5.00"]
        assert [entry["action"] for entry in lines(archive, "audit_log")] == ["data.exported"]
        assert not any(key.encode() in archive.read(name) for name in archive.namelist())
    (mail,) = mailoutbox
    assert f"/settings/data/exports/{export.public_id}" in mail.body


def test_one_at_a_time(account: Any, by: audit.Actor) -> None:
    exports.ask_export(account=account, by=by, at=NOW)

    with pytest.raises(exports.ExportUnderWay):
        exports.ask_export(account=account, by=by, at=NOW)

    assert AuditEntry.objects.count() == 1


def test_not_for_others_and_not_for_ever(account: Any, other_account: Any, by: audit.Actor) -> None:
    export = exports.ask_export(account=account, by=by, at=NOW)
    for whose, at in ((account, NOW), (other_account, NOW)):
        with pytest.raises(exports.NoSuchExport):
            exports.file_of(account=whose, public_id=export.public_id, at=at)

    exports.write_export(export_id=export.pk, at=NOW)
    for whose, at in ((other_account, NOW), (account, NOW + 7 * DAY)):
        with pytest.raises(exports.NoSuchExport):
            exports.file_of(account=whose, public_id=export.public_id, at=at)

    path = exports.file_of(account=account, public_id=export.public_id, at=NOW)
    exports.tidy_up(at=NOW + 8 * DAY)
    assert not path.exists()
    assert DataExport.objects.get().status == "expired"


def test_what_a_worker_dropped(account: Any, by: audit.Actor, queued: list[int]) -> None:
    export = exports.ask_export(account=account, by=by, at=NOW)
    DataExport.objects.update(lease_until=NOW + timedelta(hours=1))

    exports.tidy_up(at=NOW)
    assert queued == []
    exports.tidy_up(at=NOW + timedelta(hours=2))
    assert queued == [export.pk]
    exports.tidy_up(at=NOW + 2 * DAY)
    assert DataExport.objects.get().status == "failed"


def test_nobody_passes_anothers_beginning_for_the_whole(
    account: Any, by: audit.Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = exports.ask_export(account=account, by=by, at=NOW)
    begun: list[zipfile.ZipFile] = []

    def write(archive: zipfile.ZipFile, account: Any) -> None:
        begun.append(archive)
        if len(begun) > 1:
            archive.close()
            raise RuntimeError("stopped in the middle")
        with pytest.raises(RuntimeError):
            exports.write_export(export_id=export.pk, at=NOW + timedelta(hours=2))
        archive.close()

    monkeypatch.setattr(exports, "_write", write)

    with pytest.raises(FileNotFoundError):
        exports.write_export(export_id=export.pk, at=NOW)

    assert DataExport.objects.get().status == "waiting"


def test_an_erased_caller_is_in_no_file_any_more(agent: Agent, by: audit.Actor) -> None:
    call = spoken(agent)
    export = exports.ask_export(account=agent.account, by=by, at=NOW)
    exports.write_export(export_id=export.pk, at=NOW)
    path = exports.file_of(account=agent.account, public_id=export.public_id, at=NOW)

    erasure.erase_caller(account=agent.account, number=call.to_number, by=by, at=NOW)

    assert not path.exists()
    export.refresh_from_db()
    assert export.status == "expired"
    with pytest.raises(exports.NoSuchExport):
        exports.file_of(account=agent.account, public_id=export.public_id, at=NOW)
    assert AuditEntry.objects.get(action="data.erased").details["exports"] == 1


def test_a_file_that_was_being_written_meanwhile_is_written_anew(
    agent: Agent, by: audit.Actor, queued: list[int], mailoutbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = spoken(agent)
    export = exports.ask_export(account=agent.account, by=by, at=NOW)
    write = exports._write

    def erase_meanwhile(archive: zipfile.ZipFile, account: Any) -> None:
        write(archive, account)
        erasure.erase_caller(account=account, number=call.to_number, by=by, at=NOW)

    with monkeypatch.context() as patched:
        patched.setattr(exports, "_write", erase_meanwhile)
        exports.write_export(export_id=export.pk, at=NOW)

    export.refresh_from_db()
    assert (export.status, export.lease_until, mailoutbox) == ("waiting", None, [])
    assert list(settings.EXPORTS_DIR.iterdir()) == []
    queued.clear()
    exports.tidy_up(at=NOW + timedelta(minutes=1))
    assert queued == [export.pk]
    exports.write_export(export_id=export.pk, at=NOW + timedelta(minutes=1))
    with zipfile.ZipFile(exports.file_of(account=agent.account, public_id=export.public_id, at=NOW)) as archive:
        assert call.to_number.encode() not in archive.read("calls.jsonl")
