"""`talk`: with an agent, by this machine's microphone and speaker."""

from __future__ import annotations

import json
import threading
import time
from typing import Any, Callable, Dict, Optional, Sequence, Union

import click

from vaniagent import errors, feed
from vaniagent.cli import exits
from vaniagent.cli.context import Session, common, pass_session
from vaniagent.cli.shown import plain
from vaniagent.cli.sound import FRAME_SECONDS, Device, Files, NoSound, is_loud
from vaniagent.cli.watch import show_words

Sound = Union[Device, Files]
# An agent that has been silent for so long has paused, and is answered.
PAUSE = 1.2
# One that says nothing at all is answered all the same.
PATIENCE = 8.0
# After a hang-up: what the server may take to say how it ended.
END_WITHIN = 8.0
PLAYED_EVERY = 5


class Talk:
    """One talk, on its socket."""

    def __init__(self, session: Session, sound: Sound, socket: Any) -> None:
        self._session = session
        self._sound = sound
        self._socket = socket
        self._is_answered = threading.Event()
        self._is_over = threading.Event()
        self._heard = 0
        self._loud_at = 0.0
        self._turn_at = 0.0
        self._has_spoken = False
        self._hung_up_at: Optional[float] = None
        self.ended: Dict[str, Any] = {}

    def run(self) -> None:
        """Until either side has hung up. Ctrl-C hangs up."""
        speaker = threading.Thread(target=self._speak, name="microphone", daemon=True)
        speaker.start()
        try:
            while not self._is_over.is_set():
                try:
                    self._listen()
                except KeyboardInterrupt:
                    if self._hung_up_at is not None:
                        raise
                    self._session.output.clear_interim()
                    self.hang_up()
        finally:
            self._is_over.set()
            # It may still wait for the answer.
            self._is_answered.set()
            speaker.join(timeout=1.0)

    def hang_up(self) -> None:
        self._hung_up_at = time.monotonic()
        self._socket.send(json.dumps({"type": "hangup"}))

    def _listen(self) -> None:
        """Until the end, or Ctrl-C."""
        while not self._is_over.is_set():
            try:
                data = self._socket.recv(timeout=0.1)
            except TimeoutError:
                data = None
            except feed.broken():
                self._is_over.set()
                return
            if isinstance(data, bytes):
                self._hear(data)
            elif data is not None:
                self._heed(json.loads(data))
            if self._hung_up_at is not None and time.monotonic() - self._hung_up_at > END_WITHIN:
                self._is_over.set()
            self._take_turns()

    def _hear(self, frame: bytes) -> None:
        self._sound.play(frame)
        self._heard += 1
        if self._heard % PLAYED_EVERY == 0:
            self._socket.send(json.dumps({"type": "played", "frames": self._sound.played}))
        if is_loud(frame):
            self._loud_at = time.monotonic()
            self._has_spoken = True

    def _heed(self, message: Dict[str, Any]) -> None:
        output, kind = self._session.output, message.get("type")
        if kind == "flush":
            self._sound.flush()
        if output.as_json:
            output.json_line(message)
        elif kind == "transcript":
            show_words(
                self._session,
                str(message["speaker"]),
                str(message["text"]),
                is_final=bool(message["is_final"]),
                was_cut=bool(message.get("was_interrupted")),
            )
        elif kind == "latency":
            output.line((f"       heard after {message.get('heard_ms')} ms", "dim"))
        if kind == "answered":
            output.say("The agent is there. Ctrl-C hangs up.", "dim")
            self._turn_at = time.monotonic()
            self._is_answered.set()
        elif kind == "ended":
            self.ended = message
            self._is_over.set()

    def _take_turns(self) -> None:
        """Have files speak when the agent has paused, and hang up when they have nothing more to say."""
        if not self._is_answered.is_set() or self._hung_up_at is not None or isinstance(self._sound, Device):
            return
        now = time.monotonic()
        if self._sound.is_speaking:
            # What the agent says meanwhile is no answer to it.
            self._turn_at, self._has_spoken = now, False
            return
        has_paused = self._has_spoken and now - self._loud_at > PAUSE
        if not has_paused and now - max(self._turn_at, self._loud_at) < PATIENCE:
            return
        if self._sound.is_over:
            self.hang_up()
        else:
            self._sound.agent_paused()

    def _speak(self) -> None:
        self._is_answered.wait()
        next_at = time.monotonic()
        while not self._is_over.is_set():
            try:
                self._socket.send(self._sound.read())
            except feed.broken():
                return
            next_at += FRAME_SECONDS
            time.sleep(max(0.0, next_at - time.monotonic()))


@click.command()
@click.argument("agent_id")
@click.option("--in", "lines", multiple=True, metavar="WAV", help="Say this in place of a microphone; again for more.")
@click.option("--out", default="", metavar="WAV", help="Write the talk, in place of a speaker.")
@common
@pass_session
def talk(session: Session, agent_id: str, lines: Sequence[str], out: str) -> int:
    """Talk with an agent, by this machine's microphone and speaker. Wear headphones.

    It is a call like any other, and costs the same; Ctrl-C hangs up. With --in and --out files take the place of sound
    hardware: each file is said when the agent has paused, and after the last answer the talk ends.
    """
    try:
        sound: Sound = Files(lines, out) if lines or out else Device()
    except NoSound as error:
        raise click.ClickException(f"{error}. Or use --in and --out with WAV files.") from None
    begun = session.client.agents.talk(agent_id)
    session.output.say(f"{begun.call_id}: ringing …", "dim")
    held = Talk(session, sound, _open(session, begun.media_url))
    try:
        held.run()
    finally:
        try:
            sound.close()
        except NoSound as error:
            raise click.ClickException(str(error)) from None
    return _tell_end(session, begun.call_id, held.ended)


def _tell_end(session: Session, call_id: str, ended: Dict[str, Any]) -> int:
    session.output.clear_interim()
    if not ended:
        session.output.complain("The connection broke before the end.")
        return exits.UNREACHABLE
    if not session.output.as_json:
        session.output.line((f"{call_id} ended: {plain(str(ended['reason']))}, {ended['duration']} s", "green"))
    return exits.OK


def _open(session: Session, url: str) -> Any:
    from websockets.sync.client import connect

    # The types of its options differ between the versions of websockets.
    connect_any: Callable[..., Any] = connect
    try:
        return connect_any(url, **feed.options(session.client.feed_options))
    except feed.broken() as fault:
        raise errors.APIConnectionError(f"The talk's socket cannot be opened: {type(fault).__name__}") from fault
