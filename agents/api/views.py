"""`/v1/agents` and `/v1/voices`."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiViewSet
from accounts.models import Scope
from agents import services
from agents.api.serializers import (
    AgentBody,
    AgentListQuery,
    AgentSerializer,
    VoiceQuery,
    VoiceSerializer,
    voice_page,
)
from agents.models import Agent


class AgentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet[Agent]):
    serializer_class = AgentSerializer
    list_query_class = AgentListQuery
    scopes = {
        "list": Scope.READ,
        "retrieve": Scope.READ,
        "create": Scope.ADMIN,
        "partial_update": Scope.ADMIN,
        "destroy": Scope.ADMIN,
    }

    def get_queryset(self) -> QuerySet[Agent]:
        agents: QuerySet[Agent] = Agent.objects.for_account(self.account)
        if self.action == "list":
            agents = agents.filter(status=self.query["status"])
        return agents.select_related("current").order_by("-pk")

    @extend_schema(request=AgentBody)
    def create(self, request: Request) -> Response:
        """Make an agent."""
        agent = services.create_agent(
            account=self.account, settings=self.read(AgentBody), by=self.actor, at=timezone.now()
        )
        return Response(self.get_serializer(agent).data, status.HTTP_201_CREATED)

    @extend_schema(request=AgentBody)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change an agent. Calls that were placed before keep the version they have."""
        agent = services.update_agent(
            agent=self.get_object(), settings=self.read(AgentBody, partial=True), by=self.actor, at=timezone.now()
        )
        return Response(self.get_serializer(agent).data)

    def destroy(self, request: Request, id: str) -> Response:
        """Archive an agent. Its history stays; it takes no new calls."""
        services.archive_agent(agent=self.get_object(), by=self.actor, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class VoiceViewSet(ApiViewSet[Agent]):
    """The catalogue is the same for everybody."""

    list_query_class = VoiceQuery
    scopes = {"list": Scope.READ}

    @extend_schema(responses=VoiceSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List voices."""
        return Response(voice_page(**self.query))
