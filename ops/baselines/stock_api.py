"""/v1/calls as a tutorial of Django REST framework would have it: a ModelViewSet on the product's model.

It makes calls by one INSERT: no hold, no event, no queue. Started with `DJANGO_SETTINGS_MODULE=ops.baselines.stock_settings`;
with `STOCK_THROTTLES=0` it has no throttles.
"""

from __future__ import annotations

import hashlib
import os
from importlib import import_module
from typing import Any

from django.core.asgi import get_asgi_application
from django.db.models import QuerySet
from django.urls import include, path
from rest_framework import authentication, exceptions, routers, serializers, throttling, viewsets
from rest_framework.request import Request

application = get_asgi_application()

accounts, agents, calls = (import_module(f"{app}.models") for app in ("accounts", "agents", "calls"))


class KeyAuthentication(authentication.BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, Any]:
        digest = hashlib.sha256(request.headers["Authorization"].removeprefix("Bearer ").encode()).hexdigest()
        key = accounts.ApiKey.objects.select_related("account").filter(digest=digest, revoked_at=None).first()
        if key is None:
            raise exceptions.AuthenticationFailed
        return key.account, key


class MinuteThrottle(throttling.SimpleRateThrottle):
    scope = "minute"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"throttle_{self.scope}_{request.auth.pk}"


class HourThrottle(MinuteThrottle):
    scope = "hour"


class CallSerializer(serializers.ModelSerializer[Any]):
    id = serializers.CharField(source="public_id", read_only=True)
    agent_id = serializers.SlugRelatedField(
        source="agent", slug_field="public_id", queryset=agents.Agent.objects.select_related("current")
    )
    agent_version = serializers.IntegerField(source="agent_version.number", read_only=True)
    transcript = serializers.SerializerMethodField()

    class Meta:
        model = calls.Call
        fields = [
            *("id", "agent_id", "agent_version", "status", "direction", "to_number", "from_number", "duration"),
            *("ended_reason", "ended_by", "metadata", "sentiment", "cost", "created_at", "answered_at"),
            *("completed_at", "transcript", "summary"),
        ]
        read_only_fields = [name for name in fields if name not in ("agent_id", "to_number", "from_number", "metadata")]
        extra_kwargs = {"from_number": {"required": False}}

    def get_transcript(self, call: Any) -> str | None:
        if self.context["view"].action == "list":
            return None
        turns = calls.Turn.objects.filter(call=call, is_final=True).order_by("number")
        return "\n".join(f"{turn.speaker}: {turn.text}" for turn in turns) or None


class CallViewSet(viewsets.ModelViewSet[Any]):
    serializer_class = CallSerializer
    authentication_classes = [KeyAuthentication]
    throttle_classes = [MinuteThrottle, HourThrottle] if os.environ.get("STOCK_THROTTLES") != "0" else []
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = calls.Call.objects.filter(account=self.request.user)
        return rows.select_related("agent", "agent_version").order_by("-pk")

    def perform_create(self, serializer: Any) -> None:
        agent = serializer.validated_data["agent"]
        serializer.save(account=self.request.user, agent_version=agent.current, api_key=self.request.auth)


router = routers.SimpleRouter(trailing_slash=False)
router.register("v1/calls", CallViewSet, basename="call")
urlpatterns = [path("", include(router.urls))]
