"""The workspace's credits: what is left, how long it lasts, buying more, and every movement."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.limits import limits_of
from accounts.models import Account
from billing import exporting, payments, rates
from billing import services as billing
from billing.models import STATED_KINDS, Balance, TopUp, Transaction
from billing.payments.base import PaymentsFailed
from calls.services import figures
from dashboard.access import Role, page
from dashboard.acting import actor_of
from dashboard.forms.billing import AlertForm, TopUpForm, month_of
from dashboard.forms.failing import blame
from dashboard.requests import DashboardRequest
from vaniagent.lib import errors, money

PAGE: Final = 25
MONTHS: Final = 12
KINDS: Final[dict[str, Any]] = {
    Transaction.Kind.GRANT: gettext_lazy("Credits given"),
    Transaction.Kind.TOP_UP: gettext_lazy("Top-up"),
    Transaction.Kind.CHARGE: gettext_lazy("Call"),
    Transaction.Kind.ADJUSTMENT: gettext_lazy("Adjustment"),
    Transaction.Kind.REFUND: gettext_lazy("Refund"),
    Transaction.Kind.REINSTATEMENT: gettext_lazy("Refund taken back"),
}


@page()
def show_billing(request: DashboardRequest) -> HttpResponseBase:
    """Everybody sees the balance and the prices; admins the ledger, and what they can do."""
    return _page(request, {})


@page(role=Role.ADMIN)
def download_statement(request: DashboardRequest) -> HttpResponseBase:
    month = month_of(request.GET.get("month", ""))
    if month is None:
        raise Http404

    lines = billing.statement(account=request.account, month=month)
    headers = {
        "Content-Disposition": f'attachment; filename="statement-{month:%Y-%m}.csv"',
        "Cache-Control": "no-store",
    }
    csv = exporting.csv_of_statement(lines)
    return StreamingHttpResponse(csv, headers=headers, content_type="text/csv; charset=utf-8")


@page(role=Role.ADMIN, methods=("POST",))
def top_up(request: DashboardRequest) -> HttpResponseBase:
    """Leads to the payment provider's page."""
    form = TopUpForm(request.POST)
    if not form.is_valid():
        return _page(request, {"top_up": form})

    back = f"{settings.PUBLIC_URL}{reverse('settings_billing')}"
    try:
        # The provider is asked: that is no part of a transaction.
        made = billing.create_top_up(
            account=request.account,
            micro_credits=money.to_micro(form.cleaned_data["credits"]),
            success_url=f"{back}?paid=1",
            cancel_url=back,
            payments=payments.configured(),
            at=timezone.now(),
            by=actor_of(request),
        )
    except errors.ServiceError as error:
        blame(form, error)
        return _page(request, {"top_up": form})
    except PaymentsFailed:
        form.add_error(None, _("The payment provider did not answer. Nothing was charged; try again in a minute."))
        return _page(request, {"top_up": form})
    return redirect(made.url)


@page(role=Role.ADMIN, methods=("POST",))
def set_alert(request: DashboardRequest) -> HttpResponseBase:
    form = AlertForm(request.POST)
    if not form.is_valid():
        return _page(request, {"alert": form})

    threshold = form.micro_credits()
    with transaction.atomic():
        billing.set_low_threshold(account=request.account, micro_credits=threshold)
        told = "default" if threshold is None else money.to_text(threshold)
        _record(request, "billing.low_balance_changed", at=timezone.now(), credits=told)
    messages.success(request, _("Saved."))
    return redirect("settings_billing")


def _page(request: DashboardRequest, forms: dict[str, Any]) -> HttpResponseBase:
    at = timezone.now()
    context: dict[str, Any] = {
        "credits": figures.credits_left(account=request.account, at=at),
        "price": rates.rate_per_minute(request.account, is_test=False),
        "limits": limits_of(request.account),
    }
    if request.membership.reaches(Role.ADMIN):
        balance = Balance.objects.filter(account=request.account).first()
        own = balance.low_threshold if balance else None
        context |= {
            "takes_payments": payments.configured() is not None,
            "threshold": billing.threshold_of(balance),
            "top_up": TopUpForm(),
            "alert": AlertForm(initial={"credits": None if own is None else money.to_text(own)}),
            "page": _ledger(request),
            "months": _months(request.account, at.date()),
            "latest": TopUp.objects.for_account(request.account).last() if "paid" in request.GET else None,
            **forms,
        }
    return render(request, "dashboard/settings_billing.html", context)


def _ledger(request: DashboardRequest) -> Page[Any]:
    """What came in and went out, a page of it, each with its kind in words and its amount."""
    moved = Transaction.objects.for_account(request.account).filter(kind__in=STATED_KINDS)
    found: Page[Any] = Paginator(moved.order_by("-posted_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    # Of the page's alone: summed up before they are cut into pages, all entries ever would be read.
    shown: Any = billing.stated_transactions(account=request.account).filter(pk__in=[posted.pk for posted in found])
    amounts = dict(shown.values_list("pk", "micro_credits"))
    for posted in found:
        posted.micro_credits = amounts[posted.pk]
        posted.words = KINDS.get(posted.kind, posted.kind)
        posted.call_id = posted.reference.partition("/")[0] if posted.reference.startswith("call_") else ""
    return found


def _months(account: Account, today: date) -> list[date]:
    """The months that there are statements of, the latest first."""
    first = account.created_at.date().replace(day=1)
    months = [date(today.year - (today.month <= back), (today.month - back - 1) % 12 + 1, 1) for back in range(MONTHS)]
    return [month for month in months if month >= first]


def _record(request: DashboardRequest, action: str, *, at: datetime, target: str = "", **details: audit.Detail) -> None:
    audit.record(account=request.account, by=actor_of(request), action=action, target=target, details=details, at=at)
