"""What the API answers, one class for each schema of its OpenAPI document."""

from __future__ import annotations

from vaniagent.models.account import Account, TopUp, Transaction
from vaniagent.models.agent import (
    Agent,
    CallingHours,
    Compliance,
    Consent,
    Destination,
    Keypad,
    KeypadChoice,
    Speech,
    Talk,
)
from vaniagent.models.base import Model
from vaniagent.models.batch import Batch, BatchProgress, BatchRow
from vaniagent.models.call import Call, CallSummary, Latency, SipMessage, SipTrace, Transcript, Turn, TurnLatency
from vaniagent.models.dialing import (
    DialCheck,
    DialCheckResult,
    DialingRules,
    DoNotCallEntry,
    DoNotCallImport,
    ImportProblem,
)
from vaniagent.models.phone_line import InboundLimits, Line
from vaniagent.models.voice import Voice
from vaniagent.models.webhook import Attempt, Delivery, Endpoint, EndpointWithSecret, Replay

__all__ = [
    "Account",
    "Agent",
    "Attempt",
    "Batch",
    "BatchProgress",
    "BatchRow",
    "Call",
    "CallSummary",
    "CallingHours",
    "Compliance",
    "Consent",
    "Delivery",
    "Destination",
    "DialCheck",
    "DialCheckResult",
    "DialingRules",
    "DoNotCallEntry",
    "DoNotCallImport",
    "Endpoint",
    "EndpointWithSecret",
    "ImportProblem",
    "InboundLimits",
    "Keypad",
    "KeypadChoice",
    "Latency",
    "Line",
    "Model",
    "Replay",
    "SipMessage",
    "SipTrace",
    "Speech",
    "Talk",
    "TopUp",
    "Transaction",
    "Transcript",
    "Turn",
    "TurnLatency",
    "Voice",
]
