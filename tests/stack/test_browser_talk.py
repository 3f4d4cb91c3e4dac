"""A talk in the browser, on a real socket in real time, and then listened to; once its worker is killed in the middle."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from websockets.exceptions import ConnectionClosedError

from ops.customer import ROOT, Customer
from ops.listening import AGENT, CALLER, in_words, listen, shared_words
from ops.stack import Stack
from ops.takeover import LINES, worker_of
from ops.talker import Talked, talk

START = """
from django.utils import timezone
from agents.models import Agent
from calls.services.starting import start_browser_talk

agent = Agent.objects.select_related("account", "current").get(public_id="{agent_id}")
talk = start_browser_talk(account=agent.account, agent=agent, at=timezone.now())
print(talk.call.public_id, talk.media_url)
"""


def start(stack: Stack, agent_id: str) -> tuple[str, str]:
    """The call, and the address of its socket."""
    shell = [sys.executable, "manage.py", "shell", "--no-imports", "-c", START.format(agent_id=agent_id)]
    made = subprocess.run(shell, cwd=ROOT, env=stack.env, capture_output=True, text=True, timeout=60, check=True)
    call_id, path = made.stdout.split()[-2:]
    return call_id, stack.url.replace("http", "ws", 1) + path


def have(stack: Stack, url: str, lines: list[str], **options) -> Talked:
    return asyncio.run(talk(url, speech_url=stack.told()["SPEECH_URL"], lines=lines, **options))


def test_a_talk_is_heard_understood_and_kept(stack: Stack, customer: Customer, agent_id: str, tmp_path):
    call_id, url = start(stack, agent_id)

    talked = have(stack, url, LINES[:3])
    call = customer.wait_for_analysis(call_id, seconds=60)

    assert (call["status"], call["ended_reason"], call["direction"]) == ("completed", "user_hangup", "inbound")
    assert (call["to_number"], call["from_number"]) == ("browser", None)
    assert len(talked.lines("user")) >= 3
    said = " ".join(talked.lines("agent"))
    assert "90" in said or "ninety" in said.lower()
    assert talked.of_type("ended")[0]["reason"] == "user_hangup"
    assert [latency["heard_ms"] > 0 for latency in talked.of_type("latency")] == [True] * 3
    # On a machine that does other things as well.
    assert all(answer.after_ms < 4000 for answer in talked.answers)

    # What reached the ear, and what was recorded, is what the transcript says.
    for path in (talked.write(tmp_path / "ear.wav"), customer.download_recording(call, tmp_path)):
        heard = listen(path)
        assert heard.rate == 16_000
        assert shared_words(in_words(said), heard.words(AGENT)) > 0.7
        assert shared_words(in_words(" ".join(LINES[:3])), heard.words(CALLER)) > 0.7
        assert heard.holes_ms() == [] or max(heard.holes_ms()) < 60


def test_a_talk_outlives_its_worker(stack: Stack, customer: Customer, agent_id: str):
    call_id, url = start(stack, agent_id)
    killed: list[str] = []

    def kill(number: int) -> None:
        if number == 0:
            killed.append(worker_of(stack, call_id))
            stack.kill(killed[0])

    talked = have(stack, url, LINES[:3], while_answering=kill)
    call = customer.wait_for_end(call_id, seconds=30)

    assert killed
    assert (call["status"], call["ended_reason"]) == ("completed", "user_hangup")
    assert talked.of_type("resumed") == [{"type": "resumed"}]
    assert len(talked.answers) == 3
    assert "park" in " ".join(talked.lines("agent")).lower()


def test_two_talks_at_once_do_not_mix(stack: Stack, customer: Customer, agent_id: str):
    calls = [start(stack, agent_id) for _ in range(2)]

    async def both() -> list[Talked]:
        speech = stack.told()["SPEECH_URL"]
        return await asyncio.gather(
            *(talk(url, speech_url=speech, lines=[line]) for (_, url), line in zip(calls, LINES[:2], strict=True))
        )

    about_cleaning, about_parking = asyncio.run(both())

    assert "cleaning" in " ".join(about_cleaning.lines("user")).lower()
    assert "park" in " ".join(about_parking.lines("user")).lower()
    for call_id, _ in calls:
        assert customer.wait_for_end(call_id, seconds=30)["status"] == "completed"


def test_a_made_up_address_is_turned_away(stack: Stack):
    url = f"{stack.url.replace('http', 'ws', 1)}/media/browser/call_x.1.y"

    with pytest.raises(ExceptionGroup) as raised:
        have(stack, url, [])
    assert raised.group_contains(ConnectionClosedError, match="4401")
