"""The web process: HTTP and WebSockets."""

from __future__ import annotations

import os
from collections.abc import Awaitable
from typing import Any, Final

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application
from django.utils.module_loading import import_string

from vaniagent import edge

# Requests under /v1 that are worked on at once; further ones wait.
API_THREADS: Final = 16

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaniagent.settings")
# Every page has a thread of its own here: without a pool each would open a connection.
os.environ.setdefault("DATABASE_POOL_SIZE", "16")

edge.install()

pages = get_asgi_application()
# By name: what needs settings or models can be imported only now that Django is set up.
api = import_string("vaniagent.lib.api.application.ApiApplication")(threads=API_THREADS)
is_api = import_string("vaniagent.lib.api.requests.is_api")


def http(scope: Any, receive: Any, send: Any) -> Awaitable[None]:
    """To /v1, or to the pages."""
    answered: Awaitable[None] = (api if is_api(scope["path"]) else pages)(scope, receive, send)
    return answered


application = ProtocolTypeRouter({"http": http, "websocket": import_string("calls.routing.websockets")})
