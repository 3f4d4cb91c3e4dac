"""An example for every body that /v1 takes or answers, made of one for each field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_TIME: Final = "2024-01-15T10:30:00Z"

# By field, or by component and field where it means something else there. Ids, times, choices and nulls need none.
_VALUES: Final[Mapping[str, Any]] = {
    "Account.id": "acct_abc123",
    "Account.name": "Acme",
    "Agent.name": "Support Agent",
    "AgentBody.name": "Support Agent",
    "Attempt.response": "busy",
    "Attempt.status_code": 503,
    "Batch.name": "Reminders of March",
    **{f"BatchProgress.{name}": 1 for name in ("placed", "calls", "answered", "ended")},
    **{f"BatchProgress.{name}": 0 for name in ("waiting", "skipped", "refused", "canceled", "live")},
    "BatchProgress.rows": 1,
    "BatchRow.duration": 245,
    "BatchRow.call_status": "completed",
    "BatchRow.status": "placed",
    "BatchBody.": {
        "agent_id": "agent_abc123",
        "rows": [
            {"to_number": "+15005550100", "metadata": {"name": "Ada"}},
            {"to_number": "+15005550001", "metadata": {"name": "Grace"}},
        ],
        "duplicates": "skip",
        "name": "Reminders of March",
        "from_number": "+0987654321",
        "at_once": 2,
        "hours": {"timezone": "Europe/Berlin", "days": {"mon": [["09:00", "18:00"]]}},
        "scheduled_at": "2024-01-15T10:30:00Z",
        "per_minute": 30,
        "retry": {"outcomes": ["busy", "no_answer"], "attempts": 2, "every": [300, 3600]},
        "start": False,
    },
    "Call.id": "call_xyz789",
    # To the sandbox, which everybody has, whatever their key and their lines.
    "CallBody.": {
        "agent_id": "agent_abc123",
        "to_number": "+15005550100",
        "from_number": "+0987654321",
        "metadata": {"customer_id": "cust_123"},
        "sandbox": {"lines": ["Hello?", "How much is a cleaning?", "Thank you. Goodbye."]},
        "ring_timeout": 45,
        "scheduled_at": "2024-01-15T10:30:00Z",
        "retry": {"outcomes": ["busy", "no_answer"], "attempts": 2, "every": [300, 3600]},
        "timezone": "Europe/Berlin",
    },
    "CallSummary.id": "call_xyz789",
    "Call.status": "completed",
    "Call.transcript": "Agent: Hello, how can I help you today?\nUser: How much is a cleaning?",
    **{f"{body}.recording_announcement": "This call is recorded." for body in ("Compliance", "ComplianceBody")},
    **{f"{body}.ask": "May I record this call?" for body in ("Consent", "ConsentBody")},
    "DialCheck.id": "check_abc123",
    "DialCheck.call_id": "call_xyz789",
    "DialCheck.agent_id": "agent_abc123",
    "DialCheck.answer_sha256": None,
    "DialCheckResult.rule": "do_not_call",
    "DialCheckResult.passed": True,
    "DialCheck.allowed": True,
    "DialCheckResult.detail": "not listed",
    "PatchedDialingRulesBody.": {
        "calling_hours": {"timezone": "callee", "days": {"mon": [["09:00", "18:00"]]}},
        "max_calls_per_day": 3,
        "max_calls_per_week": 7,
        "pre_dial_url": "https://example.com/may-i-call",
        "proof_days": 1825,
        "rotate_secret": False,
    },
    "DialingRules.pre_dial_url": "https://example.com/may-i-call",
    "DoNotCallEntry.id": "dnc_abc123",
    "DoNotCallEntry.number": "+14155550199",
    "BatchRow.attempts": 1,
    "DoNotCallEntry.reason": "Please stop calling me.",
    "DoNotCallEntry.call_id": "call_xyz789",
    "DoNotCallBody.": {"number": "+14155550199", "reason": "Asked by mail"},
    "DoNotCallImportBody.": {"csv": "number,reason\n+14155550198,Asked by mail\n"},
    "DoNotCallImport.added": 1,
    "DoNotCallImport.already_listed": 0,
    "DoNotCallImport.refused": 1,
    "ImportProblem.line": 3,
    "ImportProblem.message": "Not a phone number with its country: + and 7 to 15 digits.",
    "CallSummary.status": "completed",
    "Delivery.event": "call.completed",
    "Delivery.status": "failed",
    "Endpoint.description": "CRM",
    "EndpointBody.description": "CRM",
    "EndpointWithSecret.description": "CRM",
    "CallingHours.days": {"mon": [["09:00", "12:00"], ["13:00", "18:00"]], "tue": [["09:00", "18:00"]]},
    "CallingHours.timezone": "callee",
    "CallingHoursBody.days": {"mon": [["09:00", "12:00"], ["13:00", "18:00"]], "tue": [["09:00", "18:00"]]},
    "CallingHoursBody.timezone": "callee",
    "KeypadChoice.digit": "1",
    "KeypadChoice.meaning": "opening hours",
    "KeypadChoiceBody.digit": "1",
    "KeypadChoiceBody.meaning": "opening hours",
    "Keypad.digit_timeout": 3.0,
    "Keypad.may_press": True,
    "Keypad.wanted": "accounts receivable",
    "Keypad.terminator": "#",
    "KeypadBody.digit_timeout": 3.0,
    "KeypadBody.may_press": True,
    "KeypadBody.wanted": "accounts receivable",
    "KeypadBody.terminator": "#",
    "Destination.name": "Sales",
    "Destination.announcement": None,
    "Destination.to": "+14155550123",
    "Destination.when": "the caller wants to buy something",
    "Destination.record": True,
    "DestinationBody.record": True,
    "DestinationBody.name": "Sales",
    "DestinationBody.announcement": "One moment, I'll put you through to sales.",
    "DestinationBody.to": "+14155550123",
    "DestinationBody.when": "the caller wants to buy something",
    "TransferBody.": {"name": "Sales", "mode": "warm"},
    "SipMessage.at": "2024-01-15T10:30:00.120Z",
    "SipMessage.peer": "198.51.100.7:5060",
    "SipMessage.text": "INVITE sip:+14155550100@sip.carrier.example SIP/2.0",
    "SipMessage.title": "INVITE",
    "SipMessage.transport": "udp",
    "SipTrace.is_cut": False,
    "PatchedAgentBody.name": "Support Agent",
    "PatchedEndpointChanges.description": "CRM",
    "InboundLimits.cost_per_day": "2.50",
    "InboundLimits.blocks_hidden": False,
    "InboundLimits.blocked": ["+14155550123", "+1900*"],
    "InboundLimits.calls_per_day": 100,
    "InboundLimits.calls_per_hour": 20,
    "InboundLimits.silent_after": 15,
    "Line.account_sid": None,
    "Line.name": "Main trunk",
    "Line.max_live_calls": 10,
    "LineBody.": {
        "kind": "sip",
        "name": "Main trunk",
        "domain": "sip.carrier.example",
        "port": 5061,
        "transport": "tls",
        "username": "acme",
        "password": "correct horse battery staple",
        "srtp": "required",
        "register": False,
        "numbers": ["+14155550100", "+14155550101"],
        "inbound_agent_id": "agent_abc123",
        "max_live_calls": 10,
        "calls_per_second": 5,
        "is_default": True,
        "inbound_limits": {"calls_per_hour": 20, "cost_per_day": "2.50", "blocked": ["+1900*"]},
    },
    **{
        f"InboundLimitsBody.{name}": value
        for name, value in {
            "blocked": ["+14155550123", "+1900*"],
            "blocks_hidden": False,
            "calls_per_day": 100,
            "calls_per_hour": 20,
            "cost_per_day": "2.50",
            "silent_after": 15,
        }.items()
    },
    "PatchedLineChanges.account_sid": "AC0123456789abcdef0123456789abcdef",
    "PatchedLineChanges.auth_token": "0123456789abcdef0123456789abcdef",
    "PatchedLineChanges.max_live_calls": 10,
    "PatchedLineChanges.name": "Main trunk",
    "PatchedLineChanges.password": "correct horse battery staple",
    "ReplayBody.from": "2024-01-15T08:00:00Z",
    "ReplayBody.status": "failed",
    "ReplayBody.to": "2024-01-15T12:00:00Z",
    "SandboxBody.lines": ["Hello?", "How much is a cleaning?"],
    "TopUp.credits": "20.00",
    "TopUp.url": "https://checkout.stripe.com/c/pay/cs_abc123",
    "Talk.media_url": "wss://api.vaniagent.com/media/browser/call_xyz789.1705314660.Zk3v",
    "Transaction.amount": "-0.41",
    "Transaction.kind": "charge",
    "Transaction.memo": "4 min 5 s",
    "Transaction.reference": "call_xyz789",
    "TopUpBody.cancel_url": "https://example.com/billing",
    "TopUpBody.credits": "20.00",
    "TopUpBody.success_url": "https://example.com/thanks",
    "Voice.language": "en-US",
    "Voice.name": "Fiona",
    "Voice.provider": "google",
    "Voice.id": "en-US-Neural2-F",
    "Voice.spoken_by": "joe",
    "agent_version": 1,
    "attempt": 1,
    "answered_at": "2024-01-15T10:35:00Z",
    "call_id": "call_xyz789",
    "completed_at": "2024-01-15T10:39:05Z",
    "calls_per_second": 5,
    "checked_at": "2024-01-15T10:30:02Z",
    "cost": "0.41",
    "credits": "5.00",
    "domain": "sip.carrier.example",
    "duration": 245,
    "duration_ms": 412,
    "end_ms": 1900,
    "ended_by": "user",
    "ended_reason": "user_hangup",
    "error": "",
    "events": ["call.completed", "call.failed"],
    "first_message": "Hello, how can I help you today?",
    "from_number": "+0987654321",
    "gender": "female",
    "heard_p50_ms": 780,
    "heard_p95_ms": 1140,
    "is_default": True,
    "interruptible": True,
    "language": "en-US",
    "limit": 20,
    "live_calls": 0,
    "max_duration": 600,
    "low_balance_credits": "2.00",
    "max_live_calls": 5,
    "metadata": {"customer_id": "cust_123"},
    "not_before": None,
    "number": 1,
    "paused_because": "",
    "per_minute": 30,
    "at_once": 4,
    "line": 1,
    "problem": "",
    "numbers": ["+14155550100", "+14155550101"],
    "offset": 0,
    "port": 5061,
    "preview_url": "https://api.vaniagent.com/files/voices/en-US-Neural2-F.wav",
    "prompt": "You are a friendly support agent of Acme Dental.",
    "recording_url": "https://api.vaniagent.com/files/call_xyz789/recording",
    "register": False,
    "replayed": 17,
    "RetryBody.": {"outcomes": ["busy", "no_answer"], "attempts": 2, "every": [300, 3600]},
    "retry": {"outcomes": ["busy", "no_answer"], "attempts": 2, "every": [300, 3600]},
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw8SgZ2oTVuQY=",
    "sentiment": "positive",
    "silence_timeout": 10,
    "srtp": "required",
    "speed": 1.0,
    "start_ms": 0,
    "status_detail": "",
    "summary": "The caller asked for the price of a cleaning.",
    "temperature": 0.7,
    "text": "Hello, how can I help you today?",
    "to_number": "+1234567890",
    "total": 1,
    "transcript_url": "https://api.vaniagent.com/files/call_xyz789/transcript",
    "Latency.turns": 6,
    "transport": "tls",
    "username": "acme",
    "url": "https://example.com/hook",
    "version": 1,
    "voice": "en-US-Neural2-F",
    "voicemail_action": "hang_up",
    "was_interrupted": False,
}
_RESULTS: Final = (
    "line,to,status,problem,attempts,call id,ended reason,answered,ended,seconds,credits,sentiment,summary,metadata.name\r\n"
    "1,'+14155550100,placed,,2,call_xyz789,user_hangup,2024-01-15T10:35:00Z,2024-01-15T10:39:05Z,245,0.408334,positive,"
    "The caller moved an appointment.,Ada\r\n"
)
_CSV: Final = "time,kind,reference,memo,amount,balance after\r\n2024-01-15T10:39:05Z,charge,call_xyz789,,-0.41,4.59\r\n"


def add_examples(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's last step: an example beside the shape of every body."""
    for path, operations in result["paths"].items():
        csv = _RESULTS if path.endswith("/results.csv") else _CSV
        for operation in operations.values():
            for body in (operation.get("requestBody", {}), *operation["responses"].values()):
                for media_type, content in body.get("content", {}).items():
                    is_json = media_type == "application/json"
                    content["example"] = _example(result, content["schema"]) if is_json else csv
    return result


def _example(result: Mapping[str, Any], shape: Mapping[str, Any], *, component: str = "", field: str = "") -> Any:
    """A value of this shape, the field of that name in that component."""
    known = _VALUES.get(f"{component}.{field}", _VALUES.get(field))
    if known is not None:
        return known
    if "$ref" in shape:
        name = shape["$ref"].rpartition("/")[2]
        return _example(result, result["components"]["schemas"][name], component=name)
    for choices in ("allOf", "oneOf", "anyOf"):
        if choices in shape:
            return _example(result, shape[choices][0], component=component, field=field)
    if "enum" in shape:
        return shape["enum"][0]
    match _kind_of(shape):
        case "object":
            return {
                name: _example(result, part, component=component, field=name)
                for name, part in shape.get("properties", {}).items()
            }
        case "array":
            return [_example(result, shape["items"], component=component, field=f"{field}.")]
        case "string" if shape.get("format") == "date-time":
            return _TIME
        case "string" if shape.get("pattern", "").endswith("_[0-9A-Za-z]+$"):
            return shape["pattern"].removeprefix("^").partition("_")[0] + "_abc123"
    return None


def _kind_of(shape: Mapping[str, Any]) -> Any:
    """Its type; of a shape that may be null the other one."""
    kind = shape.get("type")
    return kind[0] if isinstance(kind, list) else kind
