"""Calls whose events are recorded at a steady pace: each final transcript's text is the time of its recording.

`record` makes them the product's way; `announce` sends the same messages to groups of the channel layer and no more.
"""

from __future__ import annotations

import itertools
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django

from ops.load.child import serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaniagent.settings")
django.setup()

from asgiref.sync import async_to_sync  # noqa: E402  # Django is set up first
from channels.layers import get_channel_layer  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts import services as accounts  # noqa: E402
from agents import services as agents  # noqa: E402
from agents.models import AgentVersion  # noqa: E402
from calls import events  # noqa: E402
from calls.models import Call  # noqa: E402
from vaniagent.lib import ids  # noqa: E402

# A sentence's length beside the time.
LENGTH = 60
# What `announce` numbers by.
_seqs: defaultdict[str, Iterator[int]] = defaultdict(lambda: itertools.count(1))


def make_calls(count: int) -> list[list[str]]:
    """A call for each of so many accounts. Gives each one's id and a key."""
    made = []
    for _ in range(count):
        account = accounts.create_account(email=f"{ids.new('bench')}@localhost.localdomain", password=ids.new("pw"))
        agent = agents.create_agent(account=account, settings={"name": "Ada", "voice": "en-US-Neural2-F"})
        call = Call.objects.create(
            account=account,
            agent=agent,
            agent_version=AgentVersion.objects.get(agent=agent),
            to_number="+14155550100",
            # So it is nobody's to dial, to end or to analyse.
            status=Call.Status.COMPLETED,
            ended_reason="user_hangup",
            ended_by="user",
            duration=0,
            cost=0,
            completed_at=timezone.now(),
            analysed_at=timezone.now(),
        )
        made.append([call.public_id, accounts.create_api_key(account=account, mode="live")[1]])
    return made


def record(call_ids: list[str], a_second: float, seconds: float) -> int:
    """Record so many events a second in each call. Gives how many of each."""
    calls = list(Call.objects.select_related("account", "agent").filter(public_id__in=call_ids))

    def once(place: int) -> None:
        data = {"speaker": "agent", "text": _now(), "is_final": True}
        events.record(calls[place], "transcript.update", at=timezone.now(), data=data)

    return _pace(len(calls), once, a_second, seconds)


def announce(groups: list[str], a_second: float, seconds: float) -> int:
    """Send so many messages a second to each group. Gives how many of each."""
    layer = get_channel_layer()

    def once(place: int) -> None:
        message = {
            "type": "transcript.update",
            "call_id": groups[place],
            "seq": next(_seqs[groups[place]]),
            "speaker": "agent",
            "text": _now(),
            "is_final": True,
            "timestamp": events.to_timestamp(timezone.now()),
        }
        async_to_sync(layer.group_send)(groups[place], {"type": "feed.message", "message": message})

    return _pace(len(groups), once, a_second, seconds)


def _pace(lanes: int, once: Callable[[int], None], a_second: float, seconds: float) -> int:
    """Each lane on a thread of its own, all evenly apart, each event at its time whatever the one before took."""
    number = round(a_second * seconds)
    began = time.monotonic() + 0.1

    def run(place: int) -> None:
        for turn in range(number):
            due = began + (turn + place / lanes) / a_second
            time.sleep(max(0.0, due - time.monotonic()))
            once(place)

    with ThreadPoolExecutor(lanes) as pool:
        for done in [pool.submit(run, place) for place in range(lanes)]:
            done.result()
    return number


def _now() -> str:
    return f"{time.monotonic():0{LENGTH}.6f}"


if __name__ == "__main__":
    answers: dict[str, Callable[..., Any]] = {"make_calls": make_calls, "record": record, "announce": announce}
    serve(answers)
