"""What an agent says of its own accord: greetings, reminders that it is there, goodbyes."""

from __future__ import annotations

import re

from calls.voice.providers.house import words
from calls.voice.providers.house.conversation import Persona
from calls.voice.providers.house.identity import name_from_label
from calls.voice.providers.house.phrases import phrases_for
from calls.voice.providers.house.prompt import Brief

UNHEARD = "Sorry, I didn't catch that. Could you say it again?"


class Script:
    """The lines of one agent."""

    def __init__(self, persona: Persona, brief: Brief) -> None:
        self._persona = persona
        self._brief = brief
        self._foreign = phrases_for(persona.language)
        self._name = brief.name or name_from_label(persona.agent_name)
        if not brief.name and self._name and self._name.lower() in brief.company.lower():
            self._name = ""

    def first_message(self) -> str:
        """The greeting: the owner's words, or the agent's name, company and reason to call."""
        if self._persona.first_message and self._persona.first_message.strip():
            return self._persona.first_message.strip()
        if self._brief.greeting:
            return self._brief.greeting
        if self._foreign:
            company = self._brief.company or self._name
            return self._foreign.hello_from.format(company=company) if company else self._foreign.hello
        hello = f"Hello, {self.introduction()}." if self.introduction() else "Hello."
        if self._brief.leads:
            if not self._brief.purpose:
                return f"{hello} Do you have a moment?"
            opening = f"{hello} {self.reason()}"
            if hello == f"Hello, I'm calling from {self._brief.company}." and self._brief.purpose.startswith("to "):
                opening = f"{hello.rstrip('.')} {self._purpose()}."
            asks_at_once = self._brief.asks and not self._brief.tells and len(opening.split()) <= 26
            return f"{opening} Is now a good time?" if asks_at_once else opening
        return f"{hello} How can I help you today?"

    def silence_prompt(self, n: int) -> str:
        """What to say into the n-th silence (from 1)."""
        if self._foreign:
            return self._foreign.still_there
        return "Are you still there?" if n <= 1 else "Hello? I can't hear you. Are you still on the line?"

    def unheard(self) -> str:
        return self._foreign.unheard if self._foreign else UNHEARD

    def goodbye(self, reason: str = "") -> str:
        """The last words: after `max_duration`, `silence_timeout`, `credits_exhausted`, `speech_error`, or of the agent's
        own accord."""
        if self._foreign:
            if reason == "speech_error":
                return f"{self._foreign.unheard} {self._foreign.goodbye}"
            return (
                self._foreign.out_of_time if reason in ("max_duration", "credits_exhausted") else self._foreign.goodbye
            )
        if reason in ("max_duration", "credits_exhausted"):
            return "I'm sorry, our time is up for this call. Thank you for your time. Goodbye."
        if reason == "silence_timeout":
            return "I can't hear you, so I'll hang up now. Goodbye."
        if reason == "speech_error":
            return "I'm sorry, I cannot hear you because of a fault on our side. Please try again later. Goodbye."
        if self._brief.closing:
            return self._brief.closing
        return (
            "Thank you for your time. Goodbye."
            if self._brief.leads or not self._brief.company
            else f"Thank you for calling {self._brief.company}. Goodbye."
        )

    def voicemail_message(self) -> str:
        """A message for an answering machine."""
        if self._foreign:
            company = self._brief.company or self._name
            return (
                self._foreign.voicemail.format(company=company)
                if company
                else f"{self._foreign.hello.split(',')[0]}. {self._foreign.goodbye}"
            )
        hello = f"Hello, {self.introduction()}." if self.introduction() else "Hello."
        reason = self.reason() if self._brief.leads and self._brief.purpose else "I'm sorry I missed you."
        told = " ".join(self._brief.tells[:1]) if self._brief.leads else ""
        return " ".join(part for part in (hello, reason, told, "Goodbye.") if part)

    def continuation(self, text_left: str) -> str:
        """The rest of a thought after the line was interrupted."""
        left = text_left.strip()
        if not left or self._foreign:
            return left
        first = left.split()[0]
        if first.lower() in words.STOP_WORDS and first != "I" and not first.startswith("I'"):
            left = left[0].lower() + left[1:]
        return f"Sorry, as I was saying: {left}"

    def introduction(self) -> str:
        company, name, role = self._brief.company, self._name, self._brief.role
        if name and company:
            return f"this is {name} from {company}"
        if name:
            return f"this is {name}, your {role}" if role and not self._brief.leads else f"this is {name}"
        if company:
            return f"this is {company}" if not self._brief.leads else f"I'm calling from {company}"
        if role:
            return f"this is your {role}" if not self._brief.leads else f"this is your {role} calling"
        label = self._persona.agent_name.strip()
        is_role = re.fullmatch(r"[A-Za-z][A-Za-z ]{2,40}", label) and re.search(
            r"\b(?:agent|assistant|support|receptionist|service|desk)\b", label, re.I
        )
        return f"this is your {label.lower()}" if is_role else ""

    def reason(self) -> str:
        purpose = self._purpose()
        return f"I'm calling {purpose}." if purpose else "I'm calling for a short talk."

    def _purpose(self) -> str:
        said = self._brief.purpose
        for company in (
            f" for {self._brief.company}",
            f" on behalf of {self._brief.company}",
            f" from {self._brief.company}",
        ):
            said = said.removesuffix(company) if self._brief.company else said
        return " ".join(said.split()[:32]).rstrip(",")
