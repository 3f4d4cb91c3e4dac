"""Place a call and wait for its outcome.

    python call_and_wait.py +15005550100

VANIAGENT_API_KEY, and VANIAGENT_BASE_URL for a server of your own, say where.
"""

from __future__ import annotations

import sys

from vaniagent import InsufficientCreditsError, VaniAgent, WaitTimeoutError


def main(number: str) -> int:
    with VaniAgent() as client:
        agent = client.agents.create(
            name="Opening hours",
            voice="en-US-Neural2-F",
            prompt="You answer for the library. It is open from nine to six, Sundays closed. Say goodbye when all is answered.",
            max_duration=120,
        )
        try:
            placed = client.calls.create(agent_id=agent.id, to_number=number)
            call = client.calls.wait(placed.id, timeout=300)
        except InsufficientCreditsError:
            print("There are not enough credits for this call.")
            return 1
        except WaitTimeoutError:
            print("The call is still going on.")
            return 1

        print(f"{call.status}: {call.ended_reason}, {call.duration} s")
        for turn in client.calls.transcript(call.id).turns:
            print(f"  {turn.speaker}: {turn.text}")
        return 0 if call.status == "completed" else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python call_and_wait.py NUMBER")
    sys.exit(main(sys.argv[1]))
