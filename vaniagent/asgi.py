"""The web process: HTTP and WebSockets."""

from __future__ import annotations

import gc
import os
from collections.abc import Awaitable
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.utils.module_loading import import_string

from vaniagent import edge

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaniagent.settings")
# Every page has a thread of its own here: without a pool each would open a connection.
os.environ.setdefault("DATABASE_POOL_SIZE", "32")

edge.install()

pages = get_asgi_application()
# By name: what needs settings or models can be imported only now that Django is set up.
pool_size = settings.DATABASE_POOL_SIZE
# Half of the pool is for /v1. So many of its requests are worked on at once; further ones wait.
api = import_string("vaniagent.lib.api.application.ApiApplication")(
    threads=max(1, pool_size // 2) if pool_size else 16, keeps_connections=pool_size > 1
)
is_api = import_string("vaniagent.lib.api.requests.is_api")


def http(scope: Any, receive: Any, send: Any) -> Awaitable[None]:
    """To /v1, or to the pages."""
    answered: Awaitable[None] = (api if is_api(scope["path"]) else pages)(scope, receive, send)
    return answered


application = ProtocolTypeRouter({"http": http, "websocket": import_string("calls.routing.websockets")})

# What is loaded by now stays. To look through it for garbage takes a tenth of a second, in which nobody is answered.
gc.collect()
gc.freeze()
