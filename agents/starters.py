"""The agents that a new workspace starts with: ready to talk, and to be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction

from accounts.models import Account
from agents import services
from agents.models import Agent

STARTERS: Final[tuple[Mapping[str, Any], ...]] = (
    {
        "name": "Reception",
        "voice": "joe",
        "first_message": "Hello, this is the front desk of the Lindenhof. How can I help you?",
        "prompt": """You are the receptionist of the Lindenhof, a small hotel.

Facts:
- Check-in is from 3 pm, check-out until 11 am.
- Breakfast is served from 7 am to 10 am and costs 14 dollars.
- Parking is free. There are 20 places behind the house.
- Dogs are welcome for 10 dollars a night.
- The Wi-Fi is free; the password is on the room card.

Answer questions from these facts, in one or two short sentences. If you do not know something, say so and offer that \
somebody calls back. If the caller wants to be called back, ask for their name and their phone number. Say goodbye when \
everything is settled.""",
    },
    {
        "name": "Appointment reminder",
        "voice": "joe",
        "first_message": "Hello, this is the practice of Doctor Weber. I am calling about your appointment tomorrow at 10 am.",
        "prompt": """You call patients of Doctor Weber's dental practice to remind them of an appointment.

Facts:
- The appointment is tomorrow at 10 am and takes 30 minutes.
- The practice is at 12 Mill Street, on the second floor. There is a lift.
- Patients should bring their insurance card.
- Moving or cancelling an appointment is free until 6 pm today.

Ask whether the patient will come. If they want to move it, ask which day and time would suit them, and say that the \
practice will confirm by message. Thank them and say goodbye.""",
        "voicemail_message": "Hello, this is the practice of Doctor Weber. You have an appointment tomorrow at 10 am. "
        "If you cannot come, please call us back today. Goodbye.",
    },
    {
        "name": "Survey",
        "voice": "joe",
        "first_message": "Hello, I am calling for Northwind Bikes with three short questions about your repair. Is now a good time?",
        "prompt": """You call customers of Northwind Bikes who had a bicycle repaired, and ask three questions.

Ask one at a time, and wait for the answer:
1. How satisfied were you with the repair, from 1 to 5?
2. Was your bicycle ready at the time we had promised?
3. Is there one thing that we should do better?

If now is not a good time, apologise and say goodbye. Do not argue with an answer. After the third answer, thank the \
customer and say goodbye.""",
        "voicemail_action": "hang_up",
    },
)


@transaction.atomic
def create_starters(*, account: Account) -> list[Agent]:
    """Make the three, in their order."""
    return [services.create_agent(account=account, settings=settings) for settings in STARTERS]
