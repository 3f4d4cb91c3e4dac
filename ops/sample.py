"""A workspace with a believable week in it, for screenshots and for tests of all pages; and a fresh one.

`manage.py shell -c "from ops import sample; sample.fill()"`. Rows of the past are written straight: no service goes back
in time.
"""

from __future__ import annotations

import itertools
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import invitations
from accounts import services as accounts
from accounts.audit import Actor
from accounts.models import Account, Invitation, Membership, User
from agents import services as agents
from agents.models import Agent, AgentVersion
from billing import services as billing
from calls import events
from calls.finding import CallFilter
from calls.models import Call, DataExport, PhoneLine, Recording, TalkLink, Turn
from calls.services import lines, searching, talk_links, traces, views
from calls.telephony.sip_trace import SipMessage, Trace
from dashboard.onboarding import open_first_workspace
from ops import sample_batches, sample_dialing
from ops.sample_words import AGENTS, ANSWERED, FAULTS, NOBODY, TALKS, Talk
from vaniagent.lib import money
from webhooks import services as webhooks
from webhooks.models import Attempt, Delivery, Endpoint

CALLS: Final = 60
RATE: Final = 8_000
PRICE: Final = 100_000
OWNER: Final = "mara@brightsmile.example"
STAFF: Final = "sam@vaniagent.example"
PASSWORD: Final = "correct horse battery staple"  # noqa: S105  # of nobody


@dataclass(frozen=True)
class Sample:
    """What was made; the ids are what the addresses of pages take."""

    owner: User
    fresh_owner: User
    staff: User
    ids: dict[str, str]

    def session(self, who: str) -> str:
        """The session cookie of "owner", "fresh" or "staff", logged in as by its form."""
        return session_of({"owner": self.owner, "fresh": self.fresh_owner, "staff": self.staff}[who])


def session_of(user: User) -> str:
    """A session cookie of this person's."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    # When the password was given: some pages ask for it again otherwise.
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "email": user.email}]
    session.save()
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    UserSession.objects.create(user=user, ip="203.0.113.7", session_key=session.session_key, user_agent=browser)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def fill(*, now: datetime | None = None) -> Sample:
    """Make both workspaces, and somebody of the staff."""
    now = now or timezone.now()
    account = accounts.create_account(email=OWNER, password=PASSWORD, name="Bright Smile Dental", plan="enterprise")
    owner = User.objects.get(email=OWNER)
    by = Actor(user=owner, ip="203.0.113.7")
    billing.grant(
        account=account,
        reference="sign-up",
        micro_credits=5 * money.MICRO,
        at=now - timedelta(days=21),
        memo="Sign-up",
    )
    billing.grant(
        account=account,
        reference="credits",
        micro_credits=60 * money.MICRO,
        at=now - timedelta(days=14),
        memo="Pilot of November",
    )

    token = _people(account, by, now)
    _keys(account, by, now)
    made = _agents(account, by, now)
    link = _link(made[0], now)
    endpoint = _endpoints(account, now)
    line = _line(account, made[0], by, now)
    recordings = {talk: _wav(talk, number) for number, talk in enumerate(TALKS)}
    calls = [_call(account, made, number, recordings, now) for number in range(CALLS, 0, -1)]
    call = next(call for call in reversed(calls) if call.status == Call.Status.COMPLETED)
    _trace(call, line)
    live = live_call(account, made[0], now)
    delivery = _deliveries(account, now)
    batch = sample_batches.draft(account, made[1], by, now)
    paused = sample_batches.paused(account, made[1], call, by, now)
    scheduled = sample_batches.scheduled_call(account, made[0], now)
    _views(account, owner, now)
    export = _export(account, owner, now)
    entry = sample_dialing.rules_and_list(account, by, now)
    refused = sample_dialing.refused(account, made[0], now)

    fresh_owner = User.objects.create_user("ines@fresh.example", PASSWORD, first_name="Ines")
    _verify(fresh_owner)
    open_first_workspace(user=fresh_owner, at=now)
    return Sample(
        owner,
        fresh_owner,
        User.objects.create_superuser(STAFF, PASSWORD, first_name="Sam"),
        {
            "agent_id": made[0].public_id,
            "number": "2",
            "call_id": call.public_id,
            "live_call_id": live.public_id,
            "batch_id": batch.public_id,
            "paused_batch_id": paused.public_id,
            "scheduled_call_id": scheduled.public_id,
            "refused_call_id": refused.public_id,
            "slug": link.slug,
            "endpoint_id": endpoint.public_id,
            "line_id": line.public_id,
            "delivery_id": delivery.public_id,
            "key_id": account.api_keys.latest("pk").public_id,
            "invitation_id": account.invitations.latest("pk").public_id,
            "export_id": export.public_id,
            "entry_id": entry.public_id,
            "token": token,
        },
    )


def _people(account: Account, by: Actor, now: datetime) -> str:
    """Members and an open invitation; gives its token."""
    User.objects.filter(email=OWNER).update(first_name="Mara", last_name="Lindqvist")
    for first, last, role in (("Jonas", "Weber", "admin"), ("Priya", "Nair", "developer"), ("Tom", "Ellis", "viewer")):
        user = User.objects.create_user(
            f"{first.lower()}@brightsmile.example", PASSWORD, first_name=first, last_name=last
        )
        _verify(user)
        Membership.objects.create(account=account, user=user, role=role)
    invitation = invitations.invite(account=account, email="lea@brightsmile.example", role="developer", by=by, at=now)
    token = "sample-invitation-of-nobody"  # noqa: S105  # of this throw-away database
    Invitation.objects.filter(pk=invitation.pk).update(digest=invitations._digest(token))
    return token


def _verify(user: User) -> None:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


def _keys(account: Account, by: Actor, now: datetime) -> None:
    used = {"Booking system": 3, "CRM sync": 1400}
    for name, mode in (("Booking system", "live"), ("CRM sync", "live"), ("Laptop of Priya", "test")):
        key, _ = accounts.create_api_key(account=account, mode=mode, name=name, by=by, at=now)
        if name in used:
            account.api_keys.filter(pk=key.pk).update(last_used_at=now - timedelta(minutes=used[name]))
    account.api_keys.filter(last_used_at=None).update(created_at=now - timedelta(days=12))


def _agents(account: Account, by: Actor, now: datetime) -> list[Agent]:
    made = []
    owed = {"compliance": sample_dialing.COMPLIANCE}
    for name, prompt in AGENTS.items():
        first = next(talk.lines[0] for talk in TALKS if talk.agent == name)
        agent = agents.create_agent(
            account=account,
            settings={"name": name, "voice": "joe", "prompt": prompt, "first_message": first},
            by=by,
            at=now - timedelta(days=12),
        )
        agents.update_agent(agent=agent, settings={"temperature": 0.4}, by=by, at=now - timedelta(days=9))
        made.append(
            agents.update_agent(
                agent=agent,
                settings={
                    "prompt": f"{prompt}\nSay goodbye when everything is settled.",
                    "silence_timeout": 30,
                    **owed,
                },
                by=by,
                at=now - timedelta(days=2),
            )
        )
    old = agents.create_agent(account=account, settings={"name": "Old front desk", "voice": "joe"}, by=by)
    agents.archive_agent(agent=old, by=by, at=now - timedelta(days=8))
    for days, number in ((12, 1), (9, 2), (2, 3)):
        AgentVersion.objects.filter(agent__account=account, number=number).update(created_at=now - timedelta(days=days))
    Agent.objects.filter(account=account).update(
        created_at=now - timedelta(days=12), updated_at=now - timedelta(days=2)
    )
    return made


def _link(agent: Agent, now: datetime) -> TalkLink:
    return talk_links.enable_link(agent=agent, allowed_origins=["https://brightsmile.example"], at=now)


def _line(account: Account, agent: Agent, by: Actor, now: datetime) -> PhoneLine:
    at = now - timedelta(days=10)
    line = lines.create_line(
        account=account,
        kind=PhoneLine.Kind.SIP,
        numbers=["+14155550199"],
        at=at,
        by=by,
        name="Front desk",
        domain="sip.brightsmile.example",
        inbound_agent=agent,
    )
    return lines.note_check(line=line, status=PhoneLine.Status.READY, detail="", at=now)


def _trace(call: Call, line: PhoneLine) -> None:
    """As though the call had taken the line."""
    Call.objects.filter(pk=call.pk).update(phone_line=line)
    said = (
        (True, f"INVITE sip:{call.to_number}@{line.domain} SIP/2.0"),
        (False, "SIP/2.0 407 Proxy Authentication Required"),
        (True, f"INVITE sip:{call.to_number}@{line.domain} SIP/2.0\nProxy-Authorization: (removed)"),
        (False, "SIP/2.0 180 Ringing"),
        (False, "SIP/2.0 200 OK\nContent-Type: application/sdp\n\nv=0\nm=audio 31000 RTP/AVP 0 8 101"),
        (True, f"ACK sip:{call.to_number}@{line.domain} SIP/2.0"),
        (False, "BYE sip:+14155550199@203.0.113.9 SIP/2.0"),
        (True, "SIP/2.0 200 OK"),
    )
    messages = [
        SipMessage(call.created_at + timedelta(milliseconds=number**3 * 130), is_sent, "udp", "198.51.100.7:5060", text)
        for number, (is_sent, text) in enumerate(said)
    ]
    traces.add_trace(call_id=call.public_id, trace=Trace(messages))


def _endpoints(account: Account, now: datetime) -> Endpoint:
    """Two that listen to all calls, one of them paused. Gives the first."""
    named = ("call.started", "call.completed", "call.failed", "transcript.ready", "recording.ready")
    first = webhooks.create_endpoint(
        account=account, url="https://booking.brightsmile.example/hooks/calls", events=named, description="Bookings"
    )
    second = webhooks.create_endpoint(
        account=account, url="https://crm.example/vaniagent", events=["call.completed"], description="CRM"
    )
    webhooks.update_endpoint(endpoint=second, status=Endpoint.Status.DISABLED)
    Endpoint.objects.filter(account=account).update(created_at=now - timedelta(days=11))
    return first


def _call(account: Account, made: list[Agent], number: int, recordings: dict[Talk, Path], now: datetime) -> Call:
    """The call of so many calls ago: most were talks, some came to nothing."""
    at = now - timedelta(hours=2.7 * number, minutes=7 * (number % 9))
    reached = number % 4 != 0
    talk = TALKS[number % len(TALKS)]
    agent = next(agent for agent in made if agent.current is not None and agent.current.name == talk.agent)
    reason = ANSWERED[number % len(ANSWERED)] if reached else (*NOBODY, *FAULTS)[number // 4 % len((*NOBODY, *FAULTS))]
    moments = list(_moments(talk))
    talked = timedelta(milliseconds=moments[-1][2] + 900) if reached else timedelta()
    answered_at = at + timedelta(seconds=6) if reached else None
    ended_at = at + timedelta(seconds=8 if reached else 31) + talked
    seconds = round(talked.total_seconds())
    other, ours = f"+1415555{100 + number % 40:04}", "+14155550199"
    is_inbound = number % 5 == 1
    call: Call = Call.objects.create(
        account=account,
        agent=agent,
        agent_version=agent.versions.latest("number"),
        direction="inbound" if is_inbound else "outbound",
        to_number=ours if is_inbound else other,
        from_number=other if is_inbound else ours,
        metadata={"patient": f"p_{2000 + number}", "campaign": ("recall", "new patients")[number % 2]},
        created_at=at,
        rate_per_minute=PRICE,
    )
    billing.hold_first_minute(account=account, reference=call.public_id, rate_per_minute=PRICE, at=at)
    events.record(call, "call.started", at=at)
    if answered_at is not None:
        events.record(call, "call.answered", at=answered_at)
        _say(call, moments, answered_at)
    charged = billing.settle_call(
        account=account, reference=call.public_id, micro_credits=PRICE * seconds // 60, at=ended_at
    )
    latency = 640 + 37 * (number % 11)
    ended: dict[str, Any] = {
        "status": "completed" if reached else "failed",
        "answered_at": answered_at,
        "completed_at": ended_at,
        "duration": seconds,
        "ended_reason": reason,
        "ended_by": "user",
        "cost": charged,
        "analysed_at": ended_at + timedelta(seconds=4),
    }
    if reached:
        ended |= {"sentiment": talk.sentiment, "summary": talk.summary, "heard_turns": len(moments) // 2}
        ended |= {"heard_p50_ms": latency, "heard_p95_ms": latency + 510}
    Call.objects.filter(pk=call.pk).update(**ended)
    call.refresh_from_db()
    events.record(call, "call.completed" if reached else "call.failed", at=ended_at)
    if reached:
        _record(call, recordings[talk], ended_at)
        searching.index_words(call=call)
    return call


def _say(call: Call, moments: list[tuple[str, int, int]], answered_at: datetime) -> None:
    for number, (text, start, end) in enumerate(moments, 1):
        is_agent = number % 2 == 1
        at = answered_at + timedelta(milliseconds=end)
        total = 560 + 83 * (number * 7 % 9)
        stages = {"vad": 190, "turn": 60, "stt": 90, "llm": total - 450, "tts": 110, "total": total}
        Turn.objects.create(
            call=call,
            number=number,
            speaker="agent" if is_agent else "user",
            text=text,
            start_ms=start,
            end_ms=end,
            is_final=True,
            was_interrupted=number == 3 and call.pk % 4 == 0,
            latency=stages if is_agent and number > 1 else None,
            created_at=at,
        )
        said = {"speaker": "agent" if is_agent else "user", "text": text, "is_final": True}
        events.record(call, "transcript.update", at=at, data=said)


def _record(call: Call, path: Path, at: datetime) -> None:
    with wave.open(str(path)) as file:
        milliseconds = file.getnframes() * 1000 // RATE
    Recording.objects.create(
        call=call,
        status="ready",
        path=path.name,
        sample_rate=RATE,
        duration_ms=milliseconds,
        size_bytes=path.stat().st_size,
        ready_at=at,
    )
    events.record(call, "recording.ready", at=at + timedelta(seconds=1), data={"duration": milliseconds // 1000})
    events.record(call, "transcript.ready", at=at + timedelta(seconds=4))


def live_call(account: Account, agent: Agent, now: datetime) -> Call:
    """A call that goes on, and that no worker looks after."""
    call: Call = Call.objects.create(
        account=account,
        agent=agent,
        agent_version=agent.versions.latest("number"),
        status="in_progress",
        to_number="+14155550123",
        from_number="+14155550199",
        created_at=now - timedelta(seconds=40),
        answered_at=now - timedelta(seconds=34),
        rate_per_minute=PRICE,
        lease_until=now + timedelta(days=1),
    )
    billing.hold_first_minute(account=account, reference=call.public_id, rate_per_minute=PRICE, at=now)
    events.record(call, "call.started", at=call.created_at)
    events.record(call, "call.answered", at=now - timedelta(seconds=34))
    _say(call, list(_moments(TALKS[0]))[:4], now - timedelta(seconds=34))
    return call


def _deliveries(account: Account, now: datetime) -> Delivery:
    """Nothing is left to be sent: most arrived, some at the second try, some not at all. Gives one that did not."""
    attempts = []
    for number, delivery in enumerate(Delivery.objects.filter(account=account).order_by("pk").select_related("event")):
        codes = [503, 503] if number % 17 == 3 else [502, 200] if number % 9 == 4 else [200]
        delivery.status = Delivery.Status.SUCCEEDED if codes[-1] == 200 else Delivery.Status.FAILED
        delivery.attempts_made, delivery.next_attempt_at = len(codes), None
        delivery.created_at = delivery.event.created_at
        delivery.save(update_fields=["status", "attempts_made", "next_attempt_at", "created_at"])
        attempts += [
            Attempt(
                delivery=delivery,
                number=which,
                started_at=delivery.created_at + timedelta(seconds=5 * which),
                duration_ms=60 + 11 * (number % 13),
                status_code=code,
                response="ok" if code == 200 else "upstream is being restarted",
            )
            for which, code in enumerate(codes, 1)
        ]
    Attempt.objects.bulk_create(attempts)
    failed: Delivery = Delivery.objects.filter(account=account, status=Delivery.Status.FAILED).latest("pk")
    return failed


def _views(account: Account, owner: User, now: datetime) -> None:
    for name, wanted in (("Unhappy callers", {"sentiment": ["negative"]}), ("Nobody there", {"status": ["failed"]})):
        views.save_view(account=account, user=owner, name=name, wanted=CallFilter.from_query(wanted), at=now)


def _export(account: Account, owner: User, now: datetime) -> DataExport:
    path = Path(settings.EXPORTS_DIR) / "sample.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"PK\x05\x06" + bytes(18))
    export: DataExport = DataExport.objects.create(
        account=account,
        asked_by=owner,
        status="ready",
        path=path.name,
        size_bytes=4_718_592,
        created_at=now - timedelta(hours=5),
        ready_at=now - timedelta(hours=5),
        expires_at=now + timedelta(days=6),
    )
    return export


def _moments(talk: Talk) -> Iterator[tuple[str, int, int]]:
    """Each line with when it begins and ends, in milliseconds of the recording."""
    at = 400
    for line in talk.lines:
        end = at + 60 * len(line)
        yield line, at, end
        at = end + 650


def _wav(talk: Talk, number: int) -> Path:
    """A recording that looks and plays like two people who take turns: hummed syllables, no words."""
    directory = Path(settings.RECORDINGS_DIR)
    directory.mkdir(parents=True, exist_ok=True)
    moments = list(_moments(talk))
    sound = np.zeros((round((moments[-1][2] + 900) * RATE / 1000), 2))
    random = np.random.default_rng(number)
    for (_, start, end), channel in zip(moments, itertools.cycle((1, 0)), strict=False):
        at = np.arange(start * RATE // 1000, end * RATE // 1000)
        seconds = at / RATE
        syllables = np.abs(np.sin(np.pi * seconds * 4.1)) * np.abs(np.sin(np.pi * seconds * 0.73 + number)) ** 0.5
        pitch = (130, 205)[channel] * (1 + 0.06 * np.sin(seconds * 3))
        voice = sum(np.sin(2 * np.pi * pitch * seconds * harmonic) / harmonic for harmonic in (1, 2, 3))
        sound[at, channel] = voice * syllables * 0.3 + random.normal(0, 0.004, len(at))
    path = directory / f"sample-{number}.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return path
