"""What a webhook tells. `event` says which one it is, and so what `data` has."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Mapping, Optional, Type, Union, cast, get_type_hints

from vaniagent.compat import Literal
from vaniagent.models.base import Model


class CallData(Model):
    """What every event about a call has."""

    call_id: str
    agent_id: str
    status: str
    metadata: Dict[str, Any]


class CallStartedData(CallData):
    """`direction` is "inbound" where the call came in, and None where it was placed."""

    direction: Optional[str] = None


class CallEndedData(CallData):
    """Both links are None where nobody answered."""

    duration: int
    ended_reason: str
    transcript_url: Optional[str]
    recording_url: Optional[str]


class TransferData(CallData):
    """Whom the call is given to."""

    name: str
    to: str
    mode: str


class TransferFailedData(CallData):
    name: str
    reason: str


class TranscriptData(CallData):
    transcript_url: str


class RecordingData(CallData):
    duration: int
    recording_url: str


class BalanceData(Model):
    account_id: str
    credits: str
    threshold: str


class WebhookModel(Model):
    """What all webhooks have. `delivery_id` is the same whenever a delivery is tried again."""

    timestamp: datetime

    def __init__(self, data: Mapping[str, Any], delivery_id: Optional[str] = None) -> None:
        super().__init__(data)
        self.__dict__["_delivery_id"] = delivery_id

    @property
    def delivery_id(self) -> Optional[str]:
        """`whd_…`, to see a repetition by."""
        return cast("Optional[str]", self.__dict__["_delivery_id"])


class CallStartedEvent(WebhookModel):
    event: Literal["call.started"]
    data: CallStartedData


class CallEndedEvent(WebhookModel):
    event: Literal["call.completed", "call.failed"]
    data: CallEndedData


class TransferEvent(WebhookModel):
    event: Literal["call.transferring", "call.transferred"]
    data: TransferData


class TransferFailedEvent(WebhookModel):
    event: Literal["call.transfer_failed"]
    data: TransferFailedData


class TranscriptReadyEvent(WebhookModel):
    event: Literal["transcript.ready"]
    data: TranscriptData


class RecordingReadyEvent(WebhookModel):
    event: Literal["recording.ready"]
    data: RecordingData


class BalanceLowEvent(WebhookModel):
    event: Literal["account.balance_low"]
    data: BalanceData


class UnknownWebhookEvent(WebhookModel):
    """An event that is newer than this package. It is not in the union, so that comparing `event` tells the type of `data`."""

    event: str
    data: Model


WebhookEvent = Union[
    CallStartedEvent,
    TransferEvent,
    TransferFailedEvent,
    CallEndedEvent,
    TranscriptReadyEvent,
    RecordingReadyEvent,
    BalanceLowEvent,
]

_KINDS: List[Type[Any]] = [
    CallStartedEvent,
    TransferEvent,
    TransferFailedEvent,
    CallEndedEvent,
    TranscriptReadyEvent,
    RecordingReadyEvent,
    BalanceLowEvent,
]
_BY_NAME: Dict[str, Type[Any]] = {}


def webhook_types() -> Mapping[str, Type[Any]]:
    """The class of each event."""
    if not _BY_NAME:
        _BY_NAME.update({name: kind for kind in _KINDS for name in get_type_hints(kind)["event"].__args__})
    return _BY_NAME


def webhook_event(body: Mapping[str, Any], *, delivery_id: Optional[str]) -> WebhookEvent:
    """The event that a verified body holds."""
    event: WebhookEvent = webhook_types().get(str(body.get("event")), UnknownWebhookEvent)(body, delivery_id)
    return event
