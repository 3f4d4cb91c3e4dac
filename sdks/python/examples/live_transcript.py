"""Show in the terminal what is said in a call, while it is said.

    python live_transcript.py call_abc123

What is not final yet is overwritten. Where the output is no terminal, only what is final is printed.
"""

from __future__ import annotations

import sys

from vaniagent import NotFoundError, VaniAgent
from vaniagent.models.feed import CallEnded, TranscriptUpdate


def main(call_id: str) -> int:
    is_terminal = sys.stdout.isatty()
    with VaniAgent() as client, client.calls.stream(call_id) as stream:
        try:
            for event in stream:
                if isinstance(event, TranscriptUpdate):
                    line = f"{event.timestamp:%H:%M:%S} {event.speaker:>5}: {event.text}"
                    if event.is_final:
                        print(f"\r\x1b[K{line}" if is_terminal else line, flush=True)
                    elif is_terminal:
                        print(f"\r\x1b[K{line[:100]}", end="", flush=True)
                elif isinstance(event, CallEnded):
                    print(f"{event.type}: {event.ended_reason}, {event.duration} s")
        except NotFoundError:
            print("There is no such call.")
            return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python live_transcript.py CALL_ID")
    try:
        sys.exit(main(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
