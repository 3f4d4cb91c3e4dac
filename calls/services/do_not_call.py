"""The do-not-call list: whom an account must not ring, whoever said so."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Account
from calls import events, listed_numbers
from calls.models import Call, CallEvent, DialingRules, DoNotCall
from calls.services.lifecycle import Superseded
from vaniagent.lib import csv_text, errors, ids, rows

MOST_BYTES: Final = 5_000_000
MOST_ROWS: Final = 200_000
REASON_MAX: Final = 200
# Problems that are told of a file; the rest is counted.
MOST_PROBLEMS: Final = 100
AT_ONCE: Final = 5_000

# One statement for thousands of numbers; those that are listed stay as they are.
_STORE: Final = """
    WITH given AS (SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]) AS given (public_id, number, reason)),
    added AS (
        INSERT INTO calls_donotcall (public_id, account_id, number, reason, source, created_at)
        SELECT public_id, %s, number, reason, %s, %s FROM given
        ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT count(*) FROM added
"""

_NUMBER_COLUMNS: Final = frozenset({"number", "tonumber", "phonenumber", "phone", "telephone", "mobile", "to"})
_REASON_COLUMNS: Final = frozenset({"reason", "note", "comment"})

Source = DoNotCall.Source


class BadNumber(errors.InvalidRequest):
    """This is no number that could be called."""


class BadFile(errors.InvalidRequest):
    """This is no file of numbers."""


class NoSuchEntry(errors.NotFound):
    """The account does not list it."""


@dataclass(frozen=True)
class Problem:
    """A line of a file that names no number."""

    line: int
    text: str


@dataclass
class Imported:
    """What became of a file's lines."""

    added: int = 0
    already_listed: int = 0
    refused: int = 0
    problems: list[Problem] = field(default_factory=list)


def entries_of(account: Account, *, search: str = "") -> QuerySet[DoNotCall]:
    """The account's list, newest first. `search` is a number, or a part of one of three digits or more."""
    found: QuerySet[DoNotCall] = DoNotCall.objects.for_account(account).order_by("-pk")
    search = search.strip()
    if not search:
        return found
    number = listed_numbers.plain(search)
    digits = "".join(character for character in search if character.isdigit() and character.isascii())
    matching = Q(number=number) if number else Q(pk__in=())
    if number and (digest := _digest(account, number)):
        matching |= Q(digest=digest)
    if len(digits) >= 3:
        matching |= Q(number__contains=digits)
    return found.filter(matching)


@transaction.atomic
def add_number(
    *, account: Account, number: str, reason: str = "", source: str = Source.API, by: audit.Actor, at: datetime
) -> tuple[DoNotCall, bool]:
    """List a number; whether it is new. One that is listed stays as it is. Raises BadNumber."""
    entry, is_new = _list(account=account, number=number, reason=reason, source=source, call=None, at=at)
    if is_new:
        _log(account, "do_not_call.added", by=by, at=at, target=entry.public_id)
    return entry, is_new


@transaction.atomic
def remove_entry(*, entry: DoNotCall, reason: str = "", by: audit.Actor, at: datetime) -> None:
    """Let a number be called again; what is left of it from an earlier erasure goes as well. `reason` is for the audit log."""
    account = entry.account
    digest = _digest(account, entry.number) if entry.number else None
    same = Q(pk=entry.pk) | (Q(digest=digest) if digest else Q(pk__in=()))
    DoNotCall.objects.for_account(account).filter(same).delete()
    _log(account, "do_not_call.removed", by=by, at=at, target=entry.public_id, reason=reason[:REASON_MAX])


def entry_of(*, account: Account, public_id: str) -> DoNotCall:
    """Raises NoSuchEntry."""
    entry: DoNotCall | None = DoNotCall.objects.for_account(account).filter(public_id=public_id).first()
    if entry is None:
        raise NoSuchEntry("There is no entry with this id.")
    return entry


@transaction.atomic
def import_numbers(*, account: Account, file: bytes, by: audit.Actor, at: datetime) -> Imported:
    """List the numbers of a CSV file, with a heading or without. The same file again changes nothing. Raises BadFile."""
    imported = Imported()
    seen: set[str] = set()
    waiting: list[tuple[str, str, str]] = []
    lines = 0
    for line, written, reason in _lines(file):
        lines += 1
        if lines > MOST_ROWS:
            raise BadFile(_("A file has at most %(most)d numbers.") % {"most": MOST_ROWS}, param="csv")
        number = listed_numbers.plain(written)
        if not number:
            imported.refused += 1
            if len(imported.problems) < MOST_PROBLEMS:
                text = _("Not a phone number with its country: + and 7 to 15 digits.")
                imported.problems.append(Problem(line, text))
            continue
        if number in seen:
            imported.already_listed += 1
            continue
        seen.add(number)
        waiting.append((ids.new("dnc"), number, reason[:REASON_MAX]))
        if len(waiting) == AT_ONCE:
            _store(account, waiting, imported, at=at)
            waiting = []
    _store(account, waiting, imported, at=at)
    if not lines:
        raise BadFile(_("There is no number in this file."), param="csv")
    _log(account, "do_not_call.imported", by=by, at=at, added=imported.added, refused=imported.refused)
    return imported


def csv_of(entries: QuerySet[DoNotCall]) -> Iterator[str]:
    """The list as CSV, in pieces. Of an erased number there is nothing to write."""
    yield csv_text.written([("number", "reason", "source", "created_at")])
    written: list[tuple[str, ...]] = []
    for entry in entries.exclude(number=None).iterator(chunk_size=AT_ONCE):
        # Digits behind a plus are no formula, and are read again as they are.
        reason = csv_text.harmless(entry.reason)
        written.append((entry.number or "", reason, entry.source, events.to_timestamp(entry.created_at)))
        if len(written) == AT_ONCE:
            yield csv_text.written(written)
            written = []
    yield csv_text.written(written)


@transaction.atomic
def record_opt_out(*, call_id: str, token: int, text: str, at: datetime) -> None:
    """The person said that they want no more calls: list their number. Raises lifecycle.Superseded.

    Of a call with no number, such as a browser's, only the event is kept.
    """
    calls = Call.objects.select_related("account", "agent").select_for_update(of=("self",))
    call: Call | None = calls.filter(public_id=call_id, token=token, status__in=Call.LIVE).first()
    if call is None:
        raise Superseded(call_id)
    persons = call.to_number if call.direction == Call.Direction.OUTBOUND else call.from_number
    number = listed_numbers.plain(persons or "")
    if number:
        _entry, is_new = _list(account=call.account, number=number, reason=text, source=Source.CALL, call=call, at=at)
        if is_new:
            _log(call.account, "do_not_call.added", by=audit.PLATFORM, at=at, target=call.public_id)
    # A worker that took the call over may hear it again.
    if not CallEvent.objects.filter(call=call, type="call.opted_out").exists():
        events.record(call, "call.opted_out", at=at)


@transaction.atomic
def erase_number(*, account: Account, number: str) -> None:
    """Keep that a number must not be called, and forget the number: a digest is left, under a key of the account's."""
    plain = listed_numbers.plain(number)
    listed = DoNotCall.objects.for_account(account).filter(number=plain)
    if not plain or not listed.exists():
        return
    DialingRules.objects.get_or_create(account=account)
    rules = DialingRules.objects.select_for_update(of=("self",)).get(account=account)
    if not rules.digest_key:
        rules.digest_key = listed_numbers.new_key()
        rules.save(update_fields=["digest_key"])
    digest = listed_numbers.digest(plain, sealed_key=rules.digest_key)
    if DoNotCall.objects.for_account(account).filter(digest=digest).exists():
        listed.delete()
    else:
        listed.update(number=None, digest=digest, reason="", call=None)


def is_listed(*, account_pk: int, number: str) -> bool:
    """Whether this number must not be called."""
    plain = listed_numbers.plain(number) or number
    wanted = Q(number=plain)
    if digest := _digest_under(account_pk, plain):
        wanted |= Q(digest=digest)
    return DoNotCall.objects.filter(wanted, account=account_pk).exists()


def _list(
    *, account: Account, number: str, reason: str, source: str, call: Call | None, at: datetime
) -> tuple[DoNotCall, bool]:
    plain = listed_numbers.plain(number)
    if not plain:
        raise BadNumber(_("Send a phone number with its country: + and 7 to 15 digits."), param="number")
    entry, is_new = DoNotCall.objects.get_or_create(
        account=account,
        number=plain,
        defaults={"source": source, "reason": reason[:REASON_MAX], "call": call, "created_at": at},
    )
    return entry, is_new


def _store(account: Account, entries: list[tuple[str, str, str]], imported: Imported, *, at: datetime) -> None:
    if not entries:
        return
    columns = [list(column) for column in zip(*entries, strict=True)]
    (added,) = rows.first(_STORE, [*columns, account.pk, Source.IMPORT.value, at]) or (0,)
    imported.added += added
    imported.already_listed += len(entries) - added


def _lines(file: bytes) -> Iterable[tuple[int, str, str]]:
    """The number of each line, as it is written, and the reason."""
    text = _decoded(file)
    heading, _end, _rest = text.partition("\n")
    delimiter = max(",;\t", key=heading.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    number_at, reason_at = 0, None
    try:
        for line, cells in enumerate(table, 1):
            if line == 1:
                names = ["".join(filter(str.isalpha, cell.lower())) for cell in cells]
                found = [place for place, name in enumerate(names) if name in _NUMBER_COLUMNS]
                reason_at = next((place for place, name in enumerate(names) if name in _REASON_COLUMNS), None)
                if found:
                    number_at = found[0]
                    continue
            if any(cell.strip() for cell in cells):
                reason = cells[reason_at].strip() if reason_at is not None and reason_at < len(cells) else ""
                yield line, cells[number_at] if number_at < len(cells) else "", reason
    except csv.Error as error:
        raise BadFile(_("This is not CSV."), param="csv") from error


def _decoded(file: bytes) -> str:
    if len(file) > MOST_BYTES:
        raise BadFile(_("A file has at most 5 MB."), param="csv")
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(_("Save the file as CSV in UTF-8."), param="csv") from error
    if "\x00" in text:
        raise BadFile(_("This is not CSV."), param="csv")
    return text


def _digest(account: Account, number: str) -> str | None:
    return _digest_under(account.pk, number)


def _digest_under(account_pk: int, number: str) -> str | None:
    """The number's digest; None where the account has none of any."""
    key = DialingRules.objects.filter(account=account_pk).exclude(digest_key="").values_list("digest_key", flat=True)
    sealed_key = key.first()
    return listed_numbers.digest(number, sealed_key=sealed_key) if sealed_key else None


def _log(
    account: Account, action: str, *, by: audit.Actor, at: datetime, target: str = "", **details: audit.Detail
) -> None:
    audit.record(account=account, by=by, action=action, target=target, details=details, at=at)
