"""What a text names: an id, an address, a number, a key, a reference. Its form says which tables are asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from vaniagent.lib.staff_admin import StaffAdmin, address_of

MOST: Final = 20


@dataclass(frozen=True)
class Found:
    """A row: what it is called, what it is, where staff read it."""

    name: str
    description: str
    address: str


@dataclass(frozen=True)
class Group:
    """Rows of one kind, the newest first."""

    kind: str
    found: Sequence[Found]


def find(site: AdminSite, request: HttpRequest, text: str) -> list[Group]:
    """The rows that a text names, of the kinds that this member of the staff may see."""
    groups = []
    for model, model_admin in site._registry.items():
        if not isinstance(model_admin, StaffAdmin) or not model_admin.has_view_permission(request):
            continue
        rows: Any = model_admin.find(request, text).distinct().order_by("-pk")
        found = [Found(str(row), model_admin.describe(row), address_of(row)) for row in rows[:MOST]]
        if found:
            groups.append(Group(str(model._meta.verbose_name_plural), found))
    return groups
