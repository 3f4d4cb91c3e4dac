"""Views of the list of calls that people keep: each their own, in each account."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, User
from calls.finding import CallFilter
from calls.models import SavedView
from vaniagent.lib import errors

MOST: Final = 50


class BadView(errors.InvalidRequest):
    """No view can be like that."""


def views_of(*, account: Account, user: User) -> QuerySet[SavedView]:
    """A person's views of this account's calls, by name."""
    views: QuerySet[SavedView] = SavedView.objects.for_account(account).filter(user=user)
    return views.order_by("name", "pk")


@transaction.atomic
def save_view(*, account: Account, user: User, name: str, wanted: CallFilter, at: datetime) -> SavedView:
    """Keep a filter under a name; one of that name is replaced. Raises BadView."""
    name, query = " ".join(name.split()), wanted.to_query()
    if not 1 <= len(name) <= 60:
        raise BadView(_("A view's name has 1 to 60 characters."), param="name")
    if len(query) > 1000:
        raise BadView(_("This filter is too long to be kept."))

    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    views = views_of(account=account, user=user)
    view = views.filter(name__iexact=name).first()
    if view is None and views.count() >= MOST:
        raise BadView(_("You have %(most)d views here, which is the most. Delete one first.") % {"most": MOST})

    view = view or SavedView(account=account, user=user, created_at=at)
    view.name, view.query = name, query
    view.save()
    return view


@transaction.atomic
def delete_view(*, account: Account, user: User, pk: int) -> bool:
    """Forget one of a person's views. False where they have none by that id."""
    deleted, _rows = views_of(account=account, user=user).filter(pk=pk).delete()
    return deleted > 0
