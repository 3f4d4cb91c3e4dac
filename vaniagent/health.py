"""What load balancers and the supervisor ask: is the process up, and can it work?"""

from __future__ import annotations

import logging
from functools import cache

import redis
from django.conf import settings
from django.db import connection
from django.db.utils import Error as DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The process reaches its stores."""
    stores = {"database": database_answers(), "redis": redis_answers()}
    ready = all(stores.values())
    answer = {
        "status": "ok" if ready else "unavailable",
        **{name: "ok" if up else "away" for name, up in stores.items()},
    }
    return JsonResponse(answer, status=200 if ready else 503)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.warning("The database is away", exc_info=True)
        return False
    return True


def redis_answers() -> bool:
    try:
        _client().ping()
    except RedisError:
        log.warning("Redis is away", exc_info=True)
        return False
    return True


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
