from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # The product's system checks register as they are imported; this is the lowest of its apps.
        from vaniagent.lib import checks  # noqa: F401
