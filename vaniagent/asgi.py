"""The web process: HTTP and WebSockets."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application
from django.utils.module_loading import import_string

from vaniagent import edge

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaniagent.settings")
# Every request has a thread of its own here: without a pool each would open a connection.
os.environ.setdefault("DATABASE_POOL_SIZE", "16")

edge.install()

http = get_asgi_application()
# By name: what leads to models can be imported only now that Django is set up.
application = ProtocolTypeRouter({"http": http, "websocket": import_string("calls.routing.websockets")})
