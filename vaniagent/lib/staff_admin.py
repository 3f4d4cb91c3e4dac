"""What staff's pages of every app have in common: read-only, found by look-ups that an index serves, bounded in time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.paginator import Paginator
from django.db import OperationalError, connection, transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from psycopg.errors import QueryCanceled
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget

from vaniagent.lib import errors

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

# A list that takes longer is given up: somebody filters by what no index serves.
LONGEST_QUERY: Final = "5s"
# Further pages than these nobody turns; counting the rows of a large table would read all of it.
MOST_ROWS: Final = 10_000
ANY_TEXT: Final = re.compile(r".+", re.DOTALL)


@dataclass(frozen=True)
class Finder:
    """One kind of text that finds rows. A text that has another form costs no query."""

    form: re.Pattern[str]
    lookup: str
    # What is looked up instead of the text.
    read: Callable[[str], object] = str
    # False: the rows belong to what was named, such as an account's calls.
    is_own: bool = True


def by_id(kind: str, lookup: str = "public_id") -> Finder:
    """Rows by their own public id, or by how it begins."""
    return Finder(re.compile(rf"{kind}_[0-9A-Za-z]{{3,22}}"), f"{lookup}__startswith")


def of(kind: str, lookup: str) -> Finder:
    """Rows that belong to what has this public id."""
    return Finder(re.compile(rf"{kind}_[0-9A-Za-z]{{22}}"), lookup, is_own=False)


class TookTooLong(Exception):
    """A query was given up."""


@contextmanager
def bounded() -> Iterator[None]:
    """Give up each query within that takes longer than staff should cost the database. Raises TookTooLong."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = '{LONGEST_QUERY}'")
            yield
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        raise TookTooLong("That took too long, and was given up. Search by an id, or by less.") from error


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # takes no type argument at run time
    """Counts no further than anybody turns pages."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST_ROWS].count())


class ReadOnly:
    """No adding, changing or deleting. What may be done, an action does, by a service."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyTable(ReadOnly, TabularInline):  # type: ignore[misc]  # django-unfold has no types
    extra = 0
    can_delete = False
    hide_title = True


class ReadOnlyStack(ReadOnly, StackedInline):  # type: ignore[misc]  # django-unfold has no types
    extra = 0
    can_delete = False
    hide_title = True


class ReasonForm(forms.Form):
    """Why somebody of the staff does it."""

    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="It stands in the audit log.",
    )


class StaffAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]  # django-unfold has no types
    """Rows to find and read. `finders` say by what; Django's own search would scan."""

    finders: Sequence[Finder] = ()
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    ordering: Sequence[str] = ["-pk"]
    compressed_fields = True
    list_disable_select_all = True

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The actions of a row's page, without those that its state leaves nothing to do for."""
        actions = super().get_actions_detail(request, object_id)
        row = self.get_object(request, unquote(str(object_id))) if actions else None
        idle = self.idle_actions(row) if row is not None else ()
        return [action for action in actions if action.method.original_function_name not in idle]

    def idle_actions(self, row: Any) -> Sequence[str]:
        """Actions by name that would change nothing of this row."""
        return ()

    def has_act_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of the staff may run the actions here."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        return [finder.lookup for finder in self.finders]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        return (self._found(queryset, text, self.finders), False) if text else (queryset, False)

    def find(self, request: HttpRequest, text: str) -> QuerySet[Any]:
        """The rows that the text names itself, for the search over everything."""
        own = [finder for finder in self.finders if finder.is_own]
        return self._found(self.get_queryset(request), text, own)

    def describe(self, row: Any) -> str:
        """What tells it apart from others that the search found."""
        return ""

    def _found(self, rows: QuerySet[Any], text: str, finders: Sequence[Finder]) -> QuerySet[Any]:
        fitting = (finder for finder in finders if finder.form.fullmatch(text))
        finder = next(fitting, None)
        return rows.none() if finder is None else rows.filter(**{finder.lookup: finder.read(text)})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            return super().changelist_view(request, extra_context)  # type: ignore[no-any-return]
        try:
            with bounded():
                return super().changelist_view(request, extra_context)  # type: ignore[no-any-return]
        except TookTooLong as error:
            messages.error(request, str(error))
            return redirect(f"{self.admin_site.name}:index")

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        # Only what was ticked: "all" would be thousands at a click.
        chosen = request.POST.copy()
        chosen["select_across"] = "0"
        request.POST = chosen  # type: ignore[assignment]  # Django's own type is of the unchanged one
        answer: HttpResponse | None = super().response_action(request, queryset)
        return answer

    def ask(
        self,
        request: HttpRequest,
        object_id: str,
        *,
        title: str,
        submit: str,
        act: Callable[[Any, dict[str, Any]], str],
        form_class: type[forms.Form] = ReasonForm,
        initial: Callable[[Any], dict[str, Any]] | None = None,
    ) -> HttpResponse:
        """A page that asks for what an action needs, and does it. `act` answers what to tell of it."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        form = form_class(request.POST or None, initial=initial(row) if initial else None)
        if request.method == "POST" and form.is_valid():
            try:
                done = act(row, form.cleaned_data)
            except errors.ServiceError as error:
                form.add_error(error.param if error.param in form.fields else None, error.message)
            else:
                self.log_change(request, row, f"{done} {form.cleaned_data.get('reason', '')}".strip())
                messages.success(request, done)
                return redirect(address_of(row))
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "original": row,
            "form": form,
            "label": submit,
            "back": address_of(row),
        }
        return TemplateResponse(request, "admin/staff/form.html", context)

    def act_on_each(
        self, request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any], object], *, done: str, refused: str
    ) -> None:
        """Do one thing to each chosen row, and say how many it was done to and how many refused."""
        results = []
        for row in rows:
            try:
                results.append(bool(act(row)))
            except errors.ServiceError:
                results.append(False)
            if results[-1]:
                self.log_change(request, row, f"{done}.")
        if any(results):
            self.message_user(request, f"{done}: {sum(results)}.", messages.SUCCESS)
        if not all(results):
            self.message_user(request, f"{refused}: {len(results) - sum(results)}.", messages.WARNING)


def address_of(row: Model) -> str:
    """Where staff read this row."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def link_to(row: Model | None, text: str = "") -> SafeString | str:
    """A link to where staff read this row."""
    return format_html('<a href="{}">{}</a>', address_of(row), text or str(row)) if row else "–"


def as_json(value: object) -> SafeString | str:
    """JSON as staff read it, escaped like any text."""
    if not value:
        return "–"
    return format_html("<code>{}</code>", json.dumps(value, ensure_ascii=False, indent=1))


def age(since: datetime | None, at: datetime) -> str:
    """How long ago, in one unit: "12 s", "3 min", "5 h", "2 d"."""
    if since is None:
        return "–"
    seconds = max(0, int((at - since).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
