"""`/v1/agents/:id/talks`: a talk with an agent over a socket, for programs that have a microphone and a speaker."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiViewSet, NoSuchThing
from accounts.models import Scope
from agents.models import Agent
from calls import links
from calls.api.reading import agent_for_calls
from calls.api.serializers import MetadataField
from calls.services.starting import start_browser_talk
from vaniagent.lib.api.fields import IdField
from vaniagent.lib.api.serializers import Input


class TalkBody(Input):
    """What a talk may be given."""

    metadata = MetadataField(required=False)


class TalkSerializer(serializers.Serializer[dict[str, Any]]):
    """A talk that waits for its socket."""

    call_id = IdField("call")
    agent_id = IdField("agent")
    media_url = serializers.CharField(help_text="A WebSocket, good for one minute and for one socket")
    expires_at = serializers.DateTimeField(help_text="The socket must be open by then")


class TalkViewSet(ApiViewSet[Agent]):
    queryset = Agent.objects.none()
    scopes = {"create": Scope.CALLS}

    @extend_schema(request=TalkBody, responses={201: TalkSerializer, 402: None, 404: None})
    def create(self, request: Request, id: str) -> Response:
        """Begin a talk: a call whose microphone and speaker are a socket that you open."""
        body, now = self.read(TalkBody), timezone.now()
        agent = agent_for_calls(account=self.account, agent_id=id)
        if agent is None:
            raise NoSuchThing("There is no agent with this id.")

        talk = start_browser_talk(
            account=self.account, agent=agent, api_key=self.api_key, metadata=body.get("metadata"), at=now
        )
        answer = {
            "call_id": talk.call.public_id,
            "agent_id": id,
            "media_url": settings.PUBLIC_URL.replace("http", "ws", 1) + talk.media_url,
            "expires_at": now + links.MEDIA_LIFETIME,
        }
        return Response(TalkSerializer(answer).data, status.HTTP_201_CREATED)
