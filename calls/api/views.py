"""`/v1/calls`."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiViewSet, NoSuchThing
from accounts.models import Scope
from calls.api.reading import one_call, page_of_calls, page_of_filtered_calls
from calls.api.serializers import (
    CallBody,
    CallListQuery,
    CallSerializer,
    CallSummarySerializer,
    RecordingBody,
    SipTraceSerializer,
    TranscriptSerializer,
    TransferBody,
)
from calls.models import Call, DialCheck, Turn
from calls.services import control, gate, off_record, traces, transfers
from calls.services.starting import start_call
from calls.telephony.base import EndedBy
from vaniagent.lib.api.serializers import Nothing


class CallViewSet(ApiViewSet[Call]):
    serializer_class = CallSerializer
    list_query_class = CallListQuery
    scopes = {
        "list": Scope.READ,
        "retrieve": Scope.READ,
        "transcript": Scope.READ,
        "sip_trace": Scope.READ,
        "create": Scope.CALLS,
        "hangup": Scope.CALLS,
        "recording": Scope.CALLS,
        "transfer": Scope.CALLS,
    }
    # The proof of why a call was not placed.
    _refused: DialCheck | None = None

    def get_queryset(self) -> QuerySet[Call]:
        calls: QuerySet[Call] = Call.objects.for_account(self.account)
        return calls

    def get_serializer_class(self) -> type[CallSummarySerializer]:
        return CallSummarySerializer if self.action == "list" else CallSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "account": self.account}

    def list(self, request: Request) -> Response:
        query, now = self.query, timezone.now()
        part = {"account": self.account, "limit": query["limit"], "offset": query["offset"], "at": now}
        if "agent_id" in query or "status" in query:
            page = page_of_filtered_calls(agent_id=query.get("agent_id"), status=query.get("status"), **part)
        else:
            page = page_of_calls(**part)
        return Response({"data": page.calls, "total": page.total, "limit": query["limit"], "offset": query["offset"]})

    def retrieve(self, request: Request, id: str) -> Response:
        return Response(self._shown(id))

    @extend_schema(request=CallBody, responses={201: CallSerializer, 402: None, 404: None})
    def create(self, request: Request) -> Response:
        """Place a call, now or at a later time."""
        body = self.read(CallBody)
        try:
            call = self._place(body)
        except gate.MayNotRing as refusal:
            self._refused = refusal.check
            raise
        return Response(self._shown(call.public_id), status.HTTP_201_CREATED)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        # What a request with an Idempotency-Key did is undone when it failed; the proof that it was refused stays.
        gate.keep(self._refused)
        return response

    def _place(self, body: dict[str, Any]) -> Call:
        return start_call(
            account=self.account,
            agent=body["agent"],
            ring_timeout=body["ring_timeout"],
            api_key=self.api_key,
            to_number=body["to_number"],
            from_number=body["from_number"],
            metadata=body["metadata"],
            sandbox_lines=body.get("sandbox", {}).get("lines"),
            scheduled_at=body.get("scheduled_at"),
            retry=body.get("retry"),
            time_zone=body.get("timezone") or "",
            at=timezone.now(),
        )

    @extend_schema(responses=TranscriptSerializer)
    @action(detail=True)
    def transcript(self, request: Request, id: str) -> Response:
        """Get the turns of a call with their times."""
        call = self.get_object()
        turns = Turn.objects.filter(call=call, is_final=True).order_by("number")
        return Response(TranscriptSerializer({"call_id": call.public_id, "turns": turns}).data)

    @extend_schema(responses=SipTraceSerializer)
    @action(detail=True)
    def sip_trace(self, request: Request, id: str) -> Response:
        """Get the SIP messages of a call, without credentials; none where it took no SIP line."""
        call = self.get_object()
        trace = traces.trace_of(call)
        shown = {"call_id": call.public_id, "messages": trace.messages, "is_cut": trace.is_cut}
        return Response(SipTraceSerializer(shown).data)

    @extend_schema(request=TransferBody, responses=CallSerializer)
    @action(detail=True, methods=["post"])
    def transfer(self, request: Request, id: str) -> Response:
        """Have a call's caller given to one of its agent's `transfers`; events tell what becomes of it."""
        call = self.get_object()
        body = self.read(TransferBody)
        transfers.request_transfer(call=call, by=EndedBy.API, **body, at=timezone.now())
        return Response(self._shown(id))

    @extend_schema(request=Nothing)
    @action(detail=True, methods=["post"])
    def hangup(self, request: Request, id: str) -> Response:
        """End a call, or cancel a scheduled one, with its further attempts; one that has ended stays as it is."""
        self.read(Nothing)
        control.hang_up_call(call=self.get_object(), by=EndedBy.API, at=timezone.now())
        return Response(self._shown(id))

    @extend_schema(request=RecordingBody)
    @action(detail=True, methods=["post"])
    def recording(self, request: Request, id: str) -> Response:
        """Pause the recording of a call, such as for a card number, or go on with it."""
        call = self.get_object()
        off_record.set_recording(call=call, state=self.read(RecordingBody)["state"], at=timezone.now())
        return Response(self._shown(id))

    def _shown(self, call_id: str) -> dict[str, Any]:
        call = one_call(account=self.account, call_id=call_id, at=timezone.now())
        if call is None:
            raise NoSuchThing("There is no call with this id.")
        return call
