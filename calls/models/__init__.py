from __future__ import annotations

from calls.models.batch import BatchRow, CallBatch
from calls.models.call import Call
from calls.models.carrier_call import CarrierCall
from calls.models.dialing import DialCheck, DialingRules, DoNotCall
from calls.models.event import CallEvent
from calls.models.leg import Leg, LegHolder
from calls.models.phone_line import LineNumber, LineRefusal, PhoneLine
from calls.models.recording import Recording
from calls.models.registration import LineRegistration
from calls.models.retention import DataExport, Retention
from calls.models.search import CallWords, SavedView
from calls.models.talk import PublicTalk, TalkLink
from calls.models.trace import SipTrace
from calls.models.transcript import Turn
from calls.models.transfer import Transfer

__all__ = [
    "BatchRow",
    "Call",
    "CallBatch",
    "CallEvent",
    "CallWords",
    "CarrierCall",
    "DataExport",
    "DialCheck",
    "DialingRules",
    "DoNotCall",
    "Leg",
    "LegHolder",
    "LineNumber",
    "LineRefusal",
    "LineRegistration",
    "PhoneLine",
    "PublicTalk",
    "Recording",
    "Retention",
    "SavedView",
    "SipTrace",
    "TalkLink",
    "Transfer",
    "Turn",
]
