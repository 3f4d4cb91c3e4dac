"""What the API answers, one class for each schema of its OpenAPI document."""

from __future__ import annotations

from vaniagent.models.account import Account, TopUp, Transaction
from vaniagent.models.agent import Agent
from vaniagent.models.base import Model
from vaniagent.models.call import Call, CallSummary, Latency, Transcript, Turn, TurnLatency
from vaniagent.models.voice import Voice
from vaniagent.models.webhook import Attempt, Delivery, Endpoint, EndpointWithSecret, Replay

__all__ = [
    "Account",
    "Agent",
    "Attempt",
    "Call",
    "CallSummary",
    "Delivery",
    "Endpoint",
    "EndpointWithSecret",
    "Latency",
    "Model",
    "Replay",
    "TopUp",
    "Transaction",
    "Transcript",
    "Turn",
    "TurnLatency",
    "Voice",
]
