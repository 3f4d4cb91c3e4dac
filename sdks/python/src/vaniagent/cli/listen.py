"""`listen`: the account's webhooks, passed on to a program on this machine."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional, Sequence, Tuple

import click
import httpx

from vaniagent import errors, feed, retries
from vaniagent.cli.context import Session, common, named, pass_session
from vaniagent.cli.shown import plain
from vaniagent.cli.socket import FeedSocket, raise_if_final

# What an endpoint has as well.
ANSWER_WITHIN = 10.0
QUIET = 30.0
# Failures in a row: a server that is restarted is away for a while.
MOST_FAILURES = 12
# Webhooks whose answers are remembered: as many as the server has on their way to one listener at most.
REMEMBERED = 2_000


class Listener:
    """Hears webhooks, over as many sockets as it takes, and passes them on."""

    def __init__(self, session: Session, *, forward_to: Optional[str], events: Sequence[str], count: int) -> None:
        self._session = session
        self._forward_to = forward_to
        self._events = list(events)
        self._count = count
        self._passed_on = 0
        self._http = httpx.Client(timeout=ANSWER_WITHIN, follow_redirects=False)
        self._listening: Dict[str, Any] = {}
        self._socket: Optional[FeedSocket] = None
        # What was answered to each, for one that comes again because its answer was lost with the socket.
        self._answered: Dict[str, Dict[str, Any]] = {}

    def run(self) -> None:
        """Until so many webhooks were passed on, or Ctrl-C."""
        failures = 0
        try:
            while True:
                try:
                    self._connect()
                    failures = 0
                    if self._pass_on():
                        return
                except feed.broken() as fault:
                    raise_if_final(fault)
                    failures += 1
                    if failures > MOST_FAILURES:
                        raise errors.APIConnectionError(
                            f"The live feed cannot be reached: {type(fault).__name__}"
                        ) from fault
                    self._drop()
                    self._session.output.say("The connection broke; connecting again …", "yellow")
                    time.sleep(retries.pause(failures - 1) or 0.0)
        finally:
            self._end()

    def _connect(self) -> None:
        self._socket = socket = FeedSocket(self._session.client)
        wanted: Dict[str, Any] = {"events": self._events} if self._events else {}
        if self._listening:
            socket.send({"type": "listen", "session": self._listening["session"]})
            try:
                self._listening = socket.wait_for("listening")
                return
            except errors.NotFoundError:
                self._session.output.say("The session is over: a new one, with another secret.", "yellow")
        socket.send({"type": "listen", **wanted})
        self._listening = socket.wait_for("listening")
        self._greet()

    def _greet(self) -> None:
        output, told = self._session.output, self._listening
        if output.as_json:
            output.json_line(told)
            return
        output.line("Listening to ", (", ".join(told["events"]), "bold"))
        output.line("Signing secret of this session: ", (str(told["secret"]), "bold"))
        if self._forward_to is not None:
            output.line("Passing on to ", (self._forward_to, "bold"))

    def _pass_on(self) -> bool:
        """Until the socket breaks, or all that was wanted has come: then True."""
        socket = self._socket
        if socket is None:
            return False
        while True:
            message = socket.receive(timeout=QUIET)
            if message is None:
                if not socket.is_alive():
                    raise ConnectionError("The server does not answer")
                if self._has_all():
                    return True
            elif message.get("type") == "webhook":
                socket.send(self._answer(message))
                if self._has_all():
                    return True

    def _has_all(self) -> bool:
        return 0 < self._count <= self._passed_on

    def _answer(self, webhook: Dict[str, Any]) -> Dict[str, Any]:
        """Pass it on, unless that was done: what the program on this machine said of it."""
        known = self._answered.get(webhook["id"])
        if known is not None:
            return known
        status, ms, problem = self._post(webhook)
        self._show(webhook, status, ms, problem)
        self._passed_on += 1
        answer = {"type": "webhook.answered", "id": webhook["id"], "status": status, "ms": ms}
        self._answered[webhook["id"]] = answer
        if len(self._answered) > REMEMBERED:
            del self._answered[next(iter(self._answered))]
        return answer

    def _post(self, webhook: Dict[str, Any]) -> Tuple[Optional[int], int, str]:
        """The status, the milliseconds, and why there is no status."""
        if self._forward_to is None:
            return None, 0, ""
        began = time.monotonic()
        status: Optional[int] = None
        problem = ""
        try:
            with self._http.stream(
                "POST", self._forward_to, content=str(webhook["body"]).encode(), headers=webhook["headers"]
            ) as answer:
                status = answer.status_code
        except httpx.TimeoutException:
            problem = f"no answer within {ANSWER_WITHIN:.0f} s"
        except httpx.HTTPError as error:
            problem = str(error) or type(error).__name__
        return status, round((time.monotonic() - began) * 1000), problem

    def _show(self, webhook: Dict[str, Any], status: Optional[int], ms: int, problem: str) -> None:
        output = self._session.output
        if output.as_json:
            output.json_line({**webhook, "status": status, "ms": ms, "error": problem})
            return
        parts: List[Any] = [
            (f"{time.strftime('%H:%M:%S')} ", "dim"),
            (str(webhook["event"]), "bold"),
            f" {webhook['id']}",
        ]
        if status is not None:
            parts += [" → ", (str(status), "green" if 200 <= status < 300 else "red"), (f" in {ms} ms", "dim")]
        elif problem:
            parts += [" → ", (plain(problem), "red")]
        output.line(*parts)

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _end(self) -> None:
        """The session is not kept waiting for somebody who will not come back."""
        if self._socket is not None:
            try:
                self._socket.send({"type": "unlisten"})
                self._socket.wait_for("unlistened")
            except errors.APIError:
                pass
            except feed.broken():
                pass
        self._drop()
        self._http.close()


@click.command()
@click.option("--forward-to", metavar="URL", help="Where to post them, such as http://localhost:3000/webhook.")
@click.option("--events", metavar="A,B", help="Only these, such as call.completed,call.failed.")
@click.option("--count", type=click.IntRange(0), default=0, help="End after so many webhooks; 0: never.")
@common
@pass_session
def listen(session: Session, forward_to: Optional[str], events: Optional[str], count: int) -> None:
    """Hear the account's webhooks here, and pass them on to a program on this machine.

    Body and headers are those that an endpoint would get, signed with the secret that is printed first. Nothing is
    retried: what a program answered is shown. A broken connection is made anew, and nothing is lost.
    """
    if forward_to is not None and "://" not in forward_to:
        forward_to = f"http://{forward_to}"
    Listener(session, forward_to=forward_to, events=named(events or ""), count=count).run()
