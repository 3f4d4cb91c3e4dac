"""The pages of the staff's site: every list, the newest row of each, what is done to a row, and those that are no rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.contrib import admin
from django.urls import reverse

from ops.sample_site import Page

STAFF: Final = "staff"


def pages() -> Iterator[Page]:
    for name in ("index", "find", "processes"):
        yield _page(name)
    for model, site in admin.site._registry.items():
        prefix = f"{model._meta.app_label}_{model._meta.model_name}"
        yield _page(f"{prefix}_changelist")
        newest = model._default_manager.order_by("-pk").first()
        if newest is None:
            continue
        yield _page(f"{prefix}_change", newest.pk)
        yield _page(f"{prefix}_history", newest.pk)
        for action in getattr(site, "actions_detail", ()):
            yield _page(f"{prefix}_{action}", newest.pk)


def _page(name: str, *arguments: object) -> Page:
    return Page(f"admin_{name}", reverse(f"admin:{name}", args=arguments), STAFF)
