"""Call everybody in a CSV file about an appointment, and write down what came of it.

    python appointment_reminders.py appointments.csv outcomes.csv

The file has the columns name, phone and time. VANIAGENT_API_KEY, and VANIAGENT_BASE_URL for a server of your own, say where.
Each row is called once, also when the program is started again within a day: the idempotency key is made of the row.
"""

from __future__ import annotations

import csv
import hashlib
import sys
from pathlib import Path
from typing import Dict, List

from vaniagent import APIStatusError, VaniAgent
from vaniagent.models import Agent, Call

PROMPT = """You call people of the dental practice Bright Smile to remind them of an appointment.
Ask whether they will come. If they cannot, tell them to call the practice. Be friendly and short."""


def remind(client: VaniAgent, agent: Agent, row: Dict[str, str]) -> Call:
    """Place the call of one row, and wait for its end."""
    key = hashlib.sha256("|".join([agent.id, *row.values()]).encode()).hexdigest()
    call = client.calls.create(
        agent_id=agent.id,
        to_number=row["phone"],
        metadata={"name": row["name"], "time": row["time"]},
        idempotency_key=key,
    )
    return client.calls.wait(call.id, timeout=600)


def main(source: Path, target: Path) -> None:
    client = VaniAgent()
    agent = client.agents.create(
        name="Reminders", voice="en-US-Neural2-F", prompt=PROMPT, voicemail_action="leave_message"
    )
    with source.open(newline="") as file:
        rows: List[Dict[str, str]] = list(csv.DictReader(file))
    with target.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "phone", "status", "reason", "seconds"])
        for row in rows:
            try:
                call = remind(client, agent, row)
            except APIStatusError as error:
                writer.writerow([row["name"], row["phone"], "not called", error.message, ""])
                continue
            writer.writerow([row["name"], row["phone"], call.status, call.ended_reason, call.duration])
            print(f"{row['name']}: {call.status} ({call.ended_reason})")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("Usage: python appointment_reminders.py APPOINTMENTS.csv OUTCOMES.csv")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
