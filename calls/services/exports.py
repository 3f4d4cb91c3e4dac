"""All that an account has, in one file: asked for by a person, written by a worker, there for a week."""

from __future__ import annotations

import logging
import os
import secrets
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson
from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Account, ApiKey, AuditEntry, Membership
from agents.models import AgentVersion
from billing import services as billing
from calls import tasks
from calls.models import Call, CallEvent, DataExport, Recording, Turn
from vaniagent.lib import errors, money

logger = logging.getLogger(__name__)

LIFETIME: Final = timedelta(days=7)
LEASE: Final = timedelta(hours=1)
# A file that cannot be written for so long is given up.
GIVE_UP_AFTER: Final = timedelta(days=1)
_AT_ONCE: Final = 500

Status = DataExport.Status


class ExportUnderWay(errors.InvalidRequest):
    """One is being written already."""


class NoSuchExport(errors.NotFound):
    """Nothing by that id, or somebody else's, or it is past its week."""


def exports_of(account: Account) -> QuerySet[DataExport]:
    """An account's exports, newest first."""
    exports: QuerySet[DataExport] = DataExport.objects.for_account(account).select_related("asked_by").order_by("-pk")
    return exports


@transaction.atomic
def ask_export(*, account: Account, by: audit.Actor, at: datetime) -> DataExport:
    """Have all of the account's data written into one file; a mail tells when it is there. Raises ExportUnderWay."""
    try:
        with transaction.atomic():
            export: DataExport = DataExport.objects.create(account=account, asked_by=by.user, created_at=at)
    except IntegrityError as error:
        raise ExportUnderWay(_("The data are being written already.")) from error

    audit.record(account=account, by=by, action="data.exported", target=export.public_id, at=at)
    transaction.on_commit(lambda: tasks.write_export.delay(export_id=export.pk), robust=True)
    return export


def file_of(*, account: Account, public_id: str, at: datetime) -> Path:
    """Where the file of an export is. Raises NoSuchExport."""
    export = exports_of(account).filter(public_id=public_id, status=Status.READY, expires_at__gt=at).first()
    if export is None or not (path := settings.EXPORTS_DIR / export.path).is_file():
        raise NoSuchExport(_("There is no such file, or not any more."))
    return Path(path)


def write_export(*, export_id: int, at: datetime) -> None:
    """Write the file and tell who asked for it. Claims the export first: a second copy finds nothing to do."""
    free = Q(lease_until=None) | Q(lease_until__lt=at)
    lease = at + LEASE
    if not DataExport.objects.filter(free, pk=export_id, status=Status.WAITING).update(lease_until=lease):
        return

    export = DataExport.objects.select_related("account", "asked_by").get(pk=export_id)
    name = f"{export.public_id}.zip"
    settings.EXPORTS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in settings.EXPORTS_DIR.glob(f"{name}.*"):
        left.unlink(missing_ok=True)
    # A name of its own: whoever's lease ran out while it wrote must not pass this one's beginning for its end.
    part = settings.EXPORTS_DIR / f"{name}.{secrets.token_hex(4)}"
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        _write(zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED), export.account)
    with transaction.atomic():
        # The row is locked until the file has its name: `withdraw` finds it before that, or all of it after.
        held = DataExport.objects.filter(pk=export.pk, status=Status.WAITING, lease_until=lease)
        is_ours = held.update(
            status=Status.READY,
            path=name,
            size_bytes=part.stat().st_size,
            ready_at=at,
            expires_at=at + LIFETIME,
            lease_until=None,
        )
        if is_ours:
            part.replace(settings.EXPORTS_DIR / name)
    if not is_ours:
        part.unlink(missing_ok=True)
        return
    _tell(export, until=at + LIFETIME)


def withdraw(*, account: Account) -> int:
    """Take back files that may hold what was erased; one that is being written is begun anew. How many there were."""
    of_account = DataExport.objects.for_account(account)
    # Whoever writes one loses the lease, and so its file; `tidy_up` has it written again.
    again: int = of_account.filter(status=Status.WAITING, lease_until__isnull=False).update(lease_until=None)
    ready = list(of_account.filter(status=Status.READY))
    of_account.filter(pk__in=[export.pk for export in ready]).update(status=Status.EXPIRED)
    for export in ready:
        (settings.EXPORTS_DIR / export.path).unlink(missing_ok=True)
    return again + len(ready)


def tidy_up(*, at: datetime) -> None:
    """Delete files past their week, and go on with what a worker dropped."""
    for export in DataExport.objects.filter(status=Status.READY, expires_at__lt=at).order_by("pk"):
        (settings.EXPORTS_DIR / export.path).unlink(missing_ok=True)
        DataExport.objects.filter(pk=export.pk).update(status=Status.EXPIRED)
    waiting = DataExport.objects.filter(status=Status.WAITING)
    waiting.filter(created_at__lt=at - GIVE_UP_AFTER).update(status=Status.FAILED)
    for pk in waiting.filter(Q(lease_until=None) | Q(lease_until__lt=at)).values_list("pk", flat=True):
        tasks.write_export.delay(export_id=pk)


def _write(archive: zipfile.ZipFile, account: Account) -> None:
    """A file of JSON lines for each kind of thing, and the recordings as they are."""
    people = Membership.objects.for_account(account).select_related("user").order_by("pk")
    calls = Call.objects.for_account(account)
    with archive:
        _lines(archive, "workspace", [{"id": account.public_id, "name": account.name, "plan": account.plan}])
        _lines(archive, "members", ({"email": one.user.email, "role": one.role} for one in people))
        _lines(archive, "api_keys", map(_key, ApiKey.objects.for_account(account).order_by("pk")))
        versions = (
            AgentVersion.objects.filter(agent__account=account).select_related("agent").order_by("agent", "number")
        )
        _lines(archive, "agent_versions", map(_version, versions.iterator(_AT_ONCE)))
        _lines(archive, "calls", map(_call, _in_pieces(calls.select_related("agent", "agent_version"))))
        _lines(archive, "ledger", map(_posted, billing.stated_transactions(account=account).order_by("pk").iterator()))
        entries = AuditEntry.objects.for_account(account).order_by("pk")
        _lines(archive, "audit_log", (model_to_dict(entry, exclude=["id", "account"]) for entry in entries.iterator()))
        for recording in _in_pieces(
            Recording.objects.filter(call__account=account, status="ready").select_related("call")
        ):
            path = settings.RECORDINGS_DIR / recording.path
            if path.is_file():
                archive.write(path, f"recordings/{recording.call.public_id}.wav", zipfile.ZIP_STORED)


def _lines(archive: zipfile.ZipFile, name: str, things: Iterable[dict[str, Any]]) -> None:
    with archive.open(f"{name}.jsonl", "w", force_zip64=True) as file:
        for thing in things:
            file.write(orjson.dumps(thing, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))


def _in_pieces(rows: QuerySet[Any]) -> Iterator[Any]:
    """By primary key, without a cursor that would be open for as long as the file is written."""
    last = 0
    while piece := list(rows.filter(pk__gt=last).order_by("pk")[:_AT_ONCE]):
        yield from piece
        last = piece[-1].pk


def _call(call: Call) -> dict[str, Any]:
    turns = Turn.objects.filter(call=call, is_final=True).order_by("number")
    events = CallEvent.objects.filter(call=call).order_by("seq")
    plain = (
        "status", "direction", "to_number", "from_number", "metadata", "created_at", "answered_at", "completed_at", "duration",
        "ended_reason", "ended_by", "sentiment", "summary", "heard_p50_ms", "heard_p95_ms",
    )  # fmt: skip
    return {
        "id": call.public_id,
        "agent_id": call.agent.public_id,
        "agent_version": call.agent_version.number,
        **{name: getattr(call, name) for name in plain},
        "cost": None if call.cost is None else money.to_text(call.cost),
        "turns": [
            _fields(turn, "number", "speaker", "source", "text", "start_ms", "end_ms", "was_interrupted")
            for turn in turns
        ],
        "events": [_fields(event, "seq", "type", "data", "at") for event in events],
    }


def _version(version: AgentVersion) -> dict[str, Any]:
    settings_of_it = model_to_dict(version, exclude=["id", "agent", "author", "author_key"])
    return {"agent_id": version.agent.public_id, "created_at": version.created_at, **settings_of_it}


def _key(key: ApiKey) -> dict[str, Any]:
    return {"id": key.public_id, **_fields(key, "name", "mode", "scopes", "last4", "created_at", "revoked_at")}


def _posted(posted: Any) -> dict[str, Any]:
    return {**_fields(posted, "posted_at", "kind", "reference", "memo"), "amount": money.to_text(posted.micro_credits)}


def _fields(row: Model, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _tell(export: DataExport, *, until: datetime) -> None:
    if export.asked_by is None:
        return
    send_mail(
        subject="Your data are ready",
        message=(
            f"All data of {' '.join(export.account.name.split())} are in one file:\n\n"
            f"{settings.PUBLIC_URL}/settings/data/exports/{export.public_id}\n\n"
            f"It can be fetched until {until:%Y-%m-%d %H:%M} UTC, by admins and owners who are logged in.\n"
        ),
        from_email=None,
        recipient_list=[export.asked_by.email],
    )
